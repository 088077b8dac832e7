"""Keep what is paid in part towards the invoice."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade():
    op.add_column("invoice", sa.Column("held", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_check_constraint("held_within_amount", "invoice", "held >= 0 AND held <= amount")
