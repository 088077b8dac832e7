"""Wishes for substitutes: what becomes of each is told to whoever asked, and none is left behind."""

import pytest

from kit.contracts.events import SubstituteRefused
from kit.testing import open_harness
from tests.issuance.conftest import REASONS, Office, Registry, living


@pytest.fixture(scope="module")
async def registry(servers, tmp_path_factory):
    async with open_harness("issuance", servers, tmp_path_factory.mktemp("substitutes")) as harness:
        harness.publish(living())
        yield Registry(harness)


@pytest.fixture
async def office(registry):
    return Office(registry, (await registry.issued())[1])


async def mine(office):
    """What the holder sees of the wishes."""
    path = f"/journeys/{office.row['journey_id']}/document/substitutes"
    answer = await office.registry.client.get(path, headers=office.holder())
    return answer.json()


@pytest.mark.req("L6", part="a refused substitute is told to its holder with reasons and the right to appeal")
async def test_a_refusal_is_told_with_its_reasons_and_how_to_appeal(registry, office):
    wish = (await office.lose()).json()
    assert wish["refusal"] is None
    for _ in range(2):
        answer = await office.post(f"/substitutes/{wish['id']}/refusal", REASONS)
    (seen,) = await mine(office)
    assert answer.json() == seen
    assert {name: seen["refusal"][name] for name in REASONS} == REASONS
    assert "15" in seen["refusal"]["appeal"]["en"]
    assert seen["refusal"]["authority"]["th"]
    assert seen["refusal"]["at"] == seen["settled_at"]
    assert "officer" not in seen["refusal"]
    facts = await registry.harness.facts(SubstituteRefused)
    (fact,) = [each for each in facts if each.journey == office.row["journey_id"]]
    assert (str(fact.data.wish), fact.data.document, fact.next) == (wish["id"], office.row["id"], "none")

    document = str(office.row["id"])
    headers = registry.harness.as_service("delivery")
    claims = await registry.client.post("/internal/claims/orders", json={"ids": [document]}, headers=headers)
    (order,) = claims.json()["items"][document]["orders"]
    assert (order["act"], order["facts"]) == ("substitute", REASONS["facts"])
    assert order["appeal_th"]
