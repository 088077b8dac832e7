"""Cases and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade():
    create_plumbing()
    time = sa.DateTime(timezone=True)
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("slip", postgresql.JSONB(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("application_number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("holder", sa.Uuid()),
        sa.Column("lease_until", time),
        sa.Column("result", sa.String()),
        sa.Column("reviewer", sa.Uuid()),
        sa.Column("rule", sa.String()),
        sa.Column("queue_reason", sa.String()),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("considerations", sa.String(), nullable=False),
        sa.Column("appeal", postgresql.JSONB(none_as_null=True)),
        sa.Column("periods", postgresql.JSONB(), nullable=False),
        sa.Column("opened_at", time, nullable=False),
        sa.Column("accepted_at", time, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("due_by", sa.String(), nullable=False),
        sa.Column("decided_at", time),
        sa.Column("clock_stopped_at", time),
        sa.UniqueConstraint("journey_id", "step"),
    )
    op.create_index("cases_queue", "cases", ["agency", "state", "due_at", "id"])
    running = sa.text("clock_stopped_at IS NULL")
    op.create_index("cases_open_clocks", "cases", ["due_at"], postgresql_where=running)
    op.create_table(
        "case_acts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("at", time, nullable=False),
        sa.Column("officer", sa.Uuid()),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("detail", sa.String()),
    )
