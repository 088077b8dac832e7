"""Calls to other services: own assertion, deadline, and a clear 503 when the other is away."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
from httpx_aiohttp import HttpxAiohttpClient
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, RequestInfo
from opentelemetry.trace import Span

from kit import telemetry
from kit.auth import ServiceAssertions
from kit.contracts.text import Text
from kit.errors import Problem, Unavailable

TIMEOUT = httpx.Timeout(10.0, connect=2.0)


class PeerUnavailable(Unavailable):
    """Another service does not answer now."""

    code = "service-unavailable"
    title = Text(th="บริการปลายทางไม่พร้อมใช้งานชั่วคราว", en="A service needed for this is away for the moment")


class PeerRefused(Problem):
    """Another service refused the call; its own problem is kept."""

    def __init__(self, service: str, status: int, body: Mapping[str, Any]) -> None:
        super().__init__()
        self.service = service
        self.status = status
        self.body = dict(body)
        self.code = str(body.get("type", "")).rpartition(":")[2] or "refused"

    title = Text(th="บริการปลายทางปฏิเสธคำขอ", en="Another service refused")


def open_client(base_url: str = "", timeout: httpx.Timeout = TIMEOUT) -> httpx.AsyncClient:
    """An httpx client over the aiohttp transport (a third of the cost), instrumented on its own.

    Global instrumentation sends no ``traceparent`` over this transport.
    """
    client: httpx.AsyncClient = HttpxAiohttpClient(base_url=base_url, timeout=timeout)
    HTTPXClientInstrumentor.instrument_client(client, tracer_provider=telemetry.provider(), request_hook=_without_query)
    return client


async def _without_query(span: Span, request: RequestInfo) -> None:
    """A query may hold what people typed, or a one-time code: it stays out of the trace."""
    if span.is_recording():
        for name in ("http.url", "url.full"):
            span.set_attribute(name, str(request.url).partition("?")[0])


class Peers:
    """The other services, by name."""

    def __init__(self, urls: Mapping[str, str], assertions: ServiceAssertions) -> None:
        self._urls = dict(urls)
        self._assertions = assertions
        self._clients: dict[str, httpx.AsyncClient] = {}

    def client(self, service: str) -> httpx.AsyncClient:
        """The client of one service; kept open."""
        if service not in self._clients:
            self._clients[service] = open_client(self._urls[service])
        return self._clients[service]

    async def request(
        self, service: str, method: str, path: str, *, authorization: str | None = None, **kwargs: Any
    ) -> httpx.Response:
        """Send a request as this service; PeerUnavailable when there is no answer."""
        headers = dict(kwargs.pop("headers", None) or {})
        headers["Authorization"] = authorization or f"Bearer {self._assertions.token_for(service)}"
        try:
            return await self.client(service).request(method, path, headers=headers, **kwargs)
        except (httpx.HTTPError, OSError) as error:
            raise PeerUnavailable(retry_after=2) from error

    async def call(self, service: str, method: str, path: str, **kwargs: Any) -> Any:
        """Send a request and return the JSON answer; PeerRefused for 4xx, PeerUnavailable for 5xx."""
        response = await self.request(service, method, path, **kwargs)
        if response.status_code >= 500:
            raise PeerUnavailable(retry_after=2)
        if response.status_code >= 400:
            raise PeerRefused(service, response.status_code, _json_or_empty(response))
        return response.json() if response.content else None

    async def get(self, service: str, path: str, **kwargs: Any) -> Any:
        """GET and return JSON."""
        return await self.call(service, "GET", path, **kwargs)

    async def post(self, service: str, path: str, **kwargs: Any) -> Any:
        """POST and return JSON."""
        return await self.call(service, "POST", path, **kwargs)

    async def claim(self, owner: str, name: str, ids: Sequence[UUID]) -> dict[str, Any]:
        """Ask a claim about ids; keyed by id."""
        body = {"ids": [str(each) for each in ids]}
        answer: dict[str, Any] = await self.post(owner, f"/internal/claims/{name}", json=body)
        return answer["items"]

    async def close(self) -> None:
        """Close all clients."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


def _json_or_empty(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
