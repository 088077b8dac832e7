"""initial"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade():
    create_plumbing()
    _definitions()
    _journeys()
    _projection()


def _definitions():
    op.create_table(
        "definition_version",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("agency_name", postgresql.JSONB(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("bundle", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
    )
    op.create_index("ix_definition_version_agency", "definition_version", ["agency"])


def _journeys():
    op.create_table(
        "journey",
        sa.Column("journey_id", sa.Uuid(), primary_key=True),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("person", sa.Uuid()),
        sa.Column("tracking_number", sa.String(), unique=True),
        sa.Column("secret_hash", sa.LargeBinary()),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(person IS NULL) = (tracking_number IS NOT NULL)", name="owner_or_holder"),
        sa.CheckConstraint("(tracking_number IS NULL) = (secret_hash IS NULL)", name="tracked_with_secret"),
    )
    op.create_index("journey_of_person", "journey", ["person", "started_at"])


def _projection():
    op.create_table(
        "progress",
        sa.Column("journey_id", sa.Uuid(), primary_key=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
    )
    op.create_table(
        "timeline",
        sa.Column("journey_id", sa.Uuid(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("event_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Text()),
        sa.Column("next", sa.String(), nullable=False),
        sa.Column("nextstep", sa.Text()),
        sa.Column("data", postgresql.JSONB(), nullable=False),
    )
