"""Note which erasures were answered. Those of the releases before stand among what was told, and are taken from there.

A process of the release before answers beside this without a note; the inbox keeps an event from being answered twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ANSWERED = """
INSERT INTO erasure (id, answered_at)
SELECT CAST(body::jsonb #>> '{data,erasure}' AS uuid) AS id, min(created_at) FROM outbox
WHERE address LIKE 'events.%.delivery.erasure_answered.%' GROUP BY 1
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute(ANSWERED)


def downgrade() -> None:
    """Take back; what was answered is found again among what was told, and what was not waits till this comes again."""
    op.drop_table("erasure")
