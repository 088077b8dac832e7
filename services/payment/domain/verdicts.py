"""What becomes of money that arrives, and how it is booked. Pure; money is integer satang."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

PART_PAID = "part-paid"
"""The account of what is paid in part: owed to the payer until the rest comes, or it goes back."""


class InvoiceState(StrEnum):
    """An invoice is open until it is paid, expired when nobody paid in time, or void once its journey has ended."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    EXPIRED = "expired"


class PaymentState(StrEnum):
    """A callback is only hearsay (unverified) until the bank's inquiry shows the transaction."""

    UNVERIFIED = "unverified"
    APPLIED = "applied"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True)
class BankTransaction:
    """What a bank says of one payment."""

    transaction_id: str
    biller_id: str
    reference1: str
    amount: int
    paid_at: datetime


@dataclass(frozen=True)
class Verdict:
    """What one verified transaction means for its invoice."""

    state: PaymentState
    applied: int
    """Satang that settle the invoice."""
    excess: int
    """Satang that must go back."""
    reason: str | None
    """Why they must go back."""
    held: int = 0
    """Satang that are kept towards the invoice, of which a rest is still to be paid."""


def judge(invoice: InvoiceState, due: int, amount: int, held: int = 0) -> Verdict:
    """Judge a transaction of ``amount`` against an invoice of ``due``, of which ``held`` are paid already.

    applied + excess + held = amount; what settles an invoice is applied together with what is held of it.
    """
    missing = due - held
    if invoice is InvoiceState.PAID:
        return Verdict(PaymentState.DUPLICATE, 0, amount, "duplicate")
    if invoice is not InvoiceState.OPEN:
        return Verdict(PaymentState.LATE, 0, amount, "late")
    if amount < missing:
        return Verdict(PaymentState.UNDERPAID, 0, 0, None, held=amount)
    if amount > missing:
        return Verdict(PaymentState.OVERPAID, missing, amount - missing, "overpaid")
    return Verdict(PaymentState.APPLIED, amount, 0, None)


@dataclass(frozen=True)
class Entry:
    """One side of a booking: debit positive, credit negative."""

    account: str
    amount: int


@dataclass(frozen=True)
class Booking:
    """Entries that balance, and whose money it is: of an invoice and a payment, or by a line of a statement."""

    entries: Sequence[Entry]
    invoice: UUID | None
    payment: UUID | None = None
    line: UUID | None = None
    agency: str | None = None
    """Where there is no invoice, which is an agency's."""
    biller: str | None = None
    """At whose account the bank's side is, where there is no invoice."""


def booking(
    verdict: Verdict, lines: Sequence[Mapping[str, Any]], account: str = "bank", before: int = 0
) -> list[Entry]:
    """Book a verified transaction: where it lies against revenue by head, and against what must go back.

    What is paid in part is no revenue yet; what was paid so ``before`` becomes it with the rest.
    """
    entries = [Entry(account, verdict.applied + verdict.excess + verdict.held)]
    if verdict.held:
        entries.append(Entry(PART_PAID, -verdict.held))
    if verdict.applied:
        entries += [Entry(PART_PAID, before)] if before else []
        entries += [Entry(f"revenue:{line['revenue_code']}", -line["amount"]) for line in lines if line["amount"]]
    if verdict.excess:
        entries.append(Entry("refund-due", -verdict.excess))
    return entries


def release_booking(amount: int) -> list[Entry]:
    """Owe back what was paid in part and will not be made whole."""
    return [Entry(PART_PAID, amount), Entry("refund-due", -amount)]


def refund_booking(lines: Sequence[Mapping[str, Any]], taken: int = 0, amount: int | None = None) -> list[Entry]:
    """Take revenue of a paid invoice back and owe it to the payer: ``amount``, or all that ``taken`` has left.

    Heads of revenue are emptied one after the other as they stand on the invoice, so that parts make the whole.
    """
    heads: dict[str, int] = {}
    for line in lines:
        heads[line["revenue_code"]] = heads.get(line["revenue_code"], 0) + line["amount"]
    end = sum(heads.values()) if amount is None else taken + amount
    entries, passed = [], 0
    for head, held in heads.items():
        part = min(end, passed + held) - max(taken, passed)
        if part > 0:
            entries.append(Entry(f"revenue:{head}", part))
        passed += held
    return [*entries, Entry("refund-due", -sum(entry.amount for entry in entries))]
