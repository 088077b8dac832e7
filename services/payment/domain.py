"""Fees, and what becomes of money that arrives. Pure; money is integer satang."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kit.contracts.definition import Fault, FixedFee, PaymentStep, RangeFee, Section
from kit.contracts.text import Text
from kit.errors import NotFound, TooManyRequests, Unprocessable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that a person could misread."""


class InvoiceState(StrEnum):
    """An invoice is open until it is paid, or void once its journey has ended."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class PaymentState(StrEnum):
    """A callback is only hearsay (unverified) until the bank's inquiry shows the transaction."""

    UNVERIFIED = "unverified"
    APPLIED = "applied"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DUPLICATE = "duplicate"
    LATE = "late"


class InvoiceNotFound(NotFound):
    """No such invoice, or somebody else's."""

    code = "invoice-not-found"
    title = Text(th="ไม่พบใบแจ้งชำระเงินนี้", en="There is no such invoice")


class UnknownBill(NotFound):
    """A callback about a reference that nobody was billed under."""

    code = "unknown-bill"
    title = Text(th="ไม่พบรายการเรียกเก็บเงินนี้", en="There is no such bill")


class TooManyCallbacks(TooManyRequests):
    """So many unverified callbacks about one bill that another is only noise."""

    code = "too-many-callbacks"
    title = Text(
        th="มีการแจ้งชำระเงินของรายการนี้ที่ยังไม่ได้ตรวจสอบมากเกินไป", en="Too many unverified confirmations of this bill"
    )


class MalformedCallback(Unprocessable):
    """A callback that does not have the provider's shape."""

    code = "malformed-callback"
    title = Text(th="รูปแบบการแจ้งชำระเงินไม่ถูกต้อง", en="The payment confirmation is malformed")


class FeeUndecidable(Unprocessable):
    """The form has no number where the fee rule looks for one."""

    code = "fee-undecidable"
    title = Text(th="คำนวณค่าธรรมเนียมจากคำขอไม่ได้", en="The fee cannot be computed from the application")


@dataclass(frozen=True)
class Line:
    """One line of an invoice."""

    item: Text
    revenue_code: str
    amount: int

    def as_json(self) -> dict[str, Any]:
        """As it is kept on the invoice."""
        return {"item": self.item.model_dump(), "revenue_code": self.revenue_code, "amount": self.amount}


def fee_lines(settings: PaymentStep, form: Mapping[str, Any]) -> list[Line]:
    """The lines of an invoice; FeeUndecidable when the form lacks a number that a rule needs."""
    return [Line(fee.item, fee.revenue_code, _amount_of(fee, form)) for fee in settings.fees]


def _amount_of(fee: FixedFee | RangeFee, form: Mapping[str, Any]) -> int:
    if isinstance(fee, FixedFee):
        return fee.amount
    measure = _number_at(form, fee.field)
    for band in fee.bands:
        if band.up_to is None or measure <= band.up_to:
            return band.amount
    raise FeeUndecidable


def _number_at(form: Any, pointer: str) -> float:
    value: Any = form
    for key in pointer.removeprefix("/").split("/"):
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FeeUndecidable
    return value


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


def judge(invoice: InvoiceState, due: int, amount: int) -> Verdict:
    """Judge a transaction of ``amount`` against an invoice of ``due``; applied + excess = amount."""
    if invoice is InvoiceState.PAID:
        return Verdict(PaymentState.DUPLICATE, 0, amount, "duplicate")
    if invoice is InvoiceState.VOID:
        return Verdict(PaymentState.LATE, 0, amount, "late")
    if amount < due:
        return Verdict(PaymentState.UNDERPAID, 0, amount, "underpaid")
    if amount > due:
        return Verdict(PaymentState.OVERPAID, due, amount - due, "overpaid")
    return Verdict(PaymentState.APPLIED, amount, 0, None)


@dataclass(frozen=True)
class Entry:
    """One side of a booking: debit positive, credit negative."""

    account: str
    amount: int


def booking(verdict: Verdict, lines: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Book a verified transaction: bank against revenue by head, and against what must go back."""
    entries = [Entry("bank", verdict.applied + verdict.excess)]
    if verdict.applied:
        entries += [Entry(f"revenue:{line['revenue_code']}", -line["amount"]) for line in lines if line["amount"]]
    if verdict.excess:
        entries.append(Entry("refund-due", -verdict.excess))
    return entries


def refund_booking(lines: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Take the revenue of a paid invoice back and owe it to the payer."""
    taken = [Entry(f"revenue:{line['revenue_code']}", line["amount"]) for line in lines if line["amount"]]
    return [*taken, Entry("refund-due", -sum(entry.amount for entry in taken))]


def new_reference() -> str:
    """A bill reference no one can guess: 16 characters of A–Z and 0–9 (Ref1 allows 20)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


def buddhist_year(day: date) -> int:
    """The Buddhist year of a Thai calendar day."""
    return day.year + 543


@dataclass(frozen=True)
class BankTransaction:
    """What a bank says of one payment."""

    transaction_id: str
    biller_id: str
    reference1: str
    amount: int
    paid_at: datetime


def check_section(section: Section) -> list[Fault]:
    """Fee rules must decide every case: ascending bands, the last one open; receipts need a total."""
    faults: list[Fault] = []
    for step in section.steps.values():
        if not isinstance(step, PaymentStep):
            continue
        if not step.fees:
            faults.append(_fault(f"/steps/{step.id}/fees", "ต้องมีค่าธรรมเนียมอย่างน้อยหนึ่งรายการ", "at least one fee"))
        for index, fee in enumerate(step.fees):
            if isinstance(fee, RangeFee):
                faults += _band_faults(fee, f"/steps/{step.id}/fees/{index}/bands")
    return faults


def _band_faults(fee: RangeFee, path: str) -> list[Fault]:
    limits = [band.up_to for band in fee.bands]
    faults = []
    if not limits or limits[-1] is not None:
        faults.append(_fault(path, "ช่วงสุดท้ายต้องไม่มีเพดาน", "the last band must be open"))
    bounded = [limit for limit in limits[:-1] if limit is not None]
    if len(bounded) != len(limits[:-1]) or bounded != sorted(set(bounded)):
        faults.append(_fault(path, "ช่วงต้องเรียงจากน้อยไปมาก", "bands must ascend, each with its limit"))
    return faults


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
