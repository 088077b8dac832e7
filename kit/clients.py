"""Calls to other services: own assertion, deadline, and a clear 503 when the other is away."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
from pydantic_core import to_json
from yarl import URL

from kit import telemetry
from kit.auth import ServiceAssertions
from kit.contracts.text import Text
from kit.errors import Problem, Unavailable

SECONDS = 10.0
DEADLINES = aiohttp.ClientTimeout(total=None, sock_connect=2.0, sock_read=SECONDS)
"""Of one step each: a large answer may take longer in all, for whoever receives it may be slow."""
LANES = 256
"""Connections to one service at the most; who comes after waits, within the deadline."""


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


@dataclass(frozen=True)
class Answer:
    """What another service answered, read to its end."""

    status: int
    content: bytes

    def json(self) -> Any:
        """The content as JSON; ValueError when it is none."""
        return json.loads(self.content)


AT_ONCE = 1_048_576
"""Bodies up to this size are sent in one piece."""


class Peers:
    """The other services, by name: one pool of kept connections, aiohttp itself, since every hop of a journey is here.

    httpx above it would cost as much again (docs/adr/0017).
    """

    def __init__(self, urls: Mapping[str, str], assertions: ServiceAssertions) -> None:
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._assertions = assertions
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def exchange(
        self,
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        seconds: float | None = None,
        journey: UUID | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request as it stands and give the answer while it comes; PeerUnavailable when there is none.

        ``path`` is already encoded, with its query. ``seconds`` bound the whole exchange. ``journey``: in whose trace.
        """
        url = URL(f"{self._urls[service]}{path}", encoded=True)
        # What is large goes in pieces, between which others have their turn.
        data = io.BytesIO(content) if content is not None and len(content) > AT_ONCE else content
        with telemetry.client_span(f"{method} {service}", journey) as carried:
            sent = {**headers, **carried}
            try:
                async with (
                    asyncio.timeout(seconds),
                    self._open().request(method, url, headers=sent, data=data, allow_redirects=False) as answer,
                ):
                    yield answer
            except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
                raise PeerUnavailable(retry_after=2) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=LANES),
                timeout=DEADLINES,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Content-Type"),
                auto_decompress=False,
            )
        return self._session

    async def request(
        self, service: str, method: str, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request as this service; PeerUnavailable when there is no answer."""
        content = None if json is None else to_json(json)
        sent = {
            "Authorization": f"Bearer {self._assertions.token_for(service)}",
            "Accept-Encoding": "identity",
            **({"Content-Type": "application/json"} if content is not None else {}),
            **(headers or {}),
        }
        async with self.exchange(service, method, path, sent, content, SECONDS) as answer:
            return Answer(answer.status, await answer.read())

    async def call(self, service: str, method: str, path: str, **kwargs: Any) -> Any:
        """Send a request and return the JSON answer; PeerRefused for 4xx, PeerUnavailable for 5xx."""
        answer = await self.request(service, method, path, **kwargs)
        if answer.status >= 500:
            raise PeerUnavailable(retry_after=2)
        if answer.status >= 400:
            raise PeerRefused(service, answer.status, _json_or_empty(answer))
        return answer.json() if answer.content else None

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
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _json_or_empty(answer: Answer) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
