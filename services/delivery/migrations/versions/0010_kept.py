"""Find what is past: the indexes leave out what is removed, so that each batch begins where the last one ended."""

import sqlalchemy as sa

from kit.migrations import index_beside

revision = "0010"
down_revision = "0009"


def upgrade():
    full = sa.text("journey_id IS NOT NULL AND emptied_at IS NULL")
    index_beside("letter_full", "letter", ["registered_at"], postgresql_where=full)
    index_beside("notice_created", "notice", ["created_at"])
    index_beside(
        "dispatch_addressed", "dispatch", ["settled_at"], postgresql_where=sa.text("address_masked IS NOT NULL")
    )
