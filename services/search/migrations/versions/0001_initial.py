"""Initial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    create_plumbing()
    op.create_table(
        "entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("section", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("revision"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("entry")
