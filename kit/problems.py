"""Renders problems as ``application/problem+json``.

Whatever goes wrong in an application leaves it as a problem: its own, a validation fault, an address that
does not exist, a body over the limit, or something unexpected (the last two by `kit.guard`).
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from kit import errors
from kit.contracts.text import Text
from kit.errors import Problem, Unprocessable, language_of, problem_body
from kit.faults import request_errors
from kit.guard import Guard

MEDIA_TYPE = "application/problem+json"
MAX_BODY = 1_048_576
MAX_FILE = 16_777_216
"""For paths that take a whole file as their body."""

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
    # A slash too many is not found: the redirect would name the host that the caller claims to have asked.
    app.router.redirect_slashes = False
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(Guard, respond=response_for, max_body=max_body, larger=larger or {})


def response_for(problem: Problem, scope: Scope) -> Response:
    """Write the problem in the language that the request prefers."""
    language = language_of(Headers(scope=scope).get("accept-language"))
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    elif problem.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = "5"
    body = problem_body(problem, language, instance=quote(scope["path"]))
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
