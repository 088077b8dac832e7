"""Issued files are looked after: whatever is to last and has no plan is planned, every day, by due work in batches.

The indexes are made beside those who write: two on documents, which 0005 once made under its lock, and that by which
the issuers of credentials are found. All of it may be done again.
"""

import sqlalchemy as sa
from alembic import op

from kit.migrations import forget_work, index_beside, plan_once

revision = "0008"
down_revision = "0007"

PLANNED = ("plan-archive", "all")


def upgrade() -> None:
    """Apply."""
    plan_once(*PLANNED)
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
