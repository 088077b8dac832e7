"""What LINE, an SMS gateway and a post-house have in common: keys, a memory of them, failures, signed reports."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.types import Receive, Scope, Send

from kit.clock import clock
from kit.local.doubles.misbehaviour import Misbehaviour

MODES = {
    "refuse": "400: never to this address",
    "rate-limit": "429, with Retry-After of `seconds`",
    "outage": "503, keeps nothing",
    "drop-connection": "breaks the connection, keeps nothing",
    "lose-answer": "keeps the message, and breaks the connection before it says so",
    "delay": "keeps the message, and waits `seconds` before it says so",
    "lose": "takes the message, and never tells of it again",
    "bounce": "takes the message, and tells later that it was not received",
    "twice": "tells everything twice",
}
RETRIES, RETRY_SECONDS = 5, 1.0


@dataclass(frozen=True)
class Sent:
    """One message that went to its addressee."""

    key: str
    number: str
    to: str
    content: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Call:
    """One report, as it is posted."""

    headers: Mapping[str, str]
    body: bytes


class Dropped(Response):
    """An answer that never comes: the connection breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's shape
        """Begin and leave off: the server then closes the connection."""
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def hex_signature(secret: str, body: bytes) -> dict[str, str]:
    """The header of a signed report."""
    return {"X-Signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


@dataclass
class Outlet:
    """One provider: what it was sent, what it will tell."""

    name: str
    token: str
    secret: str
    callback: str | None
    remembers: timedelta | None
    sign: Callable[[str, bytes], dict[str, str]] = hex_signature
    faults: Misbehaviour = field(default_factory=lambda: Misbehaviour(MODES))
    sent: list[Sent] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def require_token(self, request: Request) -> None:
        """401 for anybody but the customer."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise HTTPException(401, "unknown token")

    def known(self, key: str) -> Sent | None:
        """The message of a key, as long as the key is remembered."""
        for each in reversed(self.sent):
            if each.key == key and (self.remembers is None or clock.now() < each.at + self.remembers):
                return each
        return None

    def refusal(self, to: str) -> Response | None:
        """The failure to commit before anything is kept."""
        if self.faults.take("drop-connection", to):
            return Dropped()
        if self.faults.take("outage", to):
            return Response(status_code=503)
        if fault := self.faults.take("rate-limit", to):
            return Response(status_code=429, headers={"Retry-After": str(int(fault.seconds))})
        return Response(status_code=400) if self.faults.take("refuse", to) else None

    async def keep(self, key: str, number: str, to: str, content: Mapping[str, Any]) -> Sent:
        """Send it on."""
        kept = Sent(key, number, to, content, clock.now())
        self.sent.append(kept)
        return kept

    async def answered(self, to: str, answer: Response) -> Response:
        """The answer, late or lost where the faults say so."""
        if fault := self.faults.take("delay", to):
            await asyncio.sleep(fault.seconds)
        return Dropped() if self.faults.take("lose-answer", to) else answer

    def tell(self, to: str, body: Mapping[str, Any]) -> None:
        """Report, signed; twice where the faults say so."""
        for _ in range(2 if self.faults.take("twice", to) else 1):
            self.tell_raw(json.dumps(body).encode())

    def tell_raw(self, content: bytes) -> None:
        """Report these bytes, signed."""
        self.call(Call({"Content-Type": "application/json", **self.sign(self.secret, content)}, content))

    def call(self, call: Call) -> None:
        """Post a report, and keep it to be looked at."""
        self.calls.append(call)
        if self.callback is not None:
            task = asyncio.get_running_loop().create_task(_post(self.callback, call))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def router(self) -> APIRouter:
        """`GET /sent`, `GET /reports`, and the controls."""
        router = APIRouter(tags=["control"])

        @router.get("/sent")
        async def sent() -> list[dict[str, Any]]:
            """What went to addressees, oldest first."""
            return [{**vars(each), "at": each.at.isoformat()} for each in self.sent]

        @router.get("/reports")
        async def reports() -> list[dict[str, Any]]:
            """What was reported."""
            return [{"headers": each.headers, "body": each.body.decode()} for each in self.calls]

        router.include_router(self.faults.router())
        return router


async def _post(url: str, call: Call) -> None:
    # Only here: a double that calls nobody does without the memory of a client.
    import httpx

    async with httpx.AsyncClient(timeout=10) as client:
        for attempt in range(1, RETRIES + 1):
            try:
                answer = await client.post(url, content=call.body, headers=dict(call.headers))
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500:
                return
            await asyncio.sleep(RETRY_SECONDS * attempt)


def number(prefix: str) -> str:
    """A provider's own number of a message."""
    return f"{prefix}{secrets.randbelow(10**12):012d}"


def statuses(outlet: Outlet, to: str, way: str, good: str, bad: str) -> Iterator[str]:
    """What is told of a message, in order; nothing of one that is lost."""
    if not outlet.faults.take("lose", to):
        yield way
        yield bad if outlet.faults.take("bounce", to) else good
