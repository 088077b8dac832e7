"""Bodies about receipts. Money is integer satang."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from services.payment.domain import Correction, Purpose, ReceiptState
from services.payment.models import ReceiptAct
from services.payment.queries import ShownReceipt
from services.payment.schemas.base import Body, Reason

ReceiptName = UUID | Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,12}-[0-9]{4}-[0-9]{6,9}$")]
"""A receipt's id, or its number as printed."""
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256, pattern=ONE_LINE)]
"""One line of a document, as long as ขมธอ. 3-2560 allows."""


class ReceiptCancellation(Body):
    """Why a receipt is cancelled, and no other put in its place."""

    purpose: Purpose
    reason: Reason


class PayerAddress(Body):
    """Where the payer is, in Thailand."""

    line: Line
    postcode: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]


class PayerCorrection(Body):
    """What the new receipt says of the payer instead."""

    name: Line | None = None
    address: PayerAddress | None = None


class ReceiptReissue(Body):
    """Why a receipt is issued anew; RCTC99 says so in ``reason``, RCTC01 and RCTC02 bring what is right."""

    purpose: Purpose
    reason: Line | None = None
    payer: PayerCorrection | None = None

    @property
    def correction(self) -> Correction:
        """What is corrected."""
        if self.payer is None:
            return Correction()
        if self.payer.address is None:
            return Correction(self.payer.name)
        return Correction(self.payer.name, self.payer.address.line, self.payer.address.postcode)


class ReceiptEnd(BaseModel):
    """When and why a receipt ended, and what stands in its place."""

    at: datetime
    purpose: Purpose
    reason: str | None
    replaced_by: UUID | None

    @classmethod
    def of(cls, act: ReceiptAct) -> "ReceiptEnd":
        """From its row."""
        return cls(at=act.at, purpose=Purpose(act.purpose), reason=act.reason, replaced_by=act.replaced_by)


class ReceiptView(BaseModel):
    """A numbered receipt, whether it stands, and how it ended if it does not.

    Of one that is not kept any more (``removed``) the journey is its own id: nothing says whose it was.
    """

    id: UUID
    number: str
    journey: UUID
    step: str
    invoice: UUID
    amount_satang: int
    currency: str = "THB"
    issued_at: datetime
    state: ReceiptState
    replaces: UUID | None
    ended: ReceiptEnd | None

    @classmethod
    def of(cls, shown: ShownReceipt) -> "ReceiptView":
        """From its rows."""
        receipt = shown.row
        return cls(
            id=receipt.id,
            number=receipt.number,
            journey=receipt.journey_id,
            step=receipt.step,
            invoice=receipt.invoice_id,
            amount_satang=receipt.amount,
            issued_at=receipt.issued_at,
            state=shown.state,
            replaces=receipt.replaces,
            ended=ReceiptEnd.of(shown.ended) if shown.ended else None,
        )
