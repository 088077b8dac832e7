"""What a provider is asked and what it answers. What it tells by itself is hearsay: only its answers are believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from services.payment.domain import BankTransaction, ChargeState


class ProviderOff(ConnectionError):
    """The provider of something planned is not configured here (any more): asked again later."""


class Provider(Protocol):
    """One collector of money."""

    name: str

    def read_callback(
        self, body: Mapping[str, Any], headers: Mapping[str, str], content: bytes, /
    ) -> BankTransaction | None:
        """The transaction that a callback speaks of, None where it says that there is none.

        MalformedCallback when it has not the provider's shape, CallbackNotSigned when the provider did not sign it.
        """

    def answer(self, transaction_id: str, confirmation: str) -> dict[str, str]:
        """The answer that the provider expects, or it calls again."""

    async def close(self) -> None:
        """Close the connection."""


class Bank(Provider, Protocol):
    """A bank that collects under a biller's references."""

    async def inquire(self, biller_id: str, reference1: str, day: date) -> Sequence[BankTransaction]:
        """What the bank has booked under a reference on one Thai calendar day.

        Raises OSError when the bank cannot answer now.
        """


@dataclass(frozen=True)
class Order:
    """What is to be charged; ``key`` stands for one charge at the gateway, however often it is ordered."""

    key: UUID
    biller_id: str
    reference1: str
    amount: int
    """Satang."""
    description: str
    invoice_id: UUID


@dataclass(frozen=True)
class Charge:
    """One charge as the gateway knows it."""

    charge_id: str
    state: ChargeState
    url: str
    """The gateway's own page, where the payer gives the card: no data of a card comes here (PCI DSS SAQ A)."""
    expires_at: datetime | None
    transaction: BankTransaction | None
    """What was paid, once it was."""


class CardGateway(Provider, Protocol):
    """A provider of card payments with a page of its own."""

    async def begin(self, order: Order) -> Charge:
        """Begin a charge, once for its key. Raises OSError when the gateway cannot answer now."""

    async def retrieve(self, charge_id: str) -> Charge:
        """A charge as it stands. Raises OSError when the gateway cannot answer now."""
