"""What comes back of a mail that could not be delivered (RFC 3464), handed on as the agency's mail server would."""

from email import message_from_bytes
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import make_msgid

from aiosmtpd.smtp import Envelope


def notification(envelope: Envelope) -> bytes:
    """The delivery status notification for a mail: for people, for programs, and the head of what was sent."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"] = "MAILER-DAEMON@catcher.invalid", str(envelope.mail_from)
    report["Subject"], report["Message-ID"] = (
        "Undelivered Mail Returned to Sender",
        make_msgid(domain="catcher.invalid"),
    )
    report.attach(MIMEText("The mail could not be delivered.\n"))
    report.attach(_status(envelope))
    sent = message_from_bytes(envelope.original_content or b"")
    head = "".join(f"{name}: {value}\n" for name, value in sent.items())
    report.attach(MIMEText(head, "rfc822-headers"))
    return report.as_bytes()


def _status(envelope: Envelope) -> Message:
    status = MIMENonMultipart("message", "delivery-status")
    about, recipients = Message(), []
    about["Reporting-MTA"] = "dns; catcher.invalid"
    for address in envelope.rcpt_tos:
        recipient = Message()
        recipient["Final-Recipient"], recipient["Action"], recipient["Status"] = f"rfc822; {address}", "failed", "5.1.1"
        recipients.append(recipient)
    status.set_payload([about, *recipients])
    return status
