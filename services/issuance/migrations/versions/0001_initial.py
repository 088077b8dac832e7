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
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("slip", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("application_number", sa.String(), nullable=False),
        sa.Column("agency_name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("running", sa.Integer(), nullable=True),
        sa.Column("numbered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("stored_as", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("public", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("journey_id", "step"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("document_sha256", "document", ["sha256"], unique=False)
    op.create_index("document_state", "document", ["agency", "state"], unique=False)
    op.create_table(
        "series",
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "series", "year"),
    )
    op.create_table(
        "number",
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'void') = (reason IS NOT NULL)", name="void_has_a_reason"),
        sa.CheckConstraint("state IN ('given', 'issued', 'void')", name="number_state"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
        ),
        sa.PrimaryKeyConstraint("agency", "series", "year", "running"),
    )
    op.create_index(
        "number_document", "number", ["document_id"], unique=True, postgresql_where=sa.text("state <> 'void'")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("number_document", table_name="number", postgresql_where=sa.text("state <> 'void'"))
    op.drop_table("number")
    op.drop_table("series")
    op.drop_index("document_state", table_name="document")
    op.drop_index("document_sha256", table_name="document")
    op.drop_table("document")
