"""JSON over HTTPS to a provider, and its signature on what it calls back with.

aiohttp itself: one call of a provider's interface does not pay for its SDK, nor for httpx.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from kit import telemetry
from kit.clients import Answer
from services.delivery.channels import Busy
from services.delivery.domain.reports import MalformedReport, Report, SignatureRefused, Told

TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=3.0)
LARGEST_ANSWER = 65_536
LONGEST_PAUSE = 86_400
TROUBLES = frozenset({401, 403, 404, 405, 408, 425, 429})
"""What says nothing of the address: a token or a URL that is wrong until it is put right, haste until it is over."""


class Provider:
    """The interface of one provider; opened at the first call."""

    def __init__(self, name: str, url: str, token: str) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._token = token
        self._client: aiohttp.ClientSession | None = None

    async def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[Answer, Mapping[str, str]]:
        """Post and read the answer with its headers; Busy when there is none, or 5xx, or 4xx of the TROUBLES."""
        with telemetry.client_span(f"POST {self.name}") as carried:
            sent = {"Authorization": f"Bearer {self._token}", **headers, **carried}
            try:
                async with self._open().post(
                    f"{self._url}{path}", json=body, headers=sent, allow_redirects=False
                ) as answer:
                    content = await _read(answer)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Busy(f"{self.name} is away") from error
        if answer.status >= 500 or answer.status in TROUBLES or 300 <= answer.status < 400:
            raise Busy(f"{self.name} answered {answer.status}", _pause(answer.headers.get("Retry-After")))
        return Answer(answer.status, content), {name.lower(): value for name, value in answer.headers.items()}

    def _open(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), proxy=_proxy_to(self._url)
            )
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The answer to its end; of a large one the beginning."""
    content = b""
    async for chunk in answer.content.iter_chunked(LARGEST_ANSWER):
        content += chunk
        if len(content) >= LARGEST_ANSWER:
            break
    return content


def _pause(retry_after: str | None) -> timedelta | None:
    if retry_after is None or not retry_after.isascii() or not retry_after.isdecimal() or len(retry_after) > 9:
        return None
    return timedelta(seconds=min(int(retry_after), LONGEST_PAUSE))


def _proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address."""
    parts, proxies = urlsplit(url), getproxies()
    return None if proxy_bypass(parts.hostname or "") else proxies.get(parts.scheme) or proxies.get("all")


def word(answer: Answer, *names: str) -> str | None:
    """A short text of an answer by one of these names; None when there is none."""
    try:
        body = answer.json()
    except ValueError:
        return None
    found = next((body[name] for name in names if isinstance(body, dict) and name in body), None)
    return str(found)[:100] if isinstance(found, (str, int)) else None


def require_signature(secret: str, body: bytes, given: str | None) -> None:
    """SignatureRefused unless ``given`` is ``sha256=`` and the HMAC-SHA256 of the body in hexadecimal."""
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if given is None or not hmac.compare_digest(wanted.encode(), given.encode()):
        raise SignatureRefused


def members(body: bytes, *names: str) -> dict[str, str]:
    """Short texts of a signed JSON object; MalformedReport when one of them is absent or no short text."""
    try:
        said = json.loads(body)
        found = {name: said[name] for name in names}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedReport from error
    if not all(is_plain(value) for value in found.values()):
        raise MalformedReport
    return found


def is_plain(value: object) -> bool:
    """Whether something is a short text of plain characters, that can be kept."""
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isascii() and value.isprintable()


def report_of(body: bytes, number: str, states: Mapping[str, Told], proof: str) -> Report:
    """A signed report; ``number`` names the member with the provider's own number of the message."""
    said = members(body, "event_id", number, "reference", "status", "at")
    told = states.get(said["status"], Told.NOTED)
    return Report(
        told, said["status"][:40], said["event_id"], moment(said["at"]), key=said["reference"],
        provider_id=said[number], proof=proof,
    )  # fmt: skip


def moment(text: str) -> datetime:
    """A time with its zone; MalformedReport for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedReport from error
    if found.tzinfo is None or not 2000 <= found.year < 2200:
        raise MalformedReport
    return found
