"""Indexes that are made beside those who write: two on documents, which 0005 once made under its lock, and one more.

By that one the issuers of credentials are found. From this release on due work looks after issued files: whatever is to
last and has no plan gets one, 0007 plans none any more.
"""

import sqlalchemy as sa
from alembic import op

from kit.migrations import forget_work, index_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    live = sa.text("replaces IS NOT NULL AND state <> 'stopped'")
    index_beside("document_replaces", "document", ["replaces"], unique=True, postgresql_where=live)
    index_beside(
        "document_edition", "document", ["agency", "series", "year", "running", "edition"], unique=True,
        postgresql_where=sa.text("edition > 0 AND state <> 'stopped'"),
    )  # fmt: skip
    index_beside("section_agency", "section", [sa.text("(body ->> 'agency')")])


def downgrade() -> None:
    """Take back; the indexes on documents stay, for they are 0005's."""
    forget_work("plan-archive")
    op.drop_index("section_agency", table_name="section")
