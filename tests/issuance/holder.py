"""A wallet of our own for the tests: honest unless it is told otherwise."""

import base64
import json
import zlib
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws
from sqlalchemy import select, update

from kit.auth import jwk_of
from kit.clock import clock
from kit.testing import AGENCY
from services.issuance.models import Document
from tests.issuance.conftest import PERSON

ISSUER = f"http://127.0.0.1:8000/issuers/{AGENCY}"
BASE = f"/issuers/{AGENCY}"
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


class Holder:
    """Somebody's wallet with one key."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.jwk = jwk_of(self.key)

    async def token(self, offered: dict[str, Any], base: str = BASE, **form: str) -> Any:
        """Exchange an offer."""
        code = offered["offer"]["grants"][GRANT]["pre-authorized_code"]
        said = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": offered["tx_code"]} | form
        return await self.client.post(f"{base}/token", data={key: value for key, value in said.items() if value})

    async def nonce(self, base: str = BASE) -> str:
        """A nonce of the issuer."""
        nonce: str = (await self.client.post(f"{base}/nonce")).json()["c_nonce"]
        return nonce

    def proof(self, nonce: str | None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A proof; what is given takes the place of what is right, None leaves it out."""
        body = {"aud": ISSUER, "iat": int(clock.now().timestamp()), "nonce": nonce} | claims
        body = {name: value for name, value in body.items() if value is not None}
        headers = {"typ": "openid4vci-proof+jwt", "jwk": self.jwk} | (header or {})
        headers = {name: value for name, value in headers.items() if value is not None}
        return str(jws.sign(body, self.key, headers=headers, algorithm="ES256"))

    async def ask(self, token: str, proof: str, base: str = BASE, **asked: Any) -> Any:
        """Ask for the credential."""
        body = {"credential_configuration_id": "test-licence", "proofs": {"jwt": [proof]}} | asked
        body = {name: value for name, value in body.items() if value is not None}
        return await self.client.post(f"{base}/credential", json=body, headers={"Authorization": f"Bearer {token}"})

    async def credential(self, offered: dict[str, Any]) -> dict[str, Any]:
        """The whole way; the claims of what is got."""
        token = (await self.token(offered)).json()["access_token"]
        answer = await self.ask(token, self.proof(await self.nonce()))
        assert answer.status_code == 200, answer.text
        claims: dict[str, Any] = claims_of(answer)
        return claims


async def offered(desk: Any, person: UUID = PERSON) -> Any:
    """An offer of the desk's document."""
    path = f"/journeys/{desk.event.journey}/credential-offers"
    answer = await desk.client.post(path, headers=desk.harness.citizen(person))
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def granted(desk: Any, holder: Holder) -> str:
    """An access token for the desk's document."""
    token: str = (await holder.token(await offered(desk))).json()["access_token"]
    return token


async def change(desk: Any, **values: Any) -> None:
    """Something is done to the desk's document, by whatever act."""
    async with desk.kit.database.engine.begin() as connection:
        await connection.execute(update(Document).where(Document.id == desk.row["id"]).values(**values))


async def count(desk: Any, table: Any) -> int:
    """Rows in a table."""
    return len(await desk.harness.rows(select(table)))


def claims_of(answer: Any) -> Any:
    """What stands open in the credential of an answer."""
    return decoded(answer.json()["credentials"][0]["credential"].split(".")[1])


def opened(answer: Any) -> dict[str, Any]:
    """What the disclosures say, by name."""
    disclosures = answer.json()["credentials"][0]["credential"].split("~")[1:-1]
    return {name: value for _, name, value in map(decoded, disclosures)}


def value_at(token: str, place: int) -> int:
    """The two bits of a place in a status list token."""
    packed = decoded(token.split(".")[1])["status_list"]
    raw = zlib.decompress(base64.urlsafe_b64decode(packed["lst"] + "=="))
    return raw[place // 4] >> place % 4 * 2 & 3
