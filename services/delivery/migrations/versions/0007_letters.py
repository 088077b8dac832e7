"""Keep official letters to other agencies, numbered without gaps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade():
    op.create_table(
        "letter_series",
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("year", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer(), nullable=False),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("to_agency", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("salutation", sa.String(), nullable=False),
        sa.Column("reference", sa.String()),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("secrecy", sa.String(), nullable=False),
        sa.Column("journey_id", sa.Uuid()),
        sa.Column("enclosure", postgresql.JSONB()),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message_id", sa.String()),
        sa.Column("sha256", sa.String()),
        sa.Column("reply", sa.String()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_as", sa.String()),
        sa.Column("acknowledged_on", sa.Date()),
        sa.Column("acknowledged_by", sa.Uuid()),
        sa.UniqueConstraint("agency", "year", "running"),
        sa.UniqueConstraint("agency", "idempotency_key"),
        sa.CheckConstraint("state IN ('registered', 'sent', 'refused', 'acknowledged')", name="letter_state"),
    )
