"""The agency's mail server, for notices and letters: what it answers, and about whom that speaks."""

import re
from email.message import EmailMessage

import aiosmtplib

from services.delivery.channels import Busy, RefusedByChannel
from services.delivery.settings import Settings

TOO_MUCH = 552
"""At the end of the mail: more than the addressee's mailbox holds."""
OURS = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
"""Speak of our server's settings even where a recipient is named: a wrong command, no sign-in (RFC 5321, 4954)."""
STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\S)", re.ASCII)
SECURITY = "5.7."
"""Of RFC 3463: whoever we are may not send there, as ``554 5.7.1 Relay access denied`` says."""


async def hand_over(mail: EmailMessage, settings: Settings, sender: str | None, recipient: str, seconds: float) -> str:
    """Hand one mail to the server and give its answer, without its words: an address may be among them.

    RefusedByChannel where the addressee is refused for good, Busy for all that speaks of us or may pass.
    """
    try:
        _, reply = await aiosmtplib.send(
            mail,
            sender=sender,
            recipients=[recipient],
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            start_tls=settings.smtp_tls,
            timeout=seconds,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _judged(error.recipients[0]) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _judged(error) from error
    except aiosmtplib.SMTPException as error:
        raise Busy("mail server is away") from error
    return _plain(250, reply)


def _judged(error: aiosmtplib.SMTPResponseException) -> Exception:
    said = _plain(error.code, error.message)
    if _is_of_the_addressee(error, said):
        return RefusedByChannel(said)
    return Busy(f"mail server answered {said}")


def _is_of_the_addressee(error: aiosmtplib.SMTPResponseException, said: str) -> bool:
    if isinstance(error, aiosmtplib.SMTPDataError):
        return error.code == TOO_MUCH
    if not isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return False
    return 500 <= error.code < 600 and error.code not in OURS and SECURITY not in said


def _plain(code: int, message: str) -> str:
    """The code and, where there is one, the enhanced status."""
    found = STATUS.match(message)
    return f"{code} {found[1]}" if found else str(code)
