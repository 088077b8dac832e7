"""Remove what is past: what only grows or is never changed gives way to that, row by row, and to nothing else.

A process of the release before goes on beside it: new columns have no value. The removal itself is due work, a hundred
journeys at a time.
"""

import sqlalchemy as sa
from alembic import op

from kit.migrations import create_retention

revision = "0010"
down_revision = "0009"

RECEIPT = """
CREATE OR REPLACE FUNCTION receipts_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'receipt_act' AND TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM receipt WHERE id = OLD.receipt_id AND removed_on IS NOT NULL) THEN
            RETURN OLD;
        END IF;
    ELSIF TG_TABLE_NAME = 'receipt' AND TG_OP = 'UPDATE' THEN
        -- Only what says whose it is, and not before the years that the law sets for tax documents.
        IF OLD.removed_on IS NULL AND NEW.person_id IS NULL AND NEW.journey_id = OLD.id
            AND NEW.removed_on > (OLD.issued_at AT TIME ZONE 'Asia/Bangkok')::date + interval '5 years'
            AND to_jsonb(NEW) - '{removed_on,person_id,journey_id}'::text[]
                = to_jsonb(OLD) - '{removed_on,person_id,journey_id}'::text[]
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'receipts are never changed' USING ERRCODE = 'restrict_violation';
END $$
"""
REFUND_ACT = """
CREATE OR REPLACE FUNCTION refund_acts_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM refund JOIN invoice ON invoice.id = refund.invoice_id
        WHERE refund.id = OLD.refund_id AND invoice.removed_on IS NOT NULL
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'acts on refunds only grow' USING ERRCODE = 'restrict_violation';
END $$
"""
LINE = """
CREATE FUNCTION lines_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.removed_on IS NULL AND NEW.removed_on IS NOT NULL
        AND NEW.reference1 IN (OLD.reference1, '') AND NEW.reference2 = ''
        AND to_jsonb(NEW) - '{removed_on,reference1,reference2}'::text[]
            = to_jsonb(OLD) - '{removed_on,reference1,reference2}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
DISCREPANCY_ACT = """
CREATE FUNCTION discrepancy_acts_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND EXISTS (SELECT FROM discrepancy WHERE id = OLD.discrepancy_id AND removed_on IS NOT NULL)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()
"""
TRIGGERS = {"statement_line": "lines_are_never_changed", "discrepancy_act": "discrepancy_acts_only_grow"}


def upgrade():
    for table in ("invoice", "receipt", "statement_line", "discrepancy"):
        op.add_column(table, sa.Column("removed_on", sa.Date()))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    )
    create_retention()
    for function in (RECEIPT, REFUND_ACT, LINE, DISCREPANCY_ACT):
        op.execute(function)
    for table, function in TRIGGERS.items():
        op.execute(TRIGGER.format(table=table, function=function))
