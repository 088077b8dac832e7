"""Decisions and the keys that sign them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade():
    create_plumbing()
    time = sa.DateTime(timezone=True)
    texts = postgresql.JSONB()
    optional_texts = postgresql.JSONB(none_as_null=True)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("slip", texts, nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer", sa.Uuid()),
        sa.Column("recommendation", sa.String(), nullable=False),
        sa.Column("recommended", texts, nullable=False),
        sa.Column("opened_at", time, nullable=False),
        sa.Column("accepted_at", time, nullable=False),
        sa.Column("periods", texts, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("authority", texts, nullable=False),
        sa.Column("appeal", optional_texts),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", time),
        sa.Column("rule", optional_texts),
        sa.Column("order_number", sa.String()),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("considerations", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String()),
        sa.Column("content", sa.String()),
        sa.Column("digest", sa.String()),
        sa.Column("previous_digest", sa.String()),
        sa.Column("signature", sa.String()),
        sa.UniqueConstraint("journey_id", "step"),
    )
    op.create_index("decisions_queue", "decisions", ["agency", "state", "due_at", "id"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(), primary_key=True),
        sa.Column("holder", sa.String(), nullable=False, unique=True),
        sa.Column("public_pem", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", time, nullable=False),
    )
