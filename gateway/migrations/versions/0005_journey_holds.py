"""Legal holds on journeys: who placed and lifted them, when, why, and by which law."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    op.create_table(
        "journey_hold",
        sa.Column("hold_id", sa.Uuid(), primary_key=True),
        sa.Column("journey_id", sa.Uuid(), sa.ForeignKey("journey.journey_id"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.Column("lifted_by", sa.Uuid()),
        sa.Column("lift_reason", sa.String()),
        sa.CheckConstraint("num_nulls(lifted_at, lifted_by, lift_reason) IN (0, 3)", name="lifted_whole"),
    )
    op.create_index("journey_hold_of_journey", "journey_hold", ["journey_id", "placed_at"])
