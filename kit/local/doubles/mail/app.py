"""The catcher as an application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope
from fastapi import FastAPI

from kit.local.doubles import HOST, require_development, tsa
from kit.local.doubles.mail import providers
from kit.local.doubles.mail.bounces import notification
from kit.local.doubles.mail.catcher import MODES, Catcher, Mailbox
from kit.local.doubles.mail.outlet import Call, Outlet, hex_signature
from kit.local.doubles.mail.view import view_of
from kit.local.doubles.misbehaviour import Misbehaviour

SECRETS = (
    "smtp_report_secret", "line_token", "line_secret", "sms_token", "sms_report_secret", "post_token",
    "post_report_secret",
)  # fmt: skip
"""By the names of delivery's settings."""


@asynccontextmanager
async def _listening(port: int, catcher: Callable[[], Catcher]) -> AsyncIterator[None]:
    """Take mail; at the end its sessions end at once: who has just come would be left to a loop that is closed."""
    loop = asyncio.get_running_loop()
    sessions: WeakSet[SMTP] = WeakSet()

    def session() -> SMTP:
        begun = SMTP(catcher(), enable_SMTPUTF8=True, hostname="catcher.invalid", loop=loop)
        sessions.add(begun)
        return begun

    server = await loop.create_server(session, HOST, port)
    yield
    server.close()
    for each in list(sessions):
        if each.transport is not None:
            cast(asyncio.WriteTransport, each.transport).abort()
    await asyncio.sleep(0)


def create_app(
    *,
    smtp_port: int,
    folder: Path,
    secrets: Mapping[str, str] | None = None,
    callback: str | None = None,
    authority: Path | None = None,
) -> FastAPI:
    """Build the catcher: SMTP on 127.0.0.1:`smtp_port` while the application runs, mails in `folder`.

    With `secrets` there are LINE, SMS and post too; reports go to `callback`/<provider>. With the files of an
    `authority` its process is the time-stamp authority too, below `/tsa`. NotDevelopmentError outside development.
    """
    require_development()
    mailbox, faults = Mailbox(folder), Misbehaviour(MODES)
    outlets = _outlets(secrets or dict.fromkeys(SECRETS, ""), callback)
    outlets["email"].faults = faults

    def bounce(envelope: Envelope) -> None:
        body = notification(envelope)
        signed = hex_signature(outlets["email"].secret, body)
        outlets["email"].call(Call({"Content-Type": "message/rfc822", **signed}, body))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with _listening(smtp_port, lambda: Catcher(mailbox, faults, bounce)):
            yield
        for task in [task for outlet in outlets.values() for task in outlet.tasks]:
            task.cancel()

    app = FastAPI(title="Mail catcher", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.include_router(view_of(mailbox))
    app.include_router(faults.router())
    for name, interface in _interfaces(secrets, outlets).items():
        app.include_router(interface, prefix=f"/{name}")
        app.include_router(outlets[name].router(), prefix=f"/{name}")
    if authority is not None:
        app.mount("/tsa", tsa.create_app(authority))
    app.state.outlets, app.state.mailbox = outlets, mailbox
    return app


def _outlets(secrets: Mapping[str, str], callback: str | None) -> dict[str, Outlet]:
    told = {name: callback and f"{callback}/{name}" for name in ("email", "line", "sms", "post")}
    day = providers.REMEMBERED
    signed: dict[str, Any] = {"sign": providers.line_signature}
    return {
        "email": Outlet("email", "", secrets["smtp_report_secret"], told["email"], None),
        "line": Outlet("line", secrets["line_token"], secrets["line_secret"], told["line"], day, **signed),
        "sms": Outlet("sms", secrets["sms_token"], secrets["sms_report_secret"], told["sms"], day),
        "post": Outlet("post", secrets["post_token"], secrets["post_report_secret"], told["post"], None),
    }


def _interfaces(secrets: Mapping[str, str] | None, outlets: Mapping[str, Outlet]) -> dict[str, Any]:
    if secrets is None:
        return {}
    makers = {"line": providers.line, "sms": providers.sms, "post": providers.post}
    return {name: make(outlets[name]) for name, make in makers.items()}
