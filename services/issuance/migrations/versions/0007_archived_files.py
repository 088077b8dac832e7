"""Files that last: their versions. What is on the register already gets its first one within the next days."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PLAN = sa.text(
    "INSERT INTO due_work (kind, key, payload, due_at)"
    r" SELECT 'archive', id || '\:2', '{}', now() + random() * interval '7 days' FROM document"
    " WHERE issued_at IS NOT NULL ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    """Apply."""
    op.execute(PLAN)  # first, so that the lock that the foreign key takes is short
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
    op.execute("DELETE FROM due_work WHERE kind = 'archive'")
    op.drop_table("archivedfile")
