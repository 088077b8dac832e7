"""Count what waits and what is claimed without walking through what is reviewed: for the metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    unfinished = sa.text("state IN ('waiting', 'claimed')")
    op.create_index("cases_unfinished", "cases", ["state"], postgresql_where=unfinished)
