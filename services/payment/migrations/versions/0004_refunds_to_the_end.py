"""Pay back to the end: how far a refund has come, and every act on it, which only grows.

A process of the release before still takes down what is due while this is applied: new columns have defaults.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

APPEND_ONLY = """
CREATE FUNCTION refund_acts_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'acts on refunds only grow' USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TRIGGER = """
CREATE TRIGGER refund_acts_only_grow BEFORE UPDATE OR DELETE ON refund_act
FOR EACH ROW EXECUTE FUNCTION refund_acts_only_grow()
"""


def upgrade():
    op.add_column("refund", sa.Column("is_owed", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("refund", sa.Column("paid", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("refund", sa.Column("proposed", sa.BigInteger()))
    op.add_column("refund", sa.Column("proposed_by", sa.Uuid()))
    op.add_column("refund", sa.Column("approved_by", sa.Uuid()))
    op.add_column("refund", sa.Column("idempotency_key", sa.String()))
    op.create_check_constraint("paid_within_amount", "refund", "paid >= 0 AND paid <= amount")
    op.drop_constraint("refund_payment_id_reason_key", "refund", type_="unique")
    once = sa.text("reason <> 'decision'")
    op.create_index("refund_source", "refund", ["payment_id", "reason"], unique=True, postgresql_where=once)
    op.create_index("refund_queue", "refund", ["state", "created_at", "id"])
    op.create_index("refund_key", "refund", ["invoice_id", "idempotency_key"], unique=True)
    op.create_table(
        "refund_act",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("refund_id", sa.Uuid(), sa.ForeignKey("refund.id"), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("officer", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("reference", sa.String()),
        sa.Column("paid_on", sa.Date()),
    )
    op.create_index("refund_act_refund", "refund_act", ["refund_id"])
    paid = sa.text("act = 'paid'")
    op.create_index("refund_act_payout", "refund_act", ["agency", "reference"], unique=True, postgresql_where=paid)
    op.execute(APPEND_ONLY)
    op.execute(APPEND_ONLY_TRIGGER)
