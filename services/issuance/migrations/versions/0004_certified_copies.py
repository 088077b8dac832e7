"""Certified copies of issued documents; a new table, and nothing else is touched."""

import sqlalchemy as sa
from alembic import op

from kit.migrations import forget_work

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "certified_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("original_sha256", sa.String(), nullable=False),
        sa.Column("original_stored_as", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("certified_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("officer", sa.Uuid()),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String()),
        sa.Column("stored_as", sa.String()),
        sa.Column("sha256", sa.String()),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.UniqueConstraint("document_id", "running"),
        sa.UniqueConstraint("document_id", "original_sha256", "status", "certified_on"),
    )
    op.create_index(
        "certified_copy_sha256", "certified_copy", ["sha256"], postgresql_where=sa.text("sha256 IS NOT NULL")
    )


def downgrade() -> None:
    """Take back."""
    forget_work("certify")
    op.drop_table("certified_copy")
