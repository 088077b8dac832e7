"""Identity on real servers, with the real ThaiD double on a socket of its own."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from jose import jwt
from sqlalchemy import text

from kit.local.doubles import running
from kit.local.doubles.thaid import create_app
from kit.local.ports import free_port
from kit.testing import AGENCY, Harness, open_harness
from services.identity import commands
from services.identity.domain import Vault
from services.identity.models import METADATA

SOMCHAI, SOMYING, LOW = "1101700000010", "3100100000022", "8101500000048"
REVIEWER, OTHER_REVIEWER, ADMINISTRATOR = "1999900000013", "1999900000021", "1999900000056"
CALLBACK = "http://127.0.0.1:8000/v1/sign-in/callback"
CLIENT = ("paet", "thaid-secret-of-the-tests")


def key() -> str:
    return secrets.token_urlsafe(32)


def thaid_settings(url: str, **change: Any) -> dict[str, Any]:
    return {
        "name": "thaid", "issuer": url, "client_id": CLIENT[0], "client_secret": CLIENT[1],
        "ial": "2.3", "aal": "2.2",
    } | change  # fmt: skip


class ThaiD:
    """The double with its controls, and a browser for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(timeout=10)

    async def misbehave(self, mode: str, **more: Any) -> None:
        answer = await self.http.post(f"{self.url}/_control/misbehave", json={"mode": mode, **more})
        answer.raise_for_status()

    async def behave(self) -> None:
        (await self.http.delete(f"{self.url}/_control/misbehave")).raise_for_status()

    async def rotate(self, **how: Any) -> None:
        (await self.http.post(f"{self.url}/_control/rotate", json=how)).raise_for_status()

    async def visit(self, authorization_url: str, pid: str) -> dict[str, str]:
        """Open the address as that person; returns what comes back in the redirect."""
        chosen = await self.http.post(f"{self.url}/_control/login", json={"pid": pid})
        chosen.raise_for_status()
        answer = await self.http.get(authorization_url)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(f"{CALLBACK}?")
        query = urlsplit(answer.headers["location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}


@pytest.fixture(scope="session")
def thaid_url():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAET_ENVIRONMENT", "development")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        app = create_app(issuer=url, client_id=CLIENT[0], client_secret=CLIENT[1], redirect_uris=[CALLBACK])
    with running(app, port):  # the environment is other tests' again
        yield url


@pytest.fixture
async def thaid(thaid_url):
    double = ThaiD(thaid_url)
    yield double
    await double.behave()
    await double.http.aclose()


@dataclass
class Browser:
    """Somebody who signs in: the client's own PKCE verifier, and the tokens once there are any."""

    harness: Harness
    thaid: ThaiD
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    async def begin(self, purpose: str = "citizen", **more: Any) -> httpx.Response:
        body = {"as": purpose, "provider": "thaid", "code_challenge": self.challenge} | more
        return await self.harness.client.post("/sign-in", json=body)

    async def answer(self, pid: str, purpose: str = "citizen", **more: Any) -> httpx.Response:
        """Begin, go to the provider, come back; the answer of the callback."""
        begun = await self.begin(purpose, **more)
        assert begun.status_code == 201, begun.text
        back = await self.thaid.visit(begun.json()["authorization_url"], pid)
        return await self.harness.client.get("/sign-in/callback", params=back)

    async def token(self, **form: str) -> httpx.Response:
        return await self.harness.client.post("/token", data=form)

    async def redeem(self, code: str, verifier: str | None = None) -> httpx.Response:
        verifier = verifier or self.verifier
        return await self.token(grant_type="authorization_code", code=code, code_verifier=verifier)

    async def refresh(self, token: str | None = None) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token or self.tokens["refresh_token"])

    async def sign_in(self, pid: str, purpose: str = "citizen", **more: Any) -> "Browser":
        answered = await self.answer(pid, purpose, **more)
        assert answered.status_code == 200, answered.text
        response = await self.redeem(answered.json()["code"])
        assert response.status_code == 200, response.text
        self.tokens = response.json()
        return self

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    @property
    def claims(self) -> dict[str, Any]:
        return jwt.get_unverified_claims(self.tokens["access_token"])

    async def me(self) -> httpx.Response:
        return await self.harness.client.get("/me", headers=self.headers)


@pytest.fixture(scope="module")
async def process(servers, thaid_url, tmp_path_factory):
    """One process for the tests of a file, with its first signing key."""
    keys = {"pid_encryption_key": key(), "pid_lookup_key": key()}
    providers = [thaid_settings(thaid_url)]
    folder = tmp_path_factory.mktemp("identity")
    async with open_harness("identity", servers, folder, providers=providers, **keys) as harness:
        (await harness.client.get("/.well-known/jwks.json")).raise_for_status()
        yield harness


@pytest.fixture
async def identity(process):
    """The process with nothing in its tables but the key."""
    yield process
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables if table.name != "signing_key")
    async with process.kit.database.transaction() as session:
        await session.execute(text(f"TRUNCATE {names}"))


@pytest.fixture
def browser(identity, thaid):
    """A new browser each time it is called."""

    def new() -> Browser:
        return Browser(identity, thaid)

    return new


@pytest.fixture
def register(identity):
    """Make somebody an officer, as the command line does."""

    async def officer(pid: str, *roles: str, agency: str = AGENCY):
        vault = identity.kit.resource(Vault)
        async with identity.kit.database.transaction() as session:
            return await commands.ensure_officer(session, vault, pid, agency, roles)

    return officer


@pytest.fixture
async def administrator(register, browser):
    await register(ADMINISTRATOR, "administrator")
    return await browser().sign_in(ADMINISTRATOR, "officer")
