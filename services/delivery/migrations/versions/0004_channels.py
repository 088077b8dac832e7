"""Keep the evidence of every channel: whereto, by which key, how often, when taken, proved or failed, what came next.

Only adds: an older release beside it goes on writing the columns that it knows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    for name in ("rung", "attempts"):
        op.add_column("dispatch", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    words = (
        "provider_id",
        "address_hash",
        "address_masked",
        "language",
        "content_sha256",
        "proof",
        "reason",
        "decision",
    )
    for name in words:
        op.add_column("dispatch", sa.Column(name, sa.String(), nullable=True))
    for name in ("tried_at", "sent_at", "accepted_at", "proved_at", "failed_at", "waits_until", "decided_at"):
        op.add_column("dispatch", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "dispatch_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("reported_as", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatch.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dispatch_id", "reported_as"),
    )
    op.create_index("dispatch_message", "dispatch", ["message_id"])
    known = sa.text("provider_id IS NOT NULL")
    op.create_index("dispatch_provider", "dispatch", ["channel", "provider_id"], postgresql_where=known)
    is_open = sa.text("state IN ('sending', 'sent')")
    op.create_index("dispatch_open", "dispatch", ["address_hash"], postgresql_where=is_open)
    op.create_index("dispatch_sending", "dispatch", ["channel"], postgresql_where=sa.text("state = 'sending'"))
    op.create_index("dispatch_failed", "dispatch", ["failed_at"], postgresql_where=sa.text("failed_at IS NOT NULL"))
