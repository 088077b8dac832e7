"""The nine applications on real databases, as processes that serve HTTP only: what changes, a call has changed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from kit.auth import Jwks, load_private
from kit.clients import Peers
from kit.testing import Harness, open_harness
from kit.testing.servers import Servers
from services.payment.providers.card import Cards
from tests.authorisation.conftest import SETTINGS
from tests.fuzz.standing import Standing, standing_of
from tests.fuzz.stored import Ledger, Stored
from tests.gateway.serving import served
from tests.identity.conftest import ThaiD, thaid_settings
from tests.payment.till import Gateway

SECONDS = 60.0


@dataclass(frozen=True)
class Part:
    """One application, what stands in it, and what it has stored."""

    harness: Harness
    standing: Standing
    stored: Stored

    @property
    def name(self) -> str:
        """Of the service, or ``gateway``."""
        return self.harness.service


def _settings(name: str, thaid: ThaiD) -> dict[str, Any]:
    chosen = SETTINGS.get(name, dict)()
    if name == "identity":  # as long as it may be: a run takes its time
        chosen |= {"providers": [thaid_settings(thaid.url)], "sign_in_seconds": 3600, "code_seconds": 600}
    return chosen


@asynccontextmanager
async def part(name: str, servers: Servers, folder: Path, thaid: ThaiD) -> AsyncIterator[Part]:
    """Everything is made by the whole process; then a process without background work takes its place."""
    package = "gateway" if name == "gateway" else f"services.{name}"
    database = await servers.new_database(package)
    settings = _settings(name, thaid) | {"database": database}
    try:
        async with open_harness(name, servers, folder, **settings) as whole:
            _believe_the_tests(whole)
            standing = await standing_of(whole, thaid)
        async with open_harness(name, servers, folder, role="api", **settings) as harness:
            _believe_the_tests(harness)
            if name == "payment":
                harness.kit.provide(Gateway(), Cards)
            harness.kit.use_peers(whole.peers)
            harness.peers = whole.peers
            stored = await Stored.of(servers.url_of(database), folder)
            yield Part(harness, standing, stored)
            await stored.close()
    finally:
        await servers.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


def _believe_the_tests(harness: Harness) -> None:
    """Identity believes the tokens of the tests, as the others do."""
    if harness.service != "identity":
        return
    key = load_private(harness.servers.keys["identity"]).public_key()

    async def jwks() -> dict[str, Any]:
        return Jwks([key]).as_dict()

    harness.kit.use_jwks(jwks)


class Patient(Peers):
    """Waits for a service as long as a busy machine may take: a 503 is not what is tried here."""

    def client(self, service: str) -> httpx.AsyncClient:
        """The client of one service."""
        found = super().client(service)
        found.timeout = httpx.Timeout(SECONDS)
        return found


@asynccontextmanager
async def behind(gateway: Part, services: Mapping[str, Part]) -> AsyncIterator[None]:
    """The gateway reaches the real services over HTTP."""
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(served(each.harness.app)) for name, each in services.items()}
        peers = Patient(urls, gateway.harness.kit.assertions)
        stack.push_async_callback(peers.close)
        gateway.harness.kit.use_peers(peers)
        yield


async def ledger_of(*parts: Part) -> Ledger:
    """Watch what these parts store."""
    ledger = Ledger({each.name: each.stored for each in parts})
    await ledger.start()
    return ledger
