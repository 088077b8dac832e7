"""The gateway's rows of the authorisation matrix: every endpoint × every kind of caller."""

from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from kit.auth import endpoints_of
from kit.clients import Peers
from kit.contracts.journey import Process
from tests.gateway.serving import served
from tests.gateway.test_proxy import echo

ROWS = yaml.safe_load((Path(__file__).parents[1] / "authorisation" / "gateway.yaml").read_text(encoding="utf-8"))
IDS = {
    "definition_id": "test-licence", "version": "1", "service": "review", "day": "2027-01-04", "provider": "scb",
    "token": "abc",
}  # fmt: skip
ROLES = ("reviewer", "approver", "cashier", "publisher", "administrator")


def callers(gateway) -> dict[str, dict[str, str]]:
    """Headers of every kind of caller, by the words that admit it."""
    return {
        "nobody": {},
        "citizen": gateway.citizen(),
        "holder": gateway.holder(uuid4()),
        "officer": gateway.officer(),
        **{f"officer:{role}": gateway.officer(role) for role in ROLES},
        "client": gateway.bearer("client", "c"),
        "client:definitions.publish": gateway.bearer("client", "c", scope="definitions.publish"),
        "service:review": gateway.as_service("review"),
        "service:gateway": gateway.as_service("gateway"),
    }


def expected(row: dict, caller: str) -> str:
    if "anyone" in row["allow"] or {caller, caller.partition(":")[0]} & set(row["allow"]):
        return "admitted"
    return "401" if caller == "nobody" else "403"


@pytest.mark.req("Y1", part="the gateway's endpoints: a row for each")
def test_every_endpoint_has_its_row(gateway):
    table = {(row["method"], row["path"]): frozenset(row["allow"]) for row in ROWS}
    code = {
        (each.method, each.path): each.allowed
        for each in endpoints_of(gateway.app)
        if each.path not in {"/livez", "/readyz", "/metrics", "/openapi.json"}
    }
    assert table == code


@pytest.mark.req("Y1", part="the gateway's endpoints: every kind of caller")
async def test_every_kind_of_caller_meets_what_its_row_says(gateway):
    wrong = []
    async with served(echo()) as url:
        peers = Peers(dict.fromkeys(Process, url), gateway.kit.assertions)
        gateway.kit.use_peers(peers)
        for row in ROWS:
            for caller, headers in callers(gateway).items():
                path = row["path"].format_map(Ids(IDS))
                answer = await gateway.client.request(row["method"], path, json={}, headers=headers)
                met = str(answer.status_code) if answer.status_code in (401, 403) else "admitted"
                if met != expected(row, caller) and not _is_not_its_own(row, caller, answer):
                    wrong.append((row["method"], row["path"], caller, met))
                assert answer.status_code < 500
        await peers.close()
    assert wrong == []


class Ids(dict):
    def __missing__(self, _name: str) -> str:
        return str(uuid4())


def _is_not_its_own(row: dict, caller: str, answer) -> bool:
    """A service that asks for another's section is admitted to the endpoint, but not to that."""
    return row["path"].endswith("/sections/{service}") and caller == "service:gateway" and answer.status_code == 403
