"""Stands around an application: bounds request bodies, refuses U+0000, turns the unexpected into a problem.

Of something unexpected the caller sees an incident number, the log the place.
"""

import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, NoReturn
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.stdlib import get_logger

from kit.contracts.text import Text
from kit.errors import Problem, TooLarge, Unprocessable

FRAMES = 12

log = get_logger("paet.problems")


class NullCharacter(Unprocessable):
    """U+0000 in a path, a query, JSON or a form: PostgreSQL cannot store it, and nobody can type it."""

    code = "null-character"
    title = Text(th="ข้อมูลมีอักขระว่าง (U+0000) ซึ่งใช้ไม่ได้", en="The null character (U+0000) cannot be used")


class _NullFinder:
    """Looks for U+0000 in the pieces of a body of text, as it is or escaped."""

    # An escaped backslash before u0000 makes it plain text.
    PATTERNS: ClassVar[Mapping[str, re.Pattern[bytes]]] = {
        "json": re.compile(rb"\0|(?<!\\)(?:\\\\)*\\u0000"),
        "x-www-form-urlencoded": re.compile(rb"\0|%00"),
    }
    BEGUN = re.compile(rb"(?<!\\)(?P<slashes>\\++)(?P<json>u0{0,3})?\Z|(?P<form>%0?)\Z")

    def __init__(self, content_type: str) -> None:
        kind = content_type.partition(";")[0].strip().lower().rpartition("/")[2].rpartition("+")[2]
        self._pattern = self.PATTERNS.get(kind)
        self._begun = b""

    def finds(self, piece: bytes) -> bool:
        """Whether the character stands in this piece, or across its beginning."""
        if self._pattern is None:
            return False
        text = self._begun + piece
        self._begun = self._begun_in(text)
        return self._pattern.search(text) is not None

    def _begun_in(self, text: bytes) -> bytes:
        """What the next piece could complete. Of many backslashes it matters only whether one is left over."""
        found = self.BEGUN.search(text)
        if found is None:
            return b""
        if found["form"]:
            return found["form"]
        return b"\\" + (found["json"] or b"") if len(found["slashes"]) % 2 else b""


class Guard:
    """Pure ASGI: bounds the body, also where its length is not declared, and catches what should not be."""

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
    """One request and its answer; what is wrong with the request makes it a problem, whatever the application says."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0
        self.is_started = False
        self.problem: Problem | None = None

    async def run(self, app: ASGIApp) -> None:
        """Run the application; TooLarge when the body is, declared or counted, NullCharacter when one came."""
        if "\0" in self.scope["path"] or b"%00" in self.scope["query_string"]:
            self._refuse(NullCharacter())
        headers = Headers(scope=self.scope)
        self._nulls = _NullFinder(headers.get("content-type", ""))
        declared = headers.get("content-length", "0")
        if declared.isdecimal():
            self._count(int(declared[:20]))
        self._size = 0
        await app(self.scope, self.receive, self.send)
        if self.problem is not None and not self.is_started:
            raise self.problem

    async def receive(self) -> Message:
        """Pass the body on while it is within the limit and holds no null character."""
        message = await self._receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")
            self._count(len(body))
            if self._nulls.finds(body):
                self._refuse(NullCharacter())
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on, unless the request has turned out to be wrong."""
        if self.problem is not None and not self.is_started:
            raise self.problem
        self.is_started = True
        await self._send(message)

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > self._limit:
            self._refuse(TooLarge(max_bytes=self._limit))

    def _refuse(self, problem: Problem) -> NoReturn:
        self.problem = problem
        raise problem


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
