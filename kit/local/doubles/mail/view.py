"""HTTP view of the mails that arrived."""

from email.message import EmailMessage, Message
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi import Path as PathParameter
from fastapi.responses import Response

from kit.local.doubles.mail.catcher import Mailbox

MailId = Annotated[str, PathParameter(pattern=r"^[0-9]+-[0-9a-f]+$")]


def view_of(mailbox: Mailbox) -> APIRouter:
    """`GET /messages`, `GET /messages/{id}`, `DELETE /messages`."""
    router = APIRouter(prefix="/messages")

    @router.get("")
    def show(to: str | None = None) -> list[dict[str, Any]]:
        """List mails, oldest first; `to` = only those delivered to this address."""
        listed = (_summary(mail_id, mail) for mail_id, mail in mailbox.mails())
        return [mail for mail in listed if to is None or to in mail["delivered_to"]]

    @router.get("/{mail_id}")
    def raw(mail_id: MailId) -> Response:
        """Show one mail as it lies in the folder."""
        found = mailbox.raw(mail_id)
        if found is None:
            raise HTTPException(404, "no such mail")
        return Response(found, media_type="message/rfc822")

    @router.delete("", status_code=204)
    def clear() -> None:
        """Throw every mail away."""
        mailbox.clear()

    return router


def _summary(mail_id: str, mail: EmailMessage) -> dict[str, Any]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return {
        "id": mail_id,
        "mail_from": str(mail["Return-Path"])[1:-1],
        "delivered_to": [str(address) for address in mail.get_all("Delivered-To", [])],
        "arrived_at": str(mail["Received"]).rpartition("; ")[2],
        "from": str(mail["From"]),
        "to": str(mail["To"]),
        "subject": str(mail["Subject"]),
        "text": text and text.get_content(),
        "html": html and html.get_content(),
        "attachments": [_attachment(part) for part in mail.iter_attachments()],
    }


def _attachment(part: Message) -> dict[str, Any]:
    content = part.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else 0
    return {"name": part.get_filename(), "type": part.get_content_type(), "size": size}
