"""Find what waits without walking through what is decided: for the metrics and a changed calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_index("decisions_waiting", "decisions", ["id"], postgresql_where=sa.text("state = 'waiting'"))
