"""Bodies of payment's answers. Money is integer satang."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kit.contracts.codes import DefinitionRef
from kit.contracts.text import Text
from services.payment import promptpay
from services.payment.domain import Line, RefundAct, RefundState
from services.payment.models import Invoice, Receipt, Refund
from services.payment.models import RefundAct as ActRow


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
    currency: str = "THB"
    biller_id: str
    reference1: str
    promptpay: str
    barcode: str
    created_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceView":
        """From its row."""
        bill = bill_of(invoice)
        return cls(
            id=invoice.id,
            journey=invoice.journey_id,
            step=invoice.step,
            number=invoice.number,
            state=invoice.state,
            lines=[line_view(line) for line in invoice.lines],
            amount_satang=invoice.amount,
            biller_id=invoice.biller_id,
            reference1=invoice.reference1,
            promptpay=promptpay.payload(bill),
            barcode=promptpay.bot_barcode(bill),
            created_at=invoice.created_at,
            due_at=invoice.due_at,
        )


def bill_of(invoice: Invoice) -> promptpay.Bill:
    """The bill that a payer's app scans."""
    return promptpay.Bill(biller=invoice.biller_id, ref1=invoice.reference1, amount=invoice.amount)


class ReceiptView(BaseModel):
    """A numbered receipt."""

    id: UUID
    number: str
    journey: UUID
    step: str
    invoice: UUID
    amount_satang: int
    currency: str = "THB"
    issued_at: datetime

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptView":
        """From its row."""
        return cls(
            id=receipt.id,
            number=receipt.number,
            journey=receipt.journey_id,
            step=receipt.step,
            invoice=receipt.invoice_id,
            amount_satang=receipt.amount,
            issued_at=receipt.issued_at,
        )


Satang = Annotated[int, Field(gt=0, strict=True)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
"""An officer's own words; PostgreSQL cannot keep the character NUL."""
Reference = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,63}$")]


class Body(BaseModel):
    """What is sent: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid")


class ProposedRefund(Body):
    """A payout of what is due: all of it unless an amount is given; ``instruction`` is the number of its order."""

    amount_satang: Satang | None = None
    reason: Reason
    instruction: Reference | None = None


class WantedRefund(Body):
    """A part of a paid fee that is to go back by decision."""

    amount_satang: Satang
    reason: Reason


class Rejection(Body):
    """Why it is not paid as proposed."""

    reason: Reason


class Payout(Body):
    """What has left the bank: its reference, the day, and how much if it is not all that was approved."""

    reference: Reference
    paid_on: date
    amount_satang: Satang | None = None


class RefundSummary(BaseModel):
    """Money that goes back; ``reason`` is the code of why it is owed."""

    id: UUID
    invoice: UUID
    journey: UUID
    application_number: str
    state: RefundState
    reason: str
    amount_satang: int
    paid_satang: int
    proposed_satang: int | None
    proposed_by: UUID | None
    approved_by: UUID | None
    currency: str = "THB"
    created_at: datetime

    @classmethod
    def of(cls, refund: Refund, invoice: Invoice) -> "RefundSummary":
        """From its rows."""
        return cls(
            id=refund.id, invoice=invoice.id, journey=invoice.journey_id, application_number=invoice.number,
            state=RefundState(refund.state), reason=refund.reason, amount_satang=refund.amount,
            paid_satang=refund.paid, proposed_satang=refund.proposed, proposed_by=refund.proposed_by,
            approved_by=refund.approved_by, created_at=refund.created_at,
        )  # fmt: skip


class RefundPage(BaseModel):
    """A page of refunds; ``next`` is the cursor of the page after it."""

    items: list[RefundSummary]
    next: str | None


class RefundActView(BaseModel):
    """What a cashier did, when and why."""

    model_config = ConfigDict(from_attributes=True)

    act: RefundAct
    officer: UUID
    at: datetime
    amount_satang: int = Field(validation_alias="amount")
    reason: str | None
    reference: str | None
    paid_on: date | None


class RefundView(RefundSummary):
    """A refund with every act on it, oldest first."""

    acts: list[RefundActView]

    @classmethod
    def told(cls, refund: Refund, invoice: Invoice, acts: Sequence[ActRow]) -> "RefundView":
        """From its rows."""
        views = [RefundActView.model_validate(each) for each in acts]
        return cls(**RefundSummary.of(refund, invoice).model_dump(), acts=views)
