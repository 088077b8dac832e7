"""E-mail by SMTP."""

from email.message import EmailMessage

import aiosmtplib

from services.delivery.channels import Message, RefusedByChannel
from services.delivery.settings import Settings


class Email:
    """Sends through the agency's mail server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, message: Message) -> str:
        """Send one mail; 5xx is refused for good, 4xx and a dead server may pass."""
        mail = EmailMessage()
        mail["From"] = self._settings.smtp_from
        mail["To"] = message.to
        mail["Subject"] = message.subject
        mail["Message-ID"] = message.id
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        try:
            _, reply = await aiosmtplib.send(
                mail,
                hostname=self._settings.smtp_host,
                port=self._settings.smtp_port,
                start_tls=self._settings.smtp_tls,
                timeout=20,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            raise _judged(error) from error
        except aiosmtplib.SMTPException as error:
            msg = "mail server is away"
            raise ConnectionError(msg) from error
        return reply


def _judged(error: aiosmtplib.SMTPException) -> Exception:
    first = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    code = getattr(first, "code", 0)
    if 500 <= code < 600:
        return RefusedByChannel(str(code))
    return ConnectionError(f"mail server answered {code}")
