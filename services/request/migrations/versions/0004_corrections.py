"""Keep the records of defects, and what became of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import forget_work

revision = "0004"
down_revision = "0003"


def upgrade():
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer", sa.Uuid(), nullable=False),
        sa.Column("officer_name", sa.String(), nullable=False),
        sa.Column("officer_position", sa.String(), nullable=False),
        sa.Column("uncorrected", sa.String(), nullable=False),
        sa.Column("law_th", sa.String(), nullable=False),
        sa.Column("law_en", sa.String(), nullable=False),
        sa.Column("appeal_th", sa.String(), nullable=False),
        sa.Column("appeal_en", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature", postgresql.JSONB(), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legally_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remarks", sa.String(), nullable=False),
        sa.Column("changed", postgresql.JSONB(), nullable=False),
        sa.Column("form_before", postgresql.JSONB(), nullable=True),
        sa.Column("filed_before", postgresql.JSONB(), nullable=True),
        sa.Column("postal_address_before", sa.String(), nullable=True),
        sa.Column("payload_sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["journey_id"], ["application.journey_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("correction_of_journey", "correction", ["journey_id", "recorded_at"])


def downgrade():
    kept = op.get_bind().scalar(sa.text("SELECT count(*) FROM correction"))
    if kept:
        msg = f"{kept} corrections, with what was signed and filed before, would be lost"
        raise RuntimeError(msg)
    forget_work("uncorrected")
    op.drop_table("correction")
