"""Official letters to the central mailboxes of agencies (สารบรรณอิเล็กทรอนิกส์), by SMTP.

The government's own exchange (ECMS over SOAP) would be another `Carrier`; its schema is not public, so there is none.
"""

import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from services.delivery.channels import RefusedByChannel
from services.delivery.channels.smtp import hand_over
from services.delivery.domain import Parcel
from services.delivery.settings import Settings


@dataclass(frozen=True)
class Carried:
    """What the other side answered (code and status), and the hash of what it was given."""

    message_id: str | None
    sha256: str | None
    """Both None where nothing was given: then ``reply`` is the code of why."""
    reply: str


class RefusedByMailbox(RefusedByChannel):
    """The addressee's server will never take the letter."""

    def __init__(self, carried: Carried) -> None:
        super().__init__(carried.reply)
        self.carried = carried


class Carrier(Protocol):
    """One way from agency to agency."""

    async def carry(self, parcel: Parcel) -> Carried:
        """Hand a letter over; RefusedByMailbox when it will never be taken, OSError when it may be later.

        The same parcel again is the same to the byte, so that the other side can drop the double.
        """


class Mailbox:
    """Carries by mail, from the mailbox of the one agency to that of the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def carry(self, parcel: Parcel) -> Carried:
        """Send one mail; what the server has against us, and not against the addressee, may pass."""
        mail = mail_of(parcel)
        sha256 = hashlib.sha256(mail.as_bytes(policy=SMTP)).hexdigest()
        try:
            reply = await hand_over(mail, self._settings, parcel.sender, parcel.to, seconds=60)
        except RefusedByChannel as refusal:
            raise RefusedByMailbox(Carried(mail["Message-ID"], sha256, str(refusal))) from refusal
        return Carried(mail["Message-ID"], sha256, reply)


def mail_of(parcel: Parcel) -> EmailMessage:
    """The mail of a letter: nothing in it depends on when or how often it is sent."""
    mail = EmailMessage()
    user, _, domain = parcel.sender.rpartition("@")
    mail["From"] = Address(parcel.sender_name, user, domain)
    mail["To"] = parcel.to
    mail["Subject"] = parcel.subject
    mail["Date"] = format_datetime(parcel.written_at)
    mail["Message-ID"] = f"<letter-{parcel.id}@paet>"
    if parcel.is_urgent:
        mail["Importance"] = "high"
    mail.set_content(parcel.text)
    for file in parcel.files:
        main, _, sub = file.kind.partition("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    mail.set_boundary(f"=_paet_{parcel.id.hex}")
    return mail
