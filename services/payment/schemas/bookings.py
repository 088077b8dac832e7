"""Bodies about bookings and the way of their money. Money is integer satang, debit positive."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.contracts.text import Text
from services.payment.models import Invoice
from services.payment.queries.bookings import Trace
from services.payment.schemas.reconciliation import LineView, PaymentView


class EntryView(BaseModel):
    """One side of a booking."""

    account: str
    biller_id: str | None
    amount_satang: int


class BookingView(BaseModel):
    """A booking: its sides balance."""

    id: UUID
    day: date
    booked_at: datetime
    invoice: UUID | None
    payment: UUID | None
    line: UUID | None
    entries: list[EntryView]

    @classmethod
    def of(cls, sides: Sequence[Mapping[str, Any]]) -> "BookingView":
        """From its rows."""
        first = sides[0]
        entries = [
            EntryView(account=each["account"], biller_id=each["biller_id"], amount_satang=each["amount"])
            for each in sides
        ]
        return cls(
            id=first["booking_id"], day=first["day"], booked_at=first["booked_at"], invoice=first["invoice_id"],
            payment=first["payment_id"], line=first["line_id"], entries=entries,
        )  # fmt: skip


class BookingPage(BaseModel):
    """A page of bookings; ``next`` is the cursor of the page after it."""

    items: list[BookingView]
    next: str | None


class BilledLineView(BaseModel):
    """A line of the invoice, and the account of revenue to which it belongs."""

    item: Text
    amount_satang: int
    account: str


class BilledView(BaseModel):
    """The invoice whose money it is."""

    id: UUID
    journey: UUID
    application_number: str
    reference1: str
    state: str
    amount_satang: int
    lines: list[BilledLineView]

    @classmethod
    def of(cls, invoice: Invoice) -> "BilledView":
        """From its row."""
        lines = [
            BilledLineView(item=line["item"], amount_satang=line["amount"], account=f"revenue:{line['revenue_code']}")
            for line in invoice.lines
        ]
        return cls(
            id=invoice.id, journey=invoice.journey_id, application_number=invoice.number,
            reference1=invoice.reference1, state=invoice.state, amount_satang=invoice.amount, lines=lines,
        )  # fmt: skip


class TraceView(BaseModel):
    """Where the money of a booking came from and where it went: bank's line, payment, invoice, heads of revenue."""

    booking: BookingView
    line: LineView | None
    payment: PaymentView | None
    parts: list[PaymentView]
    """What was paid in part before, where the booking makes the fee whole."""
    invoice: BilledView | None
    receipt: str | None
    """The number of the receipt."""
    discrepancy: UUID | None

    @classmethod
    def of(cls, trace: Trace) -> "TraceView":
        """From what was found."""
        return cls(
            booking=BookingView.of(trace.sides),
            line=LineView.model_validate(trace.line) if trace.line else None,
            payment=PaymentView.of(trace.payment) if trace.payment else None,
            parts=[PaymentView.of(each) for each in trace.parts],
            invoice=BilledView.of(trace.invoice) if trace.invoice else None,
            receipt=trace.receipt.number if trace.receipt else None,
            discrepancy=trace.discrepancy.id if trace.discrepancy else None,
        )  # fmt: skip
