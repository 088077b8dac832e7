"""One gateway of cards: its secrets, its book, its webhooks, and what a payer's deed makes of a charge."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi import HTTPException

from kit.clock import clock
from kit.local.doubles import require_development
from kit.local.doubles.card.book import Book, Charge
from kit.local.doubles.card.payer import MODES, Delays, act
from kit.local.doubles.card.webhook import Sender, letter
from kit.local.doubles.misbehaviour import Misbehaviour

FAULTS = {"outage": "the interface answers 503", "slow": "the interface waits `seconds` first"}


@dataclass
class CardDesk:
    """Whoever serves it closes it."""

    secret_key: str
    webhook_secret: str
    book: Book
    sender: Sender
    delays: Delays
    lives: timedelta
    faults: Misbehaviour = field(default_factory=lambda: Misbehaviour(FAULTS))

    @classmethod
    def open(
        cls, *, secret_key: str, webhook_secret: str, book: Path | str = ":memory:", webhook: str | None = None,
        webhook_seconds: float = 0.5, late_seconds: float = 30, retry_seconds: float = 12, lives_seconds: float = 1800,
    ) -> "CardDesk":  # fmt: skip
        """Open a gateway that posts to the address `webhook` (None = nobody is told).

        Raises NotDevelopmentError outside development.
        """
        require_development()
        opened = Book(book)
        delays = Delays(webhook_seconds, late_seconds)
        sender = Sender(webhook, opened, retry_seconds)
        return cls(secret_key, webhook_secret, opened, sender, delays, timedelta(seconds=lives_seconds))

    async def close(self) -> None:
        """Stop its webhooks and close its book."""
        await self.sender.close()
        self.book.close()

    def known(self, charge_id: str) -> Charge:
        """A charge as it is; 404 for none."""
        if (found := self.book.charge(charge_id)) is None:
            raise HTTPException(404, "no such charge")
        return found

    def happen(self, charge_id: str, mode: str, page: str, seconds: float | None = None) -> Charge:
        """The payer acts on a charge; `seconds` is how late what is late is. 409 where the charge has ended."""
        now, charge = clock.now(), self.known(charge_id)
        if mode not in MODES:
            raise HTTPException(422, f"unknown mode; known: {', '.join(MODES)}")
        if charge.seen(now).state != "pending" or charge.visible_at is not None:
            raise HTTPException(409, "the charge has ended")
        delays = self.delays if seconds is None else Delays(self.delays.webhook, seconds)
        happening = act(charge, mode, now, delays, page)
        self.book.end(happening.charge)
        secret = self.webhook_secret if happening.is_signed else secrets.token_hex(32)
        written = letter(secret, happening.charge, happening.told)
        for after in happening.posts_in:
            self.sender.schedule(written, after)
        return happening.charge
