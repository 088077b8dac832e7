"""Erasures that people asked for, and what each service answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade():
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("erasure_person", "erasure", ["person_id", "requested_at"])
    op.create_table(
        "erasure_answer",
        sa.Column("erasure_id", sa.Uuid(), sa.ForeignKey("erasure.id"), primary_key=True),
        sa.Column("service", sa.String(), primary_key=True),
        sa.Column("records", JSONB(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    )
