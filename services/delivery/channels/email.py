"""E-mail by SMTP, and the bounces that come back."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.message import Message as Part
from uuid import UUID

from kit.clock import clock
from kit.contracts.claims import ApplicationClaim
from services.delivery.channels import Message, Taken
from services.delivery.channels.posting import require_signature
from services.delivery.channels.smtp import hand_over
from services.delivery.domain.reports import MalformedReport, Report, SignatureRefused, Told
from services.delivery.settings import Settings

ACTIONS = {"failed": Told.FAILED, "relayed": Told.ACCEPTED, "delivered": Told.ACCEPTED, "delayed": Told.NOTED}
"""Of RFC 3464. That a mail lies in a mailbox is told by a server of whoever it belongs to: it proves no receipt."""
STATUS = "message/delivery-status"
MOST_RECIPIENTS = 10
LARGEST = 65_536
"""Of a notification: what comes back is a mail of ours, and those are short."""


class Email:
    """Sends through the agency's mail server."""

    name = "email"
    sleeps = False
    forgets_after: timedelta | None = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def key_of(self, notice: UUID) -> str:
        """The Message-ID."""
        return f"<{notice}@paet>"

    def address_in(self, application: ApplicationClaim) -> str | None:
        """The address."""
        return application.email

    async def send(self, message: Message) -> Taken:
        """Send one mail; refused for good where the server says so of the addressee."""
        mail = EmailMessage()
        mail["From"] = self._settings.smtp_from
        mail["To"] = message.to
        mail["Subject"] = message.subject
        mail["Message-ID"] = message.id
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        return Taken(await hand_over(mail, self._settings, self._settings.smtp_bounces, message.to, seconds=20))

    def read_reports(self, headers: Mapping[str, str], body: bytes) -> Sequence[Report]:
        """One delivery status notification (RFC 3464), as the mail server hands it on with its signature."""
        secret = self._settings.smtp_report_secret
        if secret is None:
            raise SignatureRefused
        require_signature(secret.get_secret_value(), body, headers.get("x-signature"))
        return list(_reports(body))


def _reports(body: bytes) -> Iterator[Report]:
    """Whoever can write to the address of bounces has written this, whoever handed it on."""
    if len(body) > LARGEST:
        raise MalformedReport
    digest = hashlib.sha256(body).hexdigest()
    try:
        parts = list(message_from_bytes(body).walk())
        key = next(found for each in parts if (found := _original(each)))
        actions = [found for each in parts if each.get_content_type() == STATUS for found in _actions(each)]
    except (StopIteration, TypeError, ValueError, AttributeError, LookupError, RecursionError) as error:
        raise MalformedReport from error
    for place, (action, status) in enumerate(actions):
        code = "".join(each for each in status[:20] if each.isdecimal() or each == ".")
        yield Report(ACTIONS.get(action, Told.NOTED), code or "none", f"{digest}-{place}", clock.now(), key=key)


def _inner(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Part)] if isinstance(payload, list) else []


def _actions(status: Part) -> list[tuple[str, str]]:
    """Action and status of each recipient."""
    blocks = [each for each in _inner(status) if "Action" in each][:MOST_RECIPIENTS]
    return [(str(each["Action"]).strip().lower(), str(each.get("Status", ""))) for each in blocks]


def _original(part: Part) -> str | None:
    """The Message-ID of the mail that came back, from the copy of it or of its head alone."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        head = message_from_bytes(payload if isinstance(payload, bytes) else b"")
        return _trimmed(head["Message-ID"])
    if kind == "message/rfc822" and (inner := _inner(part)):
        return _trimmed(inner[0]["Message-ID"])
    return None


def _trimmed(text: object) -> str | None:
    found = str(text).strip()[:200] if text else ""
    return found if found and found.isascii() and found.isprintable() else None
