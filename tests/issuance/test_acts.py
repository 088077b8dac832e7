"""Acts of authority on a licence: by two officers, with law and reasons, kept for ever, seen everywhere at once."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError, InternalError

from kit.clock import clock, local_date
from kit.contracts.events import Reinstated, Revoked, Suspended
from kit.testing import open_harness
from services.issuance.domain import first_broken, is_intact
from services.issuance.models import Document, DocumentAct
from tests.issuance.conftest import REASONS, Office, Registry, licence, living


@pytest.fixture(scope="module")
async def registry(servers, tmp_path_factory):
    async with open_harness("issuance", servers, tmp_path_factory.mktemp("acts")) as harness:
        yield Registry(harness)


@pytest.fixture
async def office(registry):
    registry.harness.publish(living())
    return Office(registry, (await registry.issued())[1])


async def told(office, fact):
    """What was told about the document of that office."""
    facts = await office.registry.harness.facts(fact)
    return [each for each in facts if each.journey == office.row["journey_id"]]


def code_of(answer):
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def chain(registry, office):
    query = select(DocumentAct).where(DocumentAct.document_id == office.row["id"]).order_by(DocumentAct.place)
    rows = [DocumentAct(**row) for row in await registry.harness.rows(query)]
    return [(row.content(), row.previous, row.digest) for row in rows]


@pytest.mark.req("L6", part="suspended, by two officers, with law, reasons and appeal; seen everywhere at once")
async def test_a_suspension_is_proposed_by_one_and_confirmed_by_another(registry, office):
    until = local_date(clock.now()) + timedelta(days=14)
    proposed = await office.propose("suspend", until=str(until))
    assert proposed.status_code == 201, proposed.text
    assert (await office.propose("suspend", until=str(until))).json() == proposed.json()
    assert await office.statuses() == {"valid"}
    proposal = proposed.json()["id"]
    assert proposal in [each["id"] for each in await office.waiting()]
    assert code_of(await office.confirm(proposal, office.first)) == (403, "confirmer-is-proposer")
    confirmed = await office.confirm(proposal)
    assert confirmed.status_code == 200, confirmed.text
    assert (await office.confirm(proposal)).json() == confirmed.json()
    assert code_of(await office.confirm(proposal, uuid4())) == (409, "proposal-settled")
    assert await office.statuses() == {"suspended"}
    (fact,) = await told(office, Suspended)
    assert (fact.journey, fact.step, fact.next) == (office.row["journey_id"], "issuance", "none")
    assert (fact.data.document, fact.data.until) == (office.row["id"], until)
    act = confirmed.json()
    assert (act["officer"], act["until"], act["law"]) == (str(office.second), str(until), REASONS["law"])
    assert act["authority"]["th"] == "ผู้อำนวยการเขต ผู้อำนวยการเขต"
    assert "15" in act["appeal"]["en"]
    mine = await registry.client.get(f"/journeys/{fact.journey}/document", headers=office.holder())
    assert (mine.json()["status"], mine.json()["suspended_until"]) == ("suspended", str(until))
    file = await registry.client.get(f"/journeys/{fact.journey}/document.pdf", headers=office.holder())
    assert file.headers["paet-document-status"] == "suspended"
    assert proposal not in [each["id"] for each in await office.waiting()]


@pytest.mark.req("L6", part="no act without facts, law, considerations and the right to appeal")
async def test_an_order_without_its_reasons_or_appeal_is_refused(registry, office):
    answer = await office.propose("revoke", facts=" ", law="", considerations="")
    assert code_of(answer) == (422, "reasons-missing")
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/facts", "/law", "/considerations"}
    assert (await office.propose("revoke", facts="\0")).status_code == 422
    assert (await office.propose("explode")).status_code == 422
    registry.harness.publish(licence(appeal=None, version=8))
    other = Office(registry, (await registry.issued())[1])
    assert code_of(await other.propose("revoke")) == (409, "appeal-unknown")
    assert await chain(registry, office) == await chain(registry, other) == []


@pytest.mark.req("L6", part="no longer than the definition allows, and not more often: configuration with its source")
async def test_a_suspension_keeps_within_the_limits_of_the_definition(registry, office):
    with clock.freeze(clock.now()) as advance:
        today = local_date(clock.now())
        for until in (today + timedelta(days=15), today - timedelta(days=1), None):
            answer = await office.propose("suspend", until=until and str(until))
            assert code_of(answer) == (422, "until-impossible")
            assert answer.json()["errors"][0]["pointer"] == "/until"
        for _ in range(2):
            await office.act("suspend", until=str(local_date(clock.now())))
            advance(timedelta(days=1))
        assert code_of(await office.propose("suspend", until=str(local_date(clock.now())))) == (
            409,
            "suspensions-used-up",
        )
        await office.act("revoke")
    assert await office.statuses() == {"revoked"}


@pytest.mark.req("L6", part="a suspension ends by itself after its last day")
async def test_a_suspension_ends_with_its_last_day(registry, office):
    with clock.freeze(clock.now()) as advance:
        await office.act("suspend", until=str(local_date(clock.now()) + timedelta(days=2)))
        advance(timedelta(days=2))
        assert await office.statuses() == {"suspended"}
        advance(timedelta(days=1))
        assert await office.statuses() == {"valid"}

        async def ended():
            return await told(office, Reinstated)

        assert len(await registry.harness.until(ended)) == 1
        (row,) = await registry.harness.rows(select(Document).where(Document.id == office.row["id"]))
        assert (row["state"], row["suspended_until"]) == ("issued", None)
    assert [each["act"] for each, _, _ in await chain(registry, office)] == ["suspend", "suspend", "reinstate"]


@pytest.mark.req("L6", part="reinstated by an officer before that")
async def test_an_officer_reinstates_before_that(registry, office):
    reinstatement = f"{office.at}/reinstatement"
    assert code_of(await office.post(reinstatement, REASONS)) == (409, "document-status-forbids")
    await office.act("suspend", until=str(local_date(clock.now()) + timedelta(days=2)))
    assert code_of(await office.post(reinstatement)) == (422, "reasons-missing")
    assert (await office.post(reinstatement, REASONS)).status_code == 200
    assert code_of(await office.post(reinstatement, REASONS)) == (409, "document-status-forbids")
    assert await office.statuses() == {"valid"}
    assert len(await told(office, Reinstated)) == 1


@pytest.mark.req("L6", part="revoked; of officers who decide at once one does")
async def test_of_officers_who_confirm_and_reject_at_once_one_does(registry, office):
    proposal = (await office.propose("revoke")).json()["id"]
    assert code_of(await office.propose("suspend")) == (409, "act-pending")
    rejection = office.post(
        f"{office.at}/acts/{proposal}/rejection", {"reason": "ไม่ครบองค์ประกอบ"}, office.officer(uuid4())
    )
    answers = await asyncio.gather(office.confirm(proposal), rejection, office.confirm(proposal, uuid4()))
    assert sorted(each.status_code for each in answers) == [200, 409, 409]
    facts = await told(office, Revoked)
    assert (await office.statuses(), len(facts)) in (({"revoked"}, 1), ({"valid"}, 0))
    assert len(await chain(registry, office)) == 2


@pytest.mark.req("L6", part="only by the agency's own officers")
async def test_another_agencys_officer_finds_nothing(registry, office):
    stranger = office.officer(uuid4(), agency="12007000")
    for path, body in (("acts", REASONS | {"act": "revoke"}), ("reinstatement", REASONS), ("renewal", REASONS)):
        assert code_of(await office.post(f"{office.at}/{path}", body, stranger)) == (404, "licence-not-found")
    proposal = (await office.propose("revoke")).json()["id"]
    assert (await office.post(f"{office.at}/acts/{proposal}/confirmation", headers=stranger)).status_code == 404
    reviewer = office.officer(uuid4(), "reviewer")
    assert (await office.post(f"{office.at}/acts/{proposal}/confirmation", headers=reviewer)).status_code == 403
    assert code_of(await office.confirm(str(uuid4()))) == (404, "proposal-not-found")
    assert await office.statuses() == {"valid"}


@pytest.mark.req("L6", part="a reviewer takes back a proposal of one's own and no other")
async def test_a_proposer_takes_a_proposal_back(registry, office):
    me, body = office.officer(role="reviewer"), {"reason": "เสนอผิดเรื่อง"}
    for officer, expected in ((office.officer(uuid4(), "reviewer"), 403), (me, 200)):
        proposed = await office.post(f"{office.at}/acts", REASONS | {"act": "revoke"}, me)
        rejection = f"{office.at}/acts/{proposed.json()['id']}/rejection"
        assert (await office.post(rejection, body, officer)).status_code == expected


@pytest.mark.req("L6", part="acts are never changed, and each holds the one before")
async def test_acts_only_grow_and_prove_each_other(registry, office):
    await office.act("suspend", until=str(local_date(clock.now())))
    acts = await chain(registry, office)
    assert first_broken(acts) is None
    content, previous, digest = acts[1]
    assert first_broken([acts[0], (content | {"law": "อื่น"}, previous, digest)]) == 1
    assert first_broken(acts[1:]) == 0
    for change in (update(DocumentAct).values(law="x"), delete(DocumentAct)):
        with pytest.raises((IntegrityError, InternalError)):
            async with registry.kit.database.engine.begin() as connection:
                await connection.execute(change)
    view = await registry.client.get(f"{office.at}/acts", headers=office.officer())
    assert [each["phase"] for each in view.json()["acts"]] == ["proposed", "confirmed"]
    assert view.json()["is_intact"] is True
    forged = [(office.row["id"], *acts[0]), (office.row["id"], content | {"law": "อื่น"}, previous, digest)]
    assert is_intact(forged) is False
    assert await registry.harness.rows(text("SELECT 1 FROM due_work WHERE kind = 'reinstate'"))
