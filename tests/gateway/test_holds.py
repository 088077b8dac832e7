"""Legal holds: who may place and lift them, what is kept of it here, and what the others hear."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from gateway.duework import TELL_HOLDS, WORK
from gateway.models import JourneyHold
from kit.contracts.events import JourneyHeld, JourneyReleased
from kit.database import OUTBOX
from kit.retention import AT
from tests.bundles import OTHER_AGENCY, licence_bundle

WHY = {"reason": "คดีปกครองหมายเลขดำที่ บ. 1/2570", "legal_basis": "คำสั่งศาลปกครอง"}


@pytest.fixture
async def journey(gateway, publish):
    assert (await publish(licence_bundle())).status_code == 201
    headers = gateway.citizen() | {"Idempotency-Key": str(uuid4())}
    started = await gateway.client.post("/v1/journeys", json={"definition": "test-licence"}, headers=headers)
    return started.json()["id"]


@pytest.fixture
def place(gateway, journey):
    async def place(key="a-key-of-mine", by=None, **changed):
        headers = (by or gateway.officer("administrator", officer=UUID(int=1))) | {"Idempotency-Key": key}
        return await gateway.client.post(f"/v1/journeys/{journey}/holds", json=WHY | changed, headers=headers)

    return place


@pytest.mark.req("Y4", part="a hold has its reason, law, who and when, kept at the gateway and nowhere on the bus")
async def test_an_administrator_holds_a_journey_and_releases_it(gateway, journey, place):
    first, second = UUID(int=1), UUID(int=2)
    placed = (await place()).json()
    assert (placed["placed_by"], placed["lifted_at"]) == (str(first), None)
    path = f"/v1/journeys/{journey}/holds"
    by = gateway.officer("administrator", officer=second)
    release = {"reason": "คดีถึงที่สุด"}
    lifted = await gateway.client.post(f"{path}/{placed['hold_id']}/release", json=release, headers=by)
    again = await gateway.client.post(f"{path}/{placed['hold_id']}/release", json={"reason": "อื่น"}, headers=by)
    assert lifted.json() == again.json() == placed | {
        "lifted_at": lifted.json()["lifted_at"], "lifted_by": str(second), "lift_reason": "คดีถึงที่สุด"
    }  # fmt: skip
    assert (await gateway.client.get(path, headers=by)).json() == [lifted.json()]
    ids = {"journey": UUID(journey), "hold": UUID(placed["hold_id"])}
    [held], [released] = await gateway.facts(JourneyHeld), await gateway.facts(JourneyReleased)
    assert (held.data, released.data) == (JourneyHeld(**ids), JourneyReleased(**ids))
    assert (held.subject, held.agency, held.journeyid) == (journey, "22000000", None)
    told = str(await gateway.rows(select(OUTBOX)))
    assert not any(word in told for word in (*WHY.values(), *release.values(), str(first), str(second)))


@pytest.mark.req("Y4", part="a hold is nothing for the applicant's timeline")
async def test_the_applicant_sees_nothing_of_a_hold(gateway, journey, place):
    await place()
    facts = await gateway.facts(JourneyHeld)
    await gateway.deliver(*facts)
    shown = await gateway.client.get(f"/v1/journeys/{journey}", headers=gateway.officer("reviewer"))
    assert shown.json()["timeline"] == []


@pytest.mark.req("Y4", part="a hold is placed once under its key, with a law and a reason")
async def test_a_hold_is_placed_once_under_its_key(gateway, journey, place):
    by = gateway.officer("administrator", officer=UUID(int=1))
    one, two = await place(by=by), await place(by=by)
    assert one.json() == two.json()
    assert len(await gateway.facts(JourneyHeld)) == 1
    assert (await place(reason="อื่น")).json()["type"].endswith("idempotency-key-reused")
    assert (await place(key="short")).json()["type"].endswith("idempotency-key-invalid")
    for missing in ({"reason": " "}, {"legal_basis": ""}, {"more": "x"}):
        assert (await place(key="another-key", **missing)).status_code == 422
    assert (await place(key="another-key")).status_code == 201, "several holds may stand beside each other"


@pytest.mark.req("Y4", part="a service that has lost a hold hears of it again before the next removal")
async def test_holds_that_stand_are_told_again_every_night_and_lifted_ones_are_not(gateway, journey, place):
    standing, lifted = [UUID((await place(key=key)).json()["hold_id"]) for key in ("a-key-of-mine", "another-key")]
    path, by = f"/v1/journeys/{journey}/holds/{lifted}/release", gateway.officer("administrator")
    assert (await gateway.client.post(path, json={"reason": "x"}, headers=by)).status_code == 200
    work = WORK[TELL_HOLDS]
    assert work.every < AT
    await work.one(gateway.kit, "all", {})
    told = await gateway.facts(JourneyHeld)
    assert [each.data.hold for each in told] == [standing, lifted, standing]
    assert (told[2].data, told[2].agency, told[2].subject) == (told[0].data, told[0].agency, told[0].subject)
    assert told[2].id != told[0].id


async def test_without_a_key_nothing_is_held(gateway, journey):
    answer = await gateway.client.post(
        f"/v1/journeys/{journey}/holds", json=WHY, headers=gateway.officer("administrator")
    )
    assert answer.status_code == 428
    assert await gateway.rows(select(JourneyHold)) == []


@pytest.mark.parametrize("language", ["th", "en"])
async def test_a_hold_of_another_journey_or_agency_is_not_found(gateway, journey, place, language):
    hold = (await place()).json()["hold_id"]
    path = f"/v1/journeys/{journey}/holds"
    spoken = {"Accept-Language": language}
    mine = gateway.officer("administrator") | spoken
    missing = await gateway.client.post(f"{path}/{uuid4()}/release", json={"reason": "x"}, headers=mine)
    assert missing.json()["title"] == {
        "th": "ไม่พบการระงับการทำลายเอกสารนี้", "en": "There is no such hold on this journey"
    }[language]  # fmt: skip
    others = gateway.officer("administrator", agency=OTHER_AGENCY) | spoken
    assert (await place(key="another-key", by=others)).status_code == 404
    for asked in (
        gateway.client.get(path, headers=others),
        gateway.client.post(f"{path}/{hold}/release", json={"reason": "x"}, headers=others),
    ):
        assert (await asked).json()["type"].endswith("journey-not-found")


async def test_the_database_keeps_whole_what_was_lifted(gateway, place):
    await place()
    with pytest.raises(Exception, match="lifted_whole"):
        async with gateway.kit.database.aside.begin() as connection:
            await connection.execute(text("UPDATE journey_hold SET lifted_at = now()"))
