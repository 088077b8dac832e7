"""Let invoices expire: when, and how many reminders have come."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade():
    op.add_column("invoice", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("invoice", sa.Column("expires_at", sa.DateTime(timezone=True)))
