"""Reconcile: statements of banks, what differs, days that are closed; entries of the ledger by day and agency.

A process of the release before goes on booking while this is applied: the database itself says of what agency and day
an entry is. Entries from before have neither, and are found by the time at which they were booked.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

DATED = """
CREATE FUNCTION entry_counts_on_an_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bill record;
BEGIN
    IF NEW.invoice_id IS NOT NULL THEN
        SELECT agency, biller_id INTO STRICT bill FROM invoice WHERE id = NEW.invoice_id;
        NEW.agency := bill.agency;
        IF NEW.account = 'bank' THEN
            NEW.biller_id := coalesce(NEW.biller_id, bill.biller_id);
        END IF;
    END IF;
    IF NEW.agency IS NULL THEN
        RAISE EXCEPTION 'an entry is of an agency' USING ERRCODE = 'check_violation';
    END IF;
    -- Whoever closes a day of the agency waits for all who book, and who books then waits for him.
    PERFORM pg_advisory_xact_lock_shared(45068, hashtext(NEW.agency));
    NEW.day := greatest(
        (NEW.booked_at AT TIME ZONE 'Asia/Bangkok')::date,
        (SELECT max(day) + 1 FROM day_close WHERE agency = NEW.agency)
    );
    RETURN NEW;
END $$
"""
DATED_TRIGGER = """
CREATE TRIGGER entry_counts_on_an_open_day BEFORE INSERT ON ledgerentry
FOR EACH ROW EXECUTE FUNCTION entry_counts_on_an_open_day()
"""
BALANCED = """
CREATE OR REPLACE FUNCTION booking_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM ledgerentry WHERE booking_id = NEW.booking_id GROUP BY agency, day HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'booking % does not balance', NEW.booking_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
LEDGER = """
CREATE VIEW ledger AS
SELECT id, booking_id, invoice_id, payment_id, line_id, account, biller_id, amount, agency, day, booked_at
FROM ledgerentry WHERE day IS NOT NULL
UNION ALL
SELECT entry.id, booking_id, invoice_id, payment_id, line_id, account,
    CASE WHEN account = 'bank' THEN invoice.biller_id END, entry.amount, invoice.agency,
    (booked_at AT TIME ZONE 'Asia/Bangkok')::date, booked_at
FROM ledgerentry AS entry JOIN invoice ON invoice.id = entry.invoice_id WHERE day IS NULL
"""
ONLY_GROWS = """
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
ONLY_GROWS_TRIGGER = """
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION only_grows()
"""


def upgrade():
    op.add_column("payment", sa.Column("reconciled_on", sa.Date()))
    unreconciled = sa.text("reconciled_on IS NULL AND provider = 'scb'")
    op.create_index("invoice_biller", "invoice", ["agency", "biller_id"])
    op.create_index("payment_unreconciled", "payment", ["paid_at"], postgresql_where=unreconciled)
    _statements()
    _discrepancies()
    _closed_days()
    _ledger()
    op.execute(ONLY_GROWS)
    for table in ("statement_line", "discrepancy_act", "day_close"):
        op.execute(ONLY_GROWS_TRIGGER.format(table=table))


def _statements():
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("new_lines", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.Uuid()),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("agency", "digest"),
    )
    op.create_table(
        "statement_day",
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("provider", sa.String(), primary_key=True),
        sa.Column("biller_id", sa.String(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("statement_id", sa.Uuid(), sa.ForeignKey("statement.id"), nullable=False),
    )
    op.create_table(
        "statement_line",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("statement_id", sa.Uuid(), sa.ForeignKey("statement.id"), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("biller_id", sa.String(), nullable=False),
        sa.Column("transaction_id", sa.String(), nullable=False),
        sa.Column("reference1", sa.String(), nullable=False),
        sa.Column("reference2", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("value_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.UniqueConstraint("provider", "transaction_id"),
    )
    op.create_index("statement_line_day", "statement_line", ["agency", "day"])


def _discrepancies():
    op.create_table(
        "discrepancy",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("biller_id", sa.String(), nullable=False),
        sa.Column("transaction_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("line_id", sa.Uuid(), sa.ForeignKey("statement_line.id")),
        sa.Column("payment_id", sa.Uuid(), sa.ForeignKey("payment.id")),
        sa.Column("bank", sa.BigInteger(), nullable=False),
        sa.Column("books", sa.BigInteger(), nullable=False),
        sa.Column("adjusted", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.String()),
        sa.Column("invoice_id", sa.Uuid(), sa.ForeignKey("invoice.id")),
        sa.Column("reference", sa.String()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("proposed_by", sa.Uuid()),
        sa.Column("resolved_by", sa.Uuid()),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("provider", "transaction_id"),
    )
    op.create_index("discrepancy_queue", "discrepancy", ["agency", "state", "opened_at", "id"])
    op.create_index("discrepancy_day", "discrepancy", ["agency", "day"])
    paid_back = sa.text("state = 'resolved' AND resolution = 'return'")
    op.create_index(
        "discrepancy_payout", "discrepancy", ["agency", "reference"], unique=True, postgresql_where=paid_back
    )
    op.create_table(
        "discrepancy_act",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("discrepancy_id", sa.Uuid(), sa.ForeignKey("discrepancy.id"), nullable=False),
        sa.Column("officer", sa.Uuid()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("resolution", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("amount", sa.BigInteger()),
    )
    op.create_index("discrepancy_act_discrepancy", "discrepancy_act", ["discrepancy_id"])


def _closed_days():
    op.create_table(
        "day_close",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.Column("balances", postgresql.JSONB(), nullable=False),
        sa.Column("parity", postgresql.JSONB(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("before", sa.String()),
        sa.Column("digest", sa.String(), nullable=False),
        sa.UniqueConstraint("agency", "day"),
    )


def _ledger():
    op.alter_column("ledgerentry", "invoice_id", nullable=True)
    for name, kind, table in (("payment_id", sa.Uuid(), "payment"), ("line_id", sa.Uuid(), "statement_line")):
        op.add_column("ledgerentry", sa.Column(name, kind))
        # None of the rows that stand has any: they need not be read.
        op.create_foreign_key(
            f"ledgerentry_{name}_fkey", "ledgerentry", table, [name], ["id"], postgresql_not_valid=True
        )
    op.add_column("ledgerentry", sa.Column("agency", sa.String()))
    op.add_column("ledgerentry", sa.Column("biller_id", sa.String()))
    op.add_column("ledgerentry", sa.Column("day", sa.Date()))
    op.create_index("ledger_day", "ledgerentry", ["agency", "day"])
    op.create_index("ledger_invoice", "ledgerentry", ["invoice_id"])
    op.create_index("ledger_line", "ledgerentry", ["line_id"], postgresql_where=sa.text("line_id IS NOT NULL"))
    op.create_index("ledger_before_days", "ledgerentry", ["booked_at"], postgresql_where=sa.text("day IS NULL"))
    op.execute(DATED)
    op.execute(DATED_TRIGGER)
    op.execute(BALANCED)
    op.execute(LEDGER)
