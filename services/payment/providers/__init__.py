"""Collecting banks: each is a plug-in that reads its callback and answers an inquiry."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from services.payment.domain import BankTransaction


class Provider(Protocol):
    """One bank. Callbacks are hearsay: only ``inquire`` is believed."""

    name: str

    def read_callback(self, body: Mapping[str, Any]) -> BankTransaction:
        """The transaction that a callback speaks of; MalformedCallback when it has not the bank's shape."""

    def answer(self, transaction_id: str, confirmation: str) -> dict[str, str]:
        """The answer that the bank expects, or it calls again."""

    async def inquire(self, biller_id: str, reference1: str, day: date) -> Sequence[BankTransaction]:
        """What the bank has booked under a reference on one Thai calendar day.

        Raises OSError when the bank cannot answer now.
        """
