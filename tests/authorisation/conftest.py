"""Every process with the settings it needs, on real servers; one at a time."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from kit.auth import Jwks, load_private
from kit.clients import Peers
from kit.contracts.journey import Process
from kit.testing import Harness, open_harness
from tests.authorisation.matrix import PARTS
from tests.delivery.conftest import BOOK
from tests.gateway.serving import served
from tests.gateway.test_proxy import echo


def key() -> str:
    """32 random bytes as base64url."""
    return secrets.token_urlsafe(32)


SETTINGS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "identity": lambda: {"pid_encryption_key": key(), "pid_lookup_key": key()},
    "approval": lambda: {"officer_key_encryption_key": key()},
    "payment": lambda: {
        "bank_url": "http://127.0.0.1:9",
        "bank_api_key": "k",
        "bank_api_secret": "s",
        "card_url": "http://127.0.0.1:9",
        "card_secret_key": "k",
        "card_webhook_secret": "s",
    },
    "delivery": lambda: {
        "smtp_port": 9,
        "smtp_tls": False,
        "evidence_key": key(),
        "pickup": True,
        "smtp_report_secret": "s",
        "saraban_book": BOOK,
    },
}
"""Beside what every service needs. Bank and mail server are away, and nobody here needs them."""


@asynccontextmanager
async def process(name: str, servers: Any, folder: Any) -> AsyncIterator[Harness]:
    """One process; identity believes the tokens of the tests, as the others do."""
    more = SETTINGS.get(name, dict)()
    async with open_harness(name, servers, folder, **more) as harness:
        keys = Jwks([load_private(servers.keys["identity"]).public_key()])

        async def jwks() -> dict[str, Any]:
            return keys.as_dict()

        if name == "identity":
            harness.kit.use_jwks(jwks)
        yield harness


@pytest.fixture(scope="module", params=PARTS)
async def part(request, servers, tmp_path_factory):
    """Each process in turn; behind the gateway stand services that answer anything."""
    name = request.param
    async with AsyncExitStack() as stack:
        harness = await stack.enter_async_context(process(name, servers, tmp_path_factory.mktemp(name)))
        if name == "gateway":
            url = await stack.enter_async_context(served(echo()))
            peers = Peers(dict.fromkeys(Process, url), harness.kit.assertions)
            stack.push_async_callback(peers.close)
            harness.kit.use_peers(peers)
        yield harness
