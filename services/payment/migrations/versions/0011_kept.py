"""Find what is past: the indexes leave out what is removed, so that each batch begins where the last one ended."""

import sqlalchemy as sa

from kit.migrations import index_beside

revision = "0011"
down_revision = "0010"


def upgrade():
    kept = sa.text("settled_at IS NOT NULL AND removed_on IS NULL")
    index_beside("invoice_kept", "invoice", ["settled_at"], postgresql_where=kept)
    index_beside("statement_line_kept", "statement_line", ["day"], postgresql_where=sa.text("removed_on IS NULL"))
