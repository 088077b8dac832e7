"""How a request is carried to its service and the answer back."""

import re
import string
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from urllib.parse import quote
from uuid import UUID

import aiohttp
from fastapi import APIRouter, Depends, Request
from opentelemetry.trace import SpanKind
from starlette.responses import Response, StreamingResponse

from gateway.domain import tracking
from gateway.proxy.routes import AT_THE_ROOT, PREFIX, ROUTES, Route
from kit import telemetry
from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.text import Text
from kit.errors import BadRequest, NotFound

SENT_ALONG = (
    "accept", "accept-language", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id",
)  # fmt: skip
"""Request headers that travel to the service; everything else, hop-by-hop and forwarded ones too, stays here."""

SENT_BACK = (
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-length",
    "content-security-policy", "content-type", "etag", "location", "referrer-policy", "retry-after", "vary",
    "www-authenticate", "x-content-type-options",
)  # fmt: skip
"""Response headers that travel back; no service sets a cookie."""

SENT_AT_ONCE = 262_144
"""Answers up to this size are sent whole; larger ones, and those of unknown size, as they come."""

_VALUE = re.compile(r"[ -~]*")
_ROOTS = tuple(path.partition("{")[0] for path in AT_THE_ROOT)
_PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}")
Endpoint = Callable[[Request], Awaitable[Response]]


def router() -> APIRouter:
    """The routes of the table; their documentation is in ``openapi.json``."""
    routes = APIRouter(include_in_schema=False)
    for route in ROUTES:
        routes.add_api_route(
            route.public,
            _endpoint(route),
            methods=[route.method],
            name=f"{route.service} {route.method} {route.path}",
            dependencies=[Depends(allow(*route.who))],
            response_model=None,
        )
    return routes


def _endpoint(route: Route) -> Endpoint:
    async def forward(request: Request) -> Response:
        journey = _journey_in(request.path_params)
        with telemetry.journey_span(f"forward to {route.service}", journey, SpanKind.INTERNAL):
            return await _forward(route, request)

    return forward


async def _forward(route: Route, request: Request) -> Response:
    kit: Kit = request.app.state.kit
    path = service_path(route.path, request.path_params) + _query(request)
    headers = _headers(kit, route, request)
    content = await request.body() or None
    async with AsyncExitStack() as stack:
        exchange = kit.peers.exchange(route.service, route.method, path, headers, content)
        answer = await stack.enter_async_context(exchange)
        back = _headers_back(answer)
        if _is_small(answer):
            return Response(await answer.read(), answer.status, back)
        return StreamingResponse(_chunks(answer, stack.pop_all()), answer.status, back)


def service_path(template: str, parameters: Mapping[str, str]) -> str:
    """Fill the path at the service; NotFound for a parameter that is no plain word, such as ``..``."""
    if not all(_PARAMETER.fullmatch(value) for value in parameters.values()):
        raise NotFound()
    return template.format(**{name: quote(value, safe=":~") for name, value in parameters.items()})


def _query(request: Request) -> str:
    """The query as it was sent; what is not ASCII in it is percent-encoded."""
    query: bytes = request.scope["query_string"]
    return f"?{quote(query, safe=string.punctuation)}" if query else ""


def _journey_in(parameters: Mapping[str, str]) -> UUID | None:
    with suppress(KeyError, ValueError):
        return UUID(parameters["journey_id"])
    return None


def _headers(kit: Kit, route: Route, request: Request) -> dict[str, str]:
    headers = {name: value for name in SENT_ALONG if (value := _header(request, name)) is not None}
    headers["accept-encoding"] = "identity"
    if request.client is not None:
        headers["x-forwarded-for"] = request.client.host
    if authorization := _authorization(kit, route, request):
        headers["authorization"] = authorization
    return headers


def _header(request: Request, name: str) -> str | None:
    """The value of a header; BadRequest when no service could be sent it."""
    value = request.headers.get(name)
    if value is not None and not _VALUE.fullmatch(value):
        raise BadRequest(
            Text(th=f"ส่วนหัว {name} มีอักขระที่ใช้ไม่ได้", en=f"The header {name} has characters that cannot be used")
        )
    return value


def _authorization(kit: Kit, route: Route, request: Request) -> str | None:
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is not None and principal.kind == "holder":
        return f"Bearer {kit.assertions.token_for(route.service, journey=UUID(principal.subject))}"
    given = _header(request, "authorization")
    # The secret of a journey is for the gateway alone, also where nobody asks for it.
    return None if given and given.partition(" ")[0].lower() == tracking.SCHEME else given


def _headers_back(answer: aiohttp.ClientResponse) -> dict[str, str]:
    headers = {name: ", ".join(answer.headers.getall(name)) for name in SENT_BACK if name in answer.headers}
    if "location" in headers:
        headers["location"] = public_location(headers["location"])
    return headers


def _is_small(answer: aiohttp.ClientResponse) -> bool:
    length = answer.headers.get("content-length", "")
    return answer.status in (204, 304) or (length.isdecimal() and int(length) <= SENT_AT_ONCE)


async def _chunks(answer: aiohttp.ClientResponse, exchange: AsyncExitStack) -> AsyncIterator[bytes]:
    async with exchange:
        async for chunk in answer.content.iter_any():
            yield chunk


def public_location(location: str) -> str:
    """Where a service's own path is found here; addresses elsewhere stay as they are."""
    if not location.startswith("/") or location.startswith(("//", f"{PREFIX}/", *_ROOTS)):
        return location
    return PREFIX + location
