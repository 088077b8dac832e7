"""Initial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    create_plumbing()
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("slip", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("filed_form", postgresql.JSONB(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submission_key", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("entered_system_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legally_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payload_sha256", sa.String(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("journey_id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "number_series",
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "prefix", "year"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("number_series")
    op.drop_table("application")
