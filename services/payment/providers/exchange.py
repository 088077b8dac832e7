"""HTTP with a provider: aiohttp itself, since every payment is asked about here.

httpx above it costs three times as much.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from kit import telemetry
from kit.clients import Answer

TIMEOUT = aiohttp.ClientTimeout(total=15.0, sock_connect=3.0)


class Exchange:
    """One provider's address, and the connection to it; follows no redirect and keeps no cookie."""

    def __init__(self, name: str, url: str, **options: Any) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._client = aiohttp.ClientSession(
            timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), proxy=_proxy_to(url), **options
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def send(self, method: str, path: str, headers: Mapping[str, str], **rest: Any) -> Answer:
        """Ask, and read the whole answer; ConnectionError when none comes."""
        with telemetry.client_span(f"{method} {self._name}") as carried:
            try:
                async with self._client.request(
                    method, f"{self._url}{path}", headers={**headers, **carried}, allow_redirects=False, **rest
                ) as answer:
                    return Answer(answer.status, await answer.read())
            except (aiohttp.ClientError, TimeoutError) as error:
                msg = f"{self._name} is away"
                raise ConnectionError(msg) from error


def _proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address, as httpx would find it; looked up once."""
    parts, proxies = urlsplit(url), getproxies()
    return None if proxy_bypass(parts.hostname or "") else proxies.get(parts.scheme) or proxies.get("all")
