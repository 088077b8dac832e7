"""The records of the defects of applications; nothing that stands is touched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade():
    """Apply."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "defect_records",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("recorded_at", time, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("officer", sa.Uuid(), nullable=False),
        sa.Column("officer_name", sa.String(), nullable=False),
        sa.Column("officer_position", sa.String(), nullable=False),
        sa.Column("session", sa.String()),
        sa.Column("aal", sa.String()),
        sa.Column("uncorrected", sa.String(), nullable=False),
        sa.Column("law", postgresql.JSONB(), nullable=False),
        sa.Column("appeal", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("corrected_at", time),
        sa.Column("leave_by", sa.Uuid()),
        sa.Column("leave_at", time),
        sa.Column("leave_reason", sa.String()),
        sa.Column("leave_words", sa.String(), nullable=False),
        sa.UniqueConstraint("case_id", "number"),
    )


def downgrade():
    """Take back, where no defects are recorded."""
    recorded = op.get_bind().scalar(sa.text("SELECT count(*) FROM defect_records"))
    if recorded:
        msg = f"{recorded} records of defects would be lost"
        raise RuntimeError(msg)
    op.drop_table("defect_records")
