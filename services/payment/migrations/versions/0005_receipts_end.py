"""Receipts are cancelled and issued anew, never changed: what ended one stands in a table that only grows.

A process of the release before still gives receipts while this is applied: new columns have defaults.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NEVER_CHANGED = """
CREATE FUNCTION receipts_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'receipts are never changed' USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER receipts_are_never_changed BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION receipts_are_never_changed()
"""


def upgrade():
    op.add_column("invoice", sa.Column("receipt_year", sa.String(), nullable=False, server_default="calendar"))
    op.add_column("receipt", sa.Column("replaces", sa.Uuid(), sa.ForeignKey("receipt.id")))
    first, further = sa.text("replaces IS NULL"), sa.text("replaces IS NOT NULL")
    op.create_index("receipt_payment", "receipt", ["payment_id"], unique=True, postgresql_where=first)
    op.create_index("receipt_replaces", "receipt", ["replaces"], unique=True, postgresql_where=further)
    op.drop_constraint("receipt_payment_id_key", "receipt", type_="unique")
    op.create_table(
        "receipt_act",
        sa.Column("receipt_id", sa.Uuid(), sa.ForeignKey("receipt.id"), primary_key=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("officer", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), sa.ForeignKey("receipt.id")),
        sa.Column("payer_name", sa.String()),
        sa.Column("payer_address", sa.String()),
        sa.Column("payer_postcode", sa.String()),
        sa.Column("idempotency_key", sa.String()),
    )
    op.execute(NEVER_CHANGED)
    for table in ("receipt", "receipt_act"):
        op.execute(TRIGGER.format(table=table))
