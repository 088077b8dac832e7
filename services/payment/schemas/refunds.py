"""Bodies about refunds. Money is integer satang."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.payment.domain import RefundAct, RefundState
from services.payment.models import RefundAct as ActRow
from services.payment.queries import ShownRefund
from services.payment.schemas.base import Body, Reason, Reference, Satang


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
    """What has left the bank: its reference, the day, and how much if it is not all that was approved.

    What was paid by card goes back by the gateway under its reference, unless it was sent from the bank; what was paid
    at the bank never leaves the account of cards.
    """

    reference: Reference
    paid_on: date
    amount_satang: Satang | None = None
    account: Literal["bank", "card"] | None = None


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
    payment: UUID
    """The payment that it goes back to."""
    provider: str
    transaction: str
    """The provider's own reference of that payment: at a gateway of cards its charge."""
    created_at: datetime

    @classmethod
    def of(cls, shown: ShownRefund) -> "RefundSummary":
        """From its rows."""
        refund, invoice = shown.row, shown.invoice
        return cls(
            id=refund.id, invoice=invoice.id, journey=invoice.journey_id, application_number=invoice.number,
            state=RefundState(refund.state), reason=refund.reason, amount_satang=refund.amount,
            paid_satang=refund.paid, proposed_satang=refund.proposed, proposed_by=refund.proposed_by,
            approved_by=refund.approved_by, payment=shown.payment.id, provider=shown.payment.provider,
            transaction=shown.payment.transaction_id, created_at=refund.created_at,
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
    others: list[UUID] = []
    """The further refunds of the wish that made this one, which took more than one payment."""

    @classmethod
    def told(cls, shown: ShownRefund, acts: Sequence[ActRow], others: Sequence[UUID]) -> "RefundView":
        """From its rows."""
        views = [RefundActView.model_validate(each) for each in acts]
        return cls(**RefundSummary.of(shown).model_dump(), acts=views, others=list(others))
