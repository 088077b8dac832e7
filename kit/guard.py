"""Stands around an application: bounds request bodies and turns the unexpected into a problem.

Of something unexpected the caller sees an incident number, the log the place.
"""

import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.stdlib import get_logger

from kit.contracts.text import Text
from kit.errors import Problem, TooLarge

FRAMES = 12

log = get_logger("paet.problems")


class Guard:
    """Pure ASGI: bounds the body, also where its length is not declared, and catches the unexpected."""

    def __init__(
        self,
        app: ASGIApp,
        respond: Callable[[Problem, Scope], ASGIApp],
        max_body: int,
        larger: Mapping[str, int],
    ) -> None:
        self.app = app
        self.respond = respond
        self.max_body = max_body
        self.larger = [(re.compile(pattern), limit) for pattern, limit in larger.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; nothing but a broken connection leaves it as an exception."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._limit(scope["path"]))
        try:
            await exchange.run(self.app)
        except Exception as error:
            if exchange.is_started:
                _log(error, None, scope)
                raise
            response = self.respond(exchange.problem or _unexpected(error, scope), scope)
            await response(scope, receive, send)

    def _limit(self, path: str) -> int:
        return next((limit for pattern, limit in self.larger if pattern.fullmatch(path)), self.max_body)


class _Exchange:
    """One request and its answer; a body over the limit makes it 413, whatever the application says."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0
        self.is_started = False
        self.problem: TooLarge | None = None

    async def run(self, app: ASGIApp) -> None:
        """Run the application; TooLarge when the body is, declared or counted."""
        declared = Headers(scope=self.scope).get("content-length", "0")
        if declared.isdecimal():
            self._count(int(declared[:20]))
        self._size = 0
        await app(self.scope, self.receive, self.send)
        if self.problem is not None and not self.is_started:
            raise self.problem

    async def receive(self) -> Message:
        """Pass the body on while it is within the limit."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on, unless it must be 413."""
        if self.problem is not None and not self.is_started:
            raise self.problem
        self.is_started = True
        await self._send(message)

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > self._limit:
            self.problem = TooLarge(max_bytes=self._limit)
            raise self.problem


def _unexpected(error: Exception, scope: Scope) -> Problem:
    incident = uuid4().hex
    _log(error, incident, scope)
    return Problem(
        Text(th=f"โปรดแจ้งหมายเลขเหตุการณ์ {incident}", en=f"Please quote incident {incident}"),
        incident=incident,
    )


def _log(error: Exception, incident: str | None, scope: Scope) -> None:
    """Log kinds and places, not words: an exception's text may quote personal data. DEBUG logs it whole."""
    whole = {"exc_info": error} if logging.getLogger("paet").isEnabledFor(logging.DEBUG) else {}
    chain = [
        {"type": f"{type(each).__module__}.{type(each).__qualname__}", "at": _places(each)} for each in _chain(error)
    ]
    log.error("unexpected", incident=incident, method=scope["method"], path=scope["path"], chain=chain, **whole)


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or each.__context__


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
