"""Bodies about payment by card. Money is integer satang."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from services.payment.models import Checkout


class CardPayment(BaseModel):
    """A charge that waits for the payer on the gateway's page at ``url``."""

    id: UUID
    invoice: UUID
    amount_satang: int
    currency: str = "THB"
    url: str
    expires_at: datetime | None

    @classmethod
    def of(cls, begun: Checkout) -> Self:
        """From its row."""
        return cls(
            id=begun.id, invoice=begun.invoice_id, amount_satang=begun.amount, url=begun.url or "",
            expires_at=begun.expires_at,
        )  # fmt: skip
