"""A real SMTP server that delivers nowhere. Each mail is one `.eml` file as a mailbox would keep it.

That is: Return-Path, Delivered-To and Received above the bytes that were sent.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as default_policy
from email.utils import format_datetime
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from kit.clock import clock
from kit.local.doubles.misbehaviour import Fault, Misbehaviour

MODES = {
    "refuse": "550 at RCPT: no such mailbox",
    "refuse-sender": "550 at MAIL: this sender may not",
    "no-relay": "554 at RCPT: mail of ours is not passed on",
    "sign-in": "530 at RCPT: sign in first",
    "refuse-content": "554 at the end of the mail: not such content",
    "full": "552 at the end of the mail: more than the mailbox holds",
    "tempfail": "451 after DATA: try again later",
    "delay": "keeps the mail, but waits `seconds` before it says so",
    "bounce": "keeps the mail, and a notification comes back that it could not be delivered",
    "lose-answer": "keeps the mail, and breaks the connection before it says so",
    "drop-connection": "breaks the connection at DATA, keeps nothing",
}


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

    def __init__(self, mailbox: Mailbox, faults: Misbehaviour, bounce: Callable[[Envelope], None]) -> None:
        self._mailbox = mailbox
        self._faults = faults
        self._bounce = bounce

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse the sender."""
        del server, session
        if self._faults.take("refuse-sender", address):
            return f"550 5.1.8 <{address}> may not send"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        del server, session, options
        if self._faults.take("refuse", address):
            return f"550 5.1.1 <{address}>: No such mailbox"
        if self._faults.take("no-relay", address):
            return f"554 5.7.1 <{address}>: Relay access denied"
        if self._faults.take("sign-in", address):
            return "530 Authentication required"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail, or do what the faults for its recipients say."""
        del session
        if self._take("drop-connection", envelope):
            await _break(server)
        if self._take("tempfail", envelope):
            return "451 4.3.0 Try again later"
        if self._take("refuse-content", envelope):
            return "554 5.6.0 Not such content"
        if self._take("full", envelope):
            return f"552 5.2.2 <{envelope.rcpt_tos[0]}> Mailbox full"
        self._mailbox.keep(envelope)
        if self._take("bounce", envelope):
            self._bounce(envelope)
        if self._take("lose-answer", envelope):
            await _break(server)
        if delay := self._take("delay", envelope):
            await asyncio.sleep(delay.seconds)
        return "250 2.0.0 Kept"

    def _take(self, mode: str, envelope: Envelope) -> Fault | None:
        taken = (self._faults.take(mode, recipient) for recipient in envelope.rcpt_tos)
        return next((fault for fault in taken if fault), None)


async def _break(server: SMTP) -> None:
    cast("asyncio.WriteTransport", server.transport).abort()
    await asyncio.Event().wait()  # until aiosmtpd sees the loss and cancels this
