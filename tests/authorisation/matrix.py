"""The authorisation matrix: rows of data, the callers, and what each must meet."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
import yaml
from pydantic import BaseModel, ConfigDict

from kit.auth import endpoints_of
from kit.contracts.journey import Process
from kit.testing import Harness

FOLDER = Path(__file__).parent
PARTS = ("gateway", *(process.value for process in Process))
OTHER_AGENCY = "12007000"
ROLES = ("reviewer", "approver", "cashier", "counter", "publisher", "administrator")
SCOPES = ("definitions.publish", "events.read")
OPEN = {"/livez", "/readyz", "/metrics", "/openapi.json"}
"""What a process shows of itself; nothing of it is anybody's."""


class Row(BaseModel):
    """One endpoint: whom the code admits, and whether it shows only one's own, or one's agency's, things."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    allow: frozenset[str]
    owner: bool
    agency: bool
    service: str | None = None
    """At the gateway: the service to which it is forwarded, and which judges ownership and agency."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def rows_of(part: str) -> list[Row]:
    """The rows of a service, or of the gateway."""
    return [Row(**row) for row in yaml.safe_load((FOLDER / f"{part}.yaml").read_text(encoding="utf-8"))]


def code_of(harness: Harness) -> dict[tuple[str, str], frozenset[str] | None]:
    """What the application admits, by method and path."""
    return {(each.method, each.path): each.allowed for each in endpoints_of(harness.app) if each.path not in OPEN}


def callers(harness: Harness) -> dict[str, dict[str, str]]:
    """Headers of every kind of caller. Before a slash: the word of `allow` that admits it."""
    found = {
        "nobody": {},
        "citizen": harness.citizen(),
        "holder": harness.holder(uuid4()),
        "officer": harness.officer(),
        "client": harness.bearer("client", str(uuid4())),
        "bad/expired": harness.citizen(iat=int(time.time()) - 900, exp=int(time.time()) - 300),
        "bad/for another audience": harness.citizen(aud="elsewhere"),
        "bad/no token at all": {"Authorization": "Bearer x.y.z"},
        "bad/another scheme": {"Authorization": "Basic YTpi"},
    }
    for role in ROLES:
        found[f"officer:{role}"] = harness.officer(role)
        found[f"officer:{role}/of another agency"] = harness.officer(role, agency=OTHER_AGENCY)
    for scope in SCOPES:
        found[f"client:{scope}"] = harness.bearer("client", str(uuid4()), scope=scope)
    return found | {f"service:{name}": harness.as_service(name) for name in PARTS}


def expected(row: Row, caller: str) -> str:
    """``admitted``, or the status of the refusal."""
    word = caller.partition("/")[0]
    if word == "bad":
        return "admitted" if row.allow == {"anyone"} else "401"
    if "anyone" in row.allow or {word, word.partition(":")[0]} & row.allow:
        return "admitted"
    return "401" if word == "nobody" else "403"


def met(answer: httpx.Response) -> str:
    """``admitted``, the status of a refusal, or the status of a failure.

    A 401 or 403 of another kind (the session has ended, the level is too low, not that agency's publisher) is an
    answer of the endpoint to somebody whom it has let in.
    """
    if answer.status_code >= 500:
        return str(answer.status_code)
    if answer.status_code not in (401, 403):
        return "admitted"
    kind = str(answer.json()["type"]).rpartition(":")[2]
    return str(answer.status_code) if kind in {"unauthenticated", "invalid-token", "forbidden"} else "admitted"


class Ids(dict[str, str]):
    """Values for the parameters of a path: random, unless a word of a fixed set is asked for."""

    def __init__(self, caller: str) -> None:
        service = caller.removeprefix("service:") if caller.startswith("service:") else "review"
        super().__init__(
            definition_id="no-such-thing", version="1", service=service, day="2027-01-04", provider="scb", token="x"
        )

    def __missing__(self, _name: str) -> str:
        return str(uuid4())


async def ask(
    harness: Harness, row: Row, path: str, headers: Mapping[str, str], sent: Mapping[str, Any] | None = None
) -> httpx.Response:
    """Send one request; an empty body at least where there may be one, so that a missing one is not what refuses.

    `sent` has `json` and further `headers`.
    """
    sent = sent or {}
    body = None if row.method == "GET" else sent.get("json", {})
    headers = dict(headers) | sent.get("headers", {})
    return await harness.client.request(row.method, path, json=body, headers=headers)


def differences(rows: list[Row], code: Mapping[tuple[str, str], frozenset[str] | None]) -> Iterator[str]:
    """What the table and the code do not say alike."""
    table = {(row.method, row.path): row.allow for row in rows}
    for key in sorted(table.keys() | code.keys()):
        if key not in table:
            yield f"{' '.join(key)}: no row"
        elif key not in code:
            yield f"{' '.join(key)}: no such endpoint"
        elif code[key] is None:
            yield f"{' '.join(key)}: the code asks nobody who calls"
        elif code[key] != table[key]:
            yield f"{' '.join(key)}: the row says {sorted(table[key])}, the code {sorted(code[key] or ())}"
