"""SMS by an aggregator's HTTP gateway, with delivery reports by callback.

The interface is what Thai aggregators have in common; another one is another class beside this. It must take a repeat
of ``reference`` as the same message (``Idempotency-Key`` says so too) and sign its reports.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from kit.contracts.claims import ApplicationClaim
from services.delivery.channels import Message, RefusedByChannel, Taken, uuid_key
from services.delivery.channels.posting import Provider, report_of, require_signature, word
from services.delivery.domain.reports import Report, Told

STATES = {
    "accepted": Told.ACCEPTED, "sent": Told.ACCEPTED, "delivered": Told.PROVED, "failed": Told.FAILED,
    "undelivered": Told.FAILED, "expired": Told.FAILED, "rejected": Told.FAILED,
}  # fmt: skip


class Sms:
    """``POST /messages`` of the gateway."""

    name = "sms"
    sleeps = True
    forgets_after: timedelta | None = timedelta(hours=23)

    def __init__(self, url: str, token: str, secret: str, sender: str) -> None:
        self.provider = Provider(self.name, url, token)
        self._secret = secret
        self._sender = sender

    def key_of(self, notice: UUID) -> str:
        """The reference."""
        return uuid_key(self.name, notice)

    def address_in(self, application: ApplicationClaim) -> str | None:
        """The telephone number."""
        return application.phone

    async def send(self, message: Message) -> Taken:
        """Hand over one message; 4xx is refused for good, 409 says that it was taken before."""
        body = {"reference": message.id, "from": self._sender, "to": message.to, "text": message.body}
        answer, _ = await self.provider.post("/messages", body, {"Idempotency-Key": message.id})
        if answer.status >= 400 and answer.status != 409:
            raise RefusedByChannel(str(answer.status))
        return Taken(str(answer.status), word(answer, "message_id"))

    def read_reports(self, headers: Mapping[str, str], body: bytes) -> Sequence[Report]:
        """One delivery report."""
        require_signature(self._secret, body, headers.get("x-signature"))
        return [report_of(body, "message_id", STATES, "delivery-report")]
