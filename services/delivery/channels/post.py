"""Letters with tracking: a post-house prints, posts and reports the carrier's scans.

It is handed the text of the letter and the address, which is asked for at that moment and kept nowhere here but as a
hash. ``reference`` makes a repeat the same letter, for ever.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from kit.contracts.claims import ApplicationClaim
from services.delivery.channels import Message, RefusedByChannel, Taken, uuid_key
from services.delivery.channels.posting import Provider, report_of, require_signature, word
from services.delivery.domain.reports import Report, Told

STATES = {
    "posted": Told.ACCEPTED, "delivered": Told.PROVED, "returned": Told.FAILED, "undeliverable": Told.FAILED,
    "cancelled": Told.FAILED,
}  # fmt: skip


class Post:
    """``POST /letters`` of the post-house, ``service`` being ``registered`` or ``ems``."""

    name = "post"
    sleeps = False
    forgets_after: timedelta | None = None

    def __init__(self, url: str, token: str, secret: str, service: str) -> None:
        self.provider = Provider(self.name, url, token)
        self._secret = secret
        self._service = service

    def key_of(self, notice: UUID) -> str:
        """The reference."""
        return uuid_key(self.name, notice)

    def address_in(self, application: ApplicationClaim) -> str | None:
        """The postal address, line by line."""
        return application.postal_address

    async def send(self, message: Message) -> Taken:
        """Hand over one letter and get its tracking number; 4xx is refused for good."""
        body = {
            "reference": message.id, "service": self._service, "address": message.to.splitlines(),
            "subject": message.subject, "text": message.body,
        }  # fmt: skip
        answer, _ = await self.provider.post("/letters", body, {"Idempotency-Key": message.id})
        if answer.status >= 400 and answer.status != 409:
            raise RefusedByChannel(str(answer.status))
        return Taken(str(answer.status), word(answer, "tracking_number"))

    def read_reports(self, headers: Mapping[str, str], body: bytes) -> Sequence[Report]:
        """One scan of the carrier."""
        require_signature(self._secret, body, headers.get("x-signature"))
        return [report_of(body, "tracking_number", STATES, "tracking")]
