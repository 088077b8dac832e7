"""Agencies as issuers of credentials: what anybody may ask costs little, and what is new is soon there."""

import asyncio

import pytest

from kit.clock import clock
from kit.contracts.text import Text
from kit.testing import AGENCY
from services.issuance.queries import issuers
from services.issuance.queries.issuers import LIFE, Kept
from tests.issuance.conftest import certificate

METADATA = f"/.well-known/openid-credential-issuer/issuers/{AGENCY}"
RENAMED = Text(th="หน่วยงานที่เปลี่ยนชื่อ", en="Renamed agency")


async def described(desk):
    answer = await desk.client.get(METADATA)
    assert answer.headers["cache-control"] == f"public, max-age={LIFE.seconds}"
    names = {each["name"] for each in answer.json()["display"]}
    return set(answer.json()["credential_configurations_supported"]), names


async def learn(desk, **changed):
    """A definition with another kind of document comes to be known, as with the first journey by it."""
    bundle = certificate()
    plan = [each.model_copy(update={"document_type": "test-certificate"}) for each in bundle.definition.plan]
    definition = bundle.definition.model_copy(update=changed | {"plan": tuple(plan)})
    desk.harness.publish(bundle.model_copy(update={"definition": definition}))
    await desk.kit.section(f"{definition.id}@{definition.version}")


@pytest.mark.req(
    "L5", part="a new kind of document is offered to wallets within seconds, under the agency's name of today"
)
async def test_a_new_kind_appears_when_the_kept_answer_has_run_out(desk):
    with clock.freeze(clock.now()) as advance:
        before, names = await described(desk)
        await learn(desk, agency_name=RENAMED)
        kind = f"/credential-types/{AGENCY}/test-certificate"
        assert (await desk.client.get(kind)).status_code == 404
        assert await described(desk) == (before, names)
        advance(LIFE)
        assert await described(desk) == (before | {"test-certificate"}, {RENAMED.th, RENAMED.en})
        answer = await desk.client.get(kind)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, f"public, max-age={LIFE.seconds}")


async def test_an_agency_becomes_an_issuer_with_its_first_definition(desk):
    other = METADATA.replace(AGENCY, "12007000")
    with clock.freeze(clock.now()) as advance:
        for path in (other, other.replace("openid-credential-issuer", "jwt-vc-issuer")):
            answer = await desk.client.get(path)
            assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
        await learn(desk, agency="12007000", version=2)
        assert (await desk.client.get(other)).status_code == 404
        advance(LIFE)
        assert (await desk.client.get(other)).status_code == 200


async def test_however_many_ask_the_database_is_asked_once_and_only_so_much_is_kept(monkeypatch):
    monkeypatch.setattr(issuers, "MOST", 3)
    asked: list[str] = []

    async def ask(agency: str) -> str:
        asked.append(agency)
        await asyncio.sleep(0)
        return "" if agency.isdecimal() else agency * 2

    kept = Kept(ask)
    with clock.freeze(clock.now()) as advance:
        assert set(await asyncio.gather(*(kept.of("a") for _ in range(20)))) == {"aa"}
        assert asked == ["a"]
        await asyncio.gather(*(kept.of(str(each)) for each in range(30)))
        assert set(kept._kept) == {"a", "28", "29"}, "who is known stays, though many made-up ones are asked for"
        advance(LIFE)
        del asked[:]
        assert await kept.of("a") == await kept.of("a") == "aa"
        assert asked == ["a"]
