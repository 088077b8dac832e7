"""Renders problems as ``application/problem+json`` and keeps oversize bodies out.

Whatever goes wrong in an application leaves it as a problem: its own, a validation fault, an address that does
not exist, or something unexpected, of which the caller sees an incident number and the log the place.
"""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.stdlib import get_logger

from kit import errors
from kit.contracts.text import Text
from kit.errors import Problem, TooLarge, Unprocessable, language_of, problem_body
from kit.faults import request_errors

MEDIA_TYPE = "application/problem+json"
MAX_BODY = 1_048_576
FRAMES = 12

log = get_logger("paet.problems")

_BY_STATUS: dict[int, type[Problem]] = {
    each.status: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, Problem) and "status" in vars(each)
}
_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:paet:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "code", "detail"],
                "properties": {
                    "in": {"enum": ["body", "query", "path", "header", "cookie"]},
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "Problem (RFC 9457), in the language of Accept-Language",
        "content": {MEDIA_TYPE: {"schema": _SCHEMA}},
    }
    for status in ("4XX", "5XX")
}
"""For ``FastAPI(responses=RESPONSES)``: what every route may answer, in OpenAPI."""


def install(app: FastAPI, max_body: int = MAX_BODY, larger: Mapping[str, int] | None = None) -> None:
    """Make the application answer every fault with a problem and refuse bodies over `max_body` bytes.

    `larger` gives other limits to paths: a regular expression that matches the whole path → bytes.
    """
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(Guard, max_body=max_body, larger=larger or {})


def response_for(problem: Problem, scope: Scope) -> Response:
    """Write the problem in the language that the request prefers."""
    language = language_of(Headers(scope=scope).get("accept-language"))
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    elif problem.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = "5"
    body = problem_body(problem, language, instance=scope["path"])
    return Response(to_json(body), problem.status, headers | problem.headers, MEDIA_TYPE)


async def _on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - what it is registered for
    return response_for(problem, request.scope)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    return response_for(_invalid(error), request.scope)


def _invalid(error: RequestValidationError) -> Problem:
    faults = error.errors()
    if faults[0]["type"] == "json_invalid":
        at = faults[0]["loc"][-1]
        return errors.BadRequest(Text(th=f"อ่าน JSON ไม่ได้ที่อักขระที่ {at}", en=f"No JSON from character {at} on"))
    if isinstance(error.body, bytes):
        return errors.UnsupportedMediaType(Text(th="โปรดส่งเป็น application/json", en="Send application/json"))
    return Unprocessable(errors=request_errors(faults, error.body))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    if error.status_code < HTTPStatus.BAD_REQUEST:
        return Response(status_code=error.status_code, headers=error.headers)
    return response_for(_of_status(error.status_code, error.headers), request.scope)


def _of_status(status: int, headers: Mapping[str, str] | None) -> Problem:
    if status in _BY_STATUS:
        return _BY_STATUS[status](headers=headers)
    problem = Problem(headers=headers)
    problem.status = status
    phrase = HTTPStatus(status).phrase
    problem.code = re.sub(r"[^a-z]+", "-", phrase.lower()).strip("-")
    problem.title = Text(th="ไม่สามารถดำเนินการตามคำขอได้", en=phrase)
    return problem


class Guard:
    """Pure ASGI: bounds the body, also where its length is not declared, and catches the unexpected."""

    def __init__(self, app: ASGIApp, max_body: int, larger: Mapping[str, int]) -> None:
        self.app = app
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
            await response_for(exchange.problem or _unexpected(error, scope), scope)(scope, receive, send)

    def _limit(self, path: str) -> int:
        return next((limit for pattern, limit in self.larger if pattern.fullmatch(path)), self.max_body)


class _Exchange:
    """One request and its answer. Once the body is over the limit the answer is 413, whatever the app says."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0
        self.is_started = False
        self.problem: TooLarge | None = None

    async def run(self, app: ASGIApp) -> None:
        self._count(int(Headers(scope=self.scope).get("content-length", "0")))
        self._size = 0
        await app(self.scope, self.receive, self.send)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
        return message

    async def send(self, message: Message) -> None:
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
        {"type": f"{type(each).__module__}.{type(each).__qualname__}", "at": _places(each)}
        for each in _chain(error)
    ]
    log.error(
        "unexpected", incident=incident, method=scope["method"], path=scope["path"], chain=chain, **whole
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or each.__context__


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
