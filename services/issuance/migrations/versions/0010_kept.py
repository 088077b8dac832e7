"""Find what is past: the indexes leave out what is removed, so that each batch begins where the last one ended."""

import sqlalchemy as sa
from alembic import op

from kit.migrations import index_beside

revision = "0010"
down_revision = "0009"

ENDED = "removed_on IS NULL AND state IN ('revoked', 'replaced', 'stopped', 'failed')"


def upgrade() -> None:
    """Apply."""
    kept = sa.text("removed_on IS NULL AND valid_until IS NOT NULL")
    index_beside("document_ends", "document", ["valid_until"], postgresql_where=kept)
    index_beside("document_ended", "document", ["requested_at"], postgresql_where=sa.text(ENDED))


def downgrade() -> None:
    """Take back."""
    op.drop_index("document_ended", table_name="document")
    op.drop_index("document_ends", table_name="document")
