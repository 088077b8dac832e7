"""Keep what a notice said as a hash, and every reckoning of an appeal period.

A process of the release before writes notices without them while this is applied.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

APPEND_ONLY = """
CREATE FUNCTION appeal_periods_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'appeal periods only grow' USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TRIGGER = """
CREATE TRIGGER appeal_periods_only_grow BEFORE UPDATE ON appeal_period
FOR EACH ROW EXECUTE FUNCTION appeal_periods_only_grow()
"""
"""They may go with their notice, when its time is over."""


def upgrade():
    op.add_column("notice", sa.Column("digest", sa.String()))
    op.add_column("notice", sa.Column("appeal_days", sa.Integer()))
    op.create_table(
        "appeal_period",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("notice_id", sa.Uuid(), sa.ForeignKey("notice.id"), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("reckoned_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("appeal_period_notice", "appeal_period", ["notice_id", "id"])
    op.create_index("appeal_period_until", "appeal_period", ["until"])
    op.execute(APPEND_ONLY)
    op.execute(APPEND_ONLY_TRIGGER)
