"""Keep records by class: legal holds, and letters that are emptied."""

import sqlalchemy as sa
from alembic import op

from kit.migrations import create_retention

revision = "0009"
down_revision = "0008"


def upgrade():
    create_retention()
    op.add_column("letter", sa.Column("emptied_at", sa.DateTime(timezone=True)))
