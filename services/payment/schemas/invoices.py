"""Bodies about invoices and fees. Money is integer satang."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.contracts.codes import DefinitionRef
from kit.contracts.text import Text
from services.payment import promptpay
from services.payment.domain import Line
from services.payment.models import Invoice


class LineView(BaseModel):
    """One line of an invoice."""

    item: Text
    amount_satang: int
    because: Text | None = None
    """How the amount comes about; not told on invoices of earlier releases."""
    law: Text | None = None


class FeeQuestion(BaseModel):
    """A service as it is published, and the form as far as it is filled in."""

    definition: DefinitionRef
    form: dict[str, Any]


class FeeEstimate(BaseModel):
    """What one step of a service will charge for a form that is filed today."""

    step: str
    lines: list[LineView]
    amount_satang: int
    currency: str = "THB"

    @classmethod
    def of(cls, step: str, lines: Sequence[Line]) -> "FeeEstimate":
        """From the lines of its rules."""
        views = [line_view(each.as_json()) for each in lines]
        return cls(step=step, lines=views, amount_satang=sum(each.amount for each in lines))


def line_view(line: Mapping[str, Any]) -> LineView:
    """From a line as it is kept."""
    return LineView(item=line["item"], amount_satang=line["amount"], because=line.get("because"), law=line.get("law"))


class InvoiceView(BaseModel):
    """An invoice as the payer sees it; ``promptpay`` is the text of its QR code."""

    id: UUID
    journey: UUID
    step: str
    number: str
    state: str
    lines: list[LineView]
    amount_satang: int
    missing_satang: int
    """What is still to be paid, which QR and barcode ask for; less than the amount where a part is paid."""
    currency: str = "THB"
    biller_id: str
    reference1: str
    promptpay: str
    barcode: str
    takes_card: bool
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    """When the application lapses if nobody has paid by then; null where nothing lapses."""

    @classmethod
    def of(cls, invoice: Invoice, *, offers_cards: bool) -> "InvoiceView":
        """From its row, where a gateway of cards is there or not."""
        bill = bill_of(invoice)
        return cls(
            id=invoice.id,
            journey=invoice.journey_id,
            step=invoice.step,
            number=invoice.number,
            state=invoice.state,
            lines=[line_view(line) for line in invoice.lines],
            amount_satang=invoice.amount,
            missing_satang=invoice.missing,
            biller_id=invoice.biller_id,
            reference1=invoice.reference1,
            promptpay=promptpay.payload(bill),
            barcode=promptpay.bot_barcode(bill),
            takes_card=invoice.takes_card and offers_cards,
            created_at=invoice.created_at,
            due_at=invoice.due_at,
            expires_at=invoice.expires_at,
        )


def bill_of(invoice: Invoice) -> promptpay.Bill:
    """The bill that a payer's app scans: for the rest, where a part is paid."""
    amount = invoice.missing or invoice.amount
    return promptpay.Bill(biller=invoice.biller_id, ref1=invoice.reference1, amount=amount)
