"""How a request is carried to its service and the answer back."""

import re
import string
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from urllib.parse import quote
from uuid import UUID

import aiohttp
from fastapi import Request
from starlette.responses import Response, StreamingResponse

from gateway.domain import tracking
from gateway.proxy.routes import AT_THE_ROOT, PREFIX, Route
from kit.app import Kit
from kit.auth import Principal
from kit.contracts.text import Text
from kit.errors import BadRequest, NotFound

SENT_ALONG = (
    b"accept", b"accept-language", b"content-type", b"idempotency-key", b"if-match", b"if-none-match", b"last-event-id",
    b"webhook-id", b"webhook-timestamp", b"webhook-signature",
    b"x-line-signature", b"x-signature",
)  # fmt: skip
"""Request headers that travel to the service; everything else, hop-by-hop and forwarded ones too, stays here."""

SENT_BACK = frozenset({
    b"cache-control", b"content-disposition", b"content-encoding", b"content-language", b"content-length",
    b"content-security-policy", b"content-type", b"etag", b"location", b"paet-document-status", b"referrer-policy",
    b"retry-after", b"vary", b"www-authenticate", b"x-content-type-options",
})  # fmt: skip
"""Response headers that travel back; no service sets a cookie."""

SENT_AT_ONCE = 262_144
"""Answers up to this size are sent whole; larger ones, and those of unknown size, as they come."""

_VALUE = re.compile(rb"[ -~]*")
_ROOTS = tuple(path.partition("{")[0] for path in AT_THE_ROOT)
_PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}")


async def forward(route: Route, request: Request) -> Response:
    """Carry a request to its service, and give the answer that goes back; BadRequest, NotFound, PeerUnavailable."""
    kit: Kit = request.app.state.kit
    path = service_path(route.path, request.path_params) + _query(request)
    headers = _headers(kit, route, request)
    content = await request.body() or None
    async with AsyncExitStack() as stack:
        journey = _journey_in(request.path_params)
        exchange = kit.peers.exchange(route.service, route.method, path, headers, content, journey=journey)
        answer = await stack.enter_async_context(exchange)
        back = _headers_back(answer)
        if _is_small(answer):
            return _with(back, Response(await answer.read(), answer.status))
        return _with(back, StreamingResponse(_chunks(answer, stack.pop_all()), answer.status))


def _with(headers: list[tuple[bytes, bytes]], response: Response) -> Response:
    """The response with these headers and no others."""
    response.raw_headers = headers
    return response


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
    given = dict(reversed(request.headers.raw))  # where one stands twice the first counts
    headers = {name.decode(): _text(name, given[name]) for name in SENT_ALONG if name in given}
    headers["accept-encoding"] = "identity"
    if request.client is not None:
        headers["x-forwarded-for"] = request.client.host
    if authorization := _authorization(kit, route, request, given.get(b"authorization")):
        headers["authorization"] = authorization
    return headers


def _text(name: bytes, value: bytes) -> str:
    """The value of a header; BadRequest when no service could be sent it."""
    if not _VALUE.fullmatch(value):
        said = name.decode()
        raise BadRequest(
            Text(th=f"ส่วนหัว {said} มีอักขระที่ใช้ไม่ได้", en=f"The header {said} has characters that cannot be used")
        )
    return value.decode()


def _authorization(kit: Kit, route: Route, request: Request, given: bytes | None) -> str | None:
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is not None and principal.kind == "holder":
        return f"Bearer {kit.assertions.token_for(route.service, journey=UUID(principal.subject))}"
    said = _text(b"authorization", given) if given else None
    # The secret of a journey is for the gateway alone, also where nobody asks for it.
    return None if said and said.partition(" ")[0].lower() == tracking.SCHEME else said


def _headers_back(answer: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    headers = [(name.lower(), value) for name, value in answer.raw_headers]
    return [(name, _back(name, value)) for name, value in headers if name in SENT_BACK]


def _back(name: bytes, value: bytes) -> bytes:
    return public_location(value.decode("latin-1")).encode("latin-1") if name == b"location" else value


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
