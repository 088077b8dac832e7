"""Files that last: their versions. What is on the register already is planned by due work, not here."""

import sqlalchemy as sa
from alembic import op

from kit.migrations import forget_work

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "archivedfile",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stored_as", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.PrimaryKeyConstraint("document_id", "version"),
    )
    op.create_index("archivedfile_sha256", "archivedfile", ["sha256"])


def downgrade() -> None:
    """Take back."""
    forget_work("archive")
    op.drop_table("archivedfile")
