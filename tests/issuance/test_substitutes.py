"""Wishes for substitutes: what becomes of each is told to whoever asked, and none is left behind."""

from datetime import timedelta

import pytest

from kit.clock import clock, local_date
from kit.contracts.events import SubstituteRefused
from kit.testing import open_harness
from kit.thai import long_date
from services.issuance.domain import XML_FILE_NAME
from services.issuance.duework import reissuing
from tests import pdf
from tests.issuance.conftest import REASONS, Office, Registry, living

DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


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


@pytest.mark.req("L6", part="a substitute has the original's day of issue everywhere, its own on the stamp")
async def test_every_place_says_the_day_that_is_on_the_paper(registry, office):
    event = type("Event", (), {"journey": office.row["journey_id"]})
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(days=10))
        today = local_date(clock.now())
        before, after = await office.substitute(event)
    xml = pdf.attachments(await registry.pdf(after))[XML_FILE_NAME].decode()
    first = before["issued_on"]
    assert f"<issued_on>{first}</issued_on>" in xml
    assert f"<on>{today}</on>" in xml
    shown = (await registry.client.get(f"/verifications/{after['token']}")).json()
    assert (after["issued_on"], shown["issued_on"]) == (first, str(first))
    assert f"{today.year + 543}{today:%m%d}" in after["file_name"]
    assert f"ออกใบแทนวันที่ {long_date(today)}" in pdf.text_of(await registry.pdf(after)).translate(DIGITS)


@pytest.mark.req("L6", part="what is amended of a substitute stays one, under its stamp")
async def test_an_amended_substitute_is_still_a_substitute(registry, office):
    event = type("Event", (), {"journey": office.row["journey_id"]})
    _, after = await office.substitute(event)
    await Office(registry, after).act("amend", corrections={"area": 7})
    *_, amended = await registry.succeeded(event, 3)
    assert amended["kind"] == "amended"
    assert "ใบแทน" in pdf.text_of(await registry.pdf(amended))


async def queue(office):
    """The wishes of this office's journey that wait for an officer."""
    found = [each async for page in office.pages("/substitutes") for each in page]
    return [each for each in found if each["journey"] == str(office.row["journey_id"])]


def code_of(answer):
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.req("L6", part="no wish for a substitute waits where none can be made")
async def test_a_wish_becomes_void_with_its_document(office):
    wish = (await office.lose()).json()["id"]
    await office.act("revoke")
    assert [each["state"] for each in await mine(office)] == ["void"]
    assert await queue(office) == []
    for settle in ("grant", "refusal"):
        assert code_of(await office.post(f"/substitutes/{wish}/{settle}", REASONS)) == (409, "substitute-settled")


@pytest.mark.req("L6", part="while one is being made no other is asked for, and what is stopped was not granted")
async def test_a_granted_wish_becomes_void_when_its_document_is_stopped(registry, office, monkeypatch):
    async def away(*_):
        raise ConnectionError("away")

    monkeypatch.setattr(reissuing, "original_of", away)
    wish = (await office.lose()).json()["id"]
    await office.post(f"/substitutes/{wish}/grant")
    assert code_of(await office.lose("damaged")) == (409, "successor-under-way")
    await office.act("revoke")
    assert [each["state"] for each in await mine(office)] == ["void"]


@pytest.mark.req("L6", part="what is proposed while a document is replaced goes on for the one in its place")
@pytest.mark.parametrize("act", ["revoke", "amend"])
async def test_a_proposal_is_not_lost_when_its_document_is_replaced(registry, office, monkeypatch, act):
    real = reissuing.original_of

    async def away(*_):
        raise ConnectionError("away")

    monkeypatch.setattr(reissuing, "original_of", away)
    wish = (await office.lose()).json()["id"]
    await office.post(f"/substitutes/{wish}/grant")
    corrections = {"corrections": {"area": 7}} if act == "amend" else {}
    proposal = (await office.propose(act, **corrections)).json()
    monkeypatch.setattr(reissuing, "original_of", real)
    event = type("Event", (), {"journey": office.row["journey_id"]})
    _, after = await registry.succeeded(event)
    seen = (await registry.client.get(f"{office.at}/acts", headers=office.officer())).json()["acts"]
    (settled,) = [each for each in seen if each["proposal"] == proposal["id"]]
    assert (settled["phase"], settled["officer"]) == ("rejected", None)
    waiting = [each for each in await office.waiting() if each["document"] == str(after["id"])]
    if act == "amend":
        assert waiting == []
        return
    (again,) = waiting
    assert (again["officer"], again["facts"], again["appeal"]) == (
        str(office.first), REASONS["facts"], proposal["appeal"],
    )  # fmt: skip
    new = Office(registry, after)
    assert code_of(await new.confirm(again["id"], office.first)) == (403, "confirmer-is-proposer")
    assert (await new.confirm(again["id"])).status_code == 200
    assert await new.statuses() == {"revoked"}


@pytest.mark.req("L6", part="nothing is renewed while another act waits")
async def test_no_renewal_beside_an_open_proposal(office):
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(days=300))
        await office.propose("revoke")
        assert code_of(await office.post(f"{office.at}/renewal", REASONS)) == (409, "act-pending")
