"""Keep records by class: legal holds, letters that are emptied, and how what is past is found."""

import sqlalchemy as sa
from alembic import op

from kit.migrations import create_retention

revision = "0008"
down_revision = "0007"


def upgrade():
    create_retention()
    op.add_column("letter", sa.Column("emptied_at", sa.DateTime(timezone=True)))
    full = sa.text("journey_id IS NOT NULL AND emptied_at IS NULL")
    op.create_index("letter_full", "letter", ["registered_at"], postgresql_where=full)
    op.create_index("notice_created", "notice", ["created_at"])
    op.create_index(
        "dispatch_addressed", "dispatch", ["settled_at"], postgresql_where=sa.text("address_masked IS NOT NULL")
    )
