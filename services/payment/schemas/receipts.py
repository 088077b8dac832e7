"""Bodies about receipts. Money is integer satang."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.payment.models import Receipt


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
