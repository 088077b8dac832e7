"""Outside channels: each takes a message to one address and says what became of it."""

from dataclasses import dataclass
from typing import Protocol


class RefusedByChannel(Exception):
    """The channel will never take this message to this address."""


@dataclass(frozen=True)
class Message:
    """What leaves the platform: a link and no personal data."""

    id: str
    to: str
    subject: str
    body: str


class Channel(Protocol):
    """One way out."""

    async def send(self, message: Message) -> str:
        """Hand the message over and return the provider's reply.

        Raises RefusedByChannel when it will never be taken, OSError when it may be later. Sending the
        same message again repeats its id, so that the receiving side can drop the double.
        """
