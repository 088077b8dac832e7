"""Count the journeys that have not ended without walking through those that have: for the metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("progress", sa.Column("is_ended", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE progress SET is_ended = true FROM timeline"
        " WHERE timeline.journey_id = progress.journey_id AND timeline.type = 'paet.delivery.completed.v1'"
    )
    op.create_index("progress_open", "progress", ["journey_id"], postgresql_where=sa.text("NOT is_ended"))
