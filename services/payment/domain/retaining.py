"""How long what is about an invoice is kept, and what of it stays afterwards. Pure.

An invoice, its payments, charges, receipts with their documents, refunds and differences are one record of the class
``tax``: kept for the years of that class after the last day on which anything of it was done, and for as long as
something of it is open. Whether those years should be counted from the end of a calendar or fiscal year instead is
not verified: they are counted from the day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kit.contracts.retention import RecordClass, reason_to_keep
from kit.contracts.text import Text
from kit.errors import Problem

CLASS = RecordClass.TAX
GONE = ("receipt_act", "refund_act", "refund", "checkout", "discrepancy_act")
"""Tables whose rows go: what officers and the gateway of cards said about a payer's money."""
EMPTIED: Mapping[str, Mapping[str, str]] = {
    "invoice": {
        "journey_id": "id", "person_id": "NULL", "number": "''", "slip": "'{}'", "lines": "'[]'",
    },
    "receipt": {"journey_id": "id", "person_id": "NULL"},
    "discrepancy": {"proposed_by": "NULL", "resolved_by": "NULL"},
    "statement_line": {"reference1": "''", "reference2": "''"},
}  # fmt: skip
"""Columns that go, and what stands in them afterwards.

The row stays, because a number has no gaps, the ledger refers to it and closed days are sealed over its id. Of a line
the reference stays where it is the bill's own, by which bank and books are compared: else a payer has typed it.
"""
STAYS: Mapping[str, frozenset[str]] = {
    "invoice": frozenset({
        "id", "agency", "definition", "step", "biller_id", "reference1", "receipt_book", "receipt_year", "amount",
        "state", "created_at", "due_at", "settled_at", "takes_card", "reminded", "expires_at", "held", "removed_on",
    }),
    "receipt": frozenset({
        "id", "book", "year", "running", "invoice_id", "payment_id", "step", "amount", "issued_at", "replaces",
        "removed_on",
    }),
    "discrepancy": frozenset({
        "id", "agency", "provider", "biller_id", "transaction_id", "day", "kind", "line_id", "payment_id", "bank",
        "books", "adjusted", "state", "opened_at", "resolution", "invoice_id", "reference", "paid_on", "resolved_at",
        "removed_on",
    }),
    "statement_line": frozenset({
        "id", "statement_id", "agency", "provider", "biller_id", "transaction_id", "channel", "amount", "value_at",
        "day", "removed_on",
    }),
}  # fmt: skip
"""What nobody can be known by, and the ids of transactions, which only the bank can tell whose they are."""
UNTOUCHED = frozenset({
    "payment", "ledgerentry", "day_close", "receiptbook", "statement", "statement_day", "erasure", "legal_hold",
})  # fmt: skip
"""Tables that are of nobody: ids, amounts, times, and the officers who answer for a day's closing."""


@dataclass(frozen=True)
class Dealings:
    """What was done about an invoice, as far as its keeping goes."""

    invoice: UUID
    journey: UUID
    agency: str
    last_on: date
    """The last day on which it was billed, paid, receipted, charged, given back, booked or compared."""
    is_open: bool
    """Whether it is to be paid, kept in part, owed back, being charged, or differs from what the bank has."""


def is_past(dealings: Dealings, kept_until: Callable[[RecordClass, date], date], today: date) -> bool:
    """Whether its years are over and nothing of it is open; holds are asked for apart."""
    until = kept_until(CLASS, dealings.last_on)
    return reason_to_keep(until, today, is_open=dealings.is_open, is_held=False) is None


class NoLongerKept(Problem):
    """The years for which it had to be kept are over: only its number is left."""

    status, code = 410, "no-longer-kept"
    title = Text(
        th="พ้นกำหนดเวลาเก็บรักษาแล้ว คงเหลือเพียงเลขที่",
        en="It was kept for its time and then removed; only its number is left",
    )


def receipt_name(agency: str, receipt: UUID) -> str:
    """Where the document of a receipt lies."""
    return f"receipts/{agency}/{receipt}.pdf"
