"""The platform writes letters by itself, too: copies of the notices that a decision is late."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade():
    """Apply."""
    op.alter_column("letter", "registered_by", nullable=True)
