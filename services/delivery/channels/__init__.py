"""Outside channels, each a plug-in: takes a message to one address, and reads what its provider tells of it later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable
from uuid import NAMESPACE_URL, UUID, uuid5

from kit.contracts.claims import ApplicationClaim
from services.delivery.domain.reports import Report


class RefusedByChannel(Exception):
    """The channel will never take this message to this address; the text is a short code."""


class Busy(ConnectionError):
    """The channel may take it later; ``pause`` is what it asked for."""

    def __init__(self, said: str, pause: timedelta | None = None) -> None:
        super().__init__(said)
        self.pause = pause


@dataclass(frozen=True)
class Message:
    """What leaves the platform: a link and no personal data."""

    id: str
    """The key: the same for every attempt, so that the provider can drop the double."""
    to: str
    subject: str
    body: str


@dataclass(frozen=True)
class Taken:
    """The provider's answer, and what it calls the message."""

    reply: str
    provider_id: str | None = None


class Channel(Protocol):
    """One way out."""

    name: str
    sleeps: bool
    """Whether it keeps quiet in the quiet hours: what it sends makes a telephone ring."""
    forgets_after: timedelta | None
    """How long the provider knows a key: after that a repeat might be a second message."""

    def key_of(self, notice: UUID) -> str:
        """The key of a notice on this channel."""

    def address_in(self, application: ApplicationClaim) -> str | None:
        """The address that the applicant named for this channel."""

    async def send(self, message: Message) -> Taken:
        """Hand the message over and return the provider's answer.

        Raises RefusedByChannel when it will never be taken, OSError (Busy) when it may be later. Sending the
        same message again repeats its id.
        """


@runtime_checkable
class Reporting(Protocol):
    """A channel whose provider calls back."""

    def read_reports(self, headers: Mapping[str, str], body: bytes) -> Sequence[Report]:
        """The reports in a call; SignatureRefused unless the provider signed it, MalformedReport for another shape."""


class Channels:
    """The channels in use, by name."""

    def __init__(self, *channels: Channel) -> None:
        self._by_name = {each.name: each for each in channels}

    def get(self, name: str) -> Channel | None:
        """The channel, unless it is not in use."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_name.values())


def uuid_key(channel: str, notice: UUID) -> str:
    """A key for providers that want a UUID."""
    return str(uuid5(NAMESPACE_URL, f"urn:paet:notice:{notice}:{channel}"))
