"""A decision that is late is told again and again, with the reason that an officer gave.

Columns are added with defaults that need no rewriting. The clocks that run already are watched by due work, every day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    """Apply."""
    op.add_column("cases", sa.Column("told_overdue", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("delay_reason", sa.String(), nullable=False, server_default=""))
