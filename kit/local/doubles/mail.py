"""Catcher of mail: a real SMTP server that delivers nowhere, and an HTTP view of what arrived.

`python -m kit.local.doubles.mail --port 8013 --http-port 8014 [--folder …]`. Each mail is one `.eml` file as
a mailbox would keep it: Return-Path, Delivered-To and Received above the bytes that were sent.
"""

import argparse
import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import default as default_policy
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated, Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi import Path as PathParameter
from fastapi.responses import Response

from kit.clock import clock
from kit.local.doubles import HOST, begin, require_development, serve, tsa
from kit.local.doubles.misbehaviour import Fault, Misbehaviour

MODES = {
    "refuse": "550 at RCPT: no such mailbox",
    "tempfail": "451 after DATA: try again later",
    "delay": "keeps the mail, but waits `seconds` before it says so",
    "drop-connection": "breaks the connection at DATA, keeps nothing",
}
MailId = Annotated[str, PathParameter(pattern=r"^[0-9]+-[0-9a-f]+$")]


class Mailbox:
    """The folder of mails, oldest first. Survives a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, envelope: Envelope) -> None:
        """Write one mail; whole or not at all."""
        above = [f"Return-Path: <{envelope.mail_from}>"]
        above += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
        above += [f"Received: by catcher.invalid; {format_datetime(clock.now())}"]
        content = envelope.original_content or b""
        path = self._folder / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes("\r\n".join([*above, ""]).encode() + content)
        unfinished.replace(path)

    def mails(self) -> Iterator[tuple[str, EmailMessage]]:
        """Read every mail with its id."""
        for path in sorted(self._folder.glob("*.eml")):
            yield path.stem, BytesParser(policy=default_policy).parsebytes(path.read_bytes())

    def raw(self, mail_id: str) -> bytes | None:
        """Read the bytes of one mail, or None."""
        path = self._folder / f"{mail_id}.eml"
        return path.read_bytes() if path.is_file() else None

    def clear(self) -> None:
        """Throw every mail away."""
        for path in self._folder.glob("*.eml"):
            path.unlink(missing_ok=True)


class Catcher:
    """aiosmtpd's handler: accepts everything, unless told to misbehave."""

    def __init__(self, mailbox: Mailbox, faults: Misbehaviour) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        del server, session, options
        if self._faults.take("refuse", address):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail, or do what the faults for its recipients say."""
        del session
        if self._take("drop-connection", envelope):
            cast("asyncio.WriteTransport", server.transport).abort()
            await asyncio.Event().wait()  # until aiosmtpd sees the loss and cancels this
        if self._take("tempfail", envelope):
            return "451 4.3.0 Try again later"
        self._mailbox.keep(envelope)
        if delay := self._take("delay", envelope):
            await asyncio.sleep(delay.seconds)
        return "250 2.0.0 Kept"

    def _take(self, mode: str, envelope: Envelope) -> Fault | None:
        taken = (self._faults.take(mode, recipient) for recipient in envelope.rcpt_tos)
        return next((fault for fault in taken if fault), None)


def create_app(*, smtp_port: int, folder: Path, authority: Path | None = None) -> FastAPI:
    """Build the catcher: SMTP on 127.0.0.1:`smtp_port` while the application runs, mails in `folder`.

    With the files of an `authority` its process is the time-stamp authority too, below `/tsa`.

    Raises NotDevelopmentError outside development.
    """
    require_development()
    mailbox, faults = Mailbox(folder), Misbehaviour(MODES)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            return SMTP(Catcher(mailbox, faults), enable_SMTPUTF8=True, hostname="catcher.invalid", loop=loop)

        server = await loop.create_server(session, HOST, smtp_port)
        yield
        server.close()

    app = FastAPI(title="Mail catcher", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.include_router(_view(mailbox))
    app.include_router(faults.router())
    if authority is not None:
        app.mount("/tsa", tsa.create_app(authority))
    return app


def _view(mailbox: Mailbox) -> APIRouter:
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


def main() -> None:
    """Read the options and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="kit.local.doubles.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=8013, help="SMTP")
    parser.add_argument("--http-port", type=int, default=8014, help="view and controls")
    parser.add_argument("--folder", type=Path, default=Path(".local/mail"), help="where mails are kept")
    parser.add_argument("--authority", type=Path, help="files of the development authority: serves time-stamps too")
    options = parser.parse_args()
    begin()
    serve(create_app(smtp_port=options.port, folder=options.folder, authority=options.authority), options.http_port)


if __name__ == "__main__":
    main()
