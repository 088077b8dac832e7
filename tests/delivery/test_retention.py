"""What delivery keeps and for how long: notices, letters and copies of addresses; holds; erasures and their answers."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update
from uuid_utils.compat import uuid7

from kit.clock import BANGKOK, clock
from kit.cloudevents import compose
from kit.contracts.claims import ErasureClaim
from kit.contracts.events import (
    DeliveryErasureAnswered,
    ErasureRequested,
    JourneyHeld,
    JourneyReleased,
    Refused,
    Submitted,
)
from kit.contracts.events import LicenceExpired as Expired
from kit.contracts.journey import Outcome
from kit.contracts.retention import Kept, Reason, RecordClass
from kit.database import DUE_WORK, OUTBOX
from kit.erasing import ERASE
from kit.recurring import next_turn
from kit.retention import AT, HOLDS, REMOVE, nightly, removable
from services.delivery import commands
from services.delivery.commands.removing import forget
from services.delivery.models import AppealPeriod, Delivery, Dispatch, DispatchEvent, Letter, Notice
from tests.bundles import licence_bundle
from tests.delivery.conftest import BOOK, tell

pytestmark = pytest.mark.req("Y4", part="delivery: each class to its last day, holds, erasures")

ENDED = datetime(2026, 11, 23, 15, tzinfo=BANGKOK)
LAST_DAY = datetime(2036, 11, 23, 23, 59, tzinfo=BANGKOK)
DAY = timedelta(days=1)
SECRET = "s***@e***.org"


@pytest.fixture
def time():
    with clock.freeze(ENDED) as advance:
        yield advance


@pytest.fixture
async def delivery(time, harness_of):
    async with harness_of("delivery", smtp_port=9, smtp_tls=False, saraban_book=BOOK, evidence_key="k" * 43) as harness:
        harness.publish(licence_bundle())
        # The night is called by the tests, and by nobody else once it was planned.
        (planned,) = await harness.until(lambda: harness.rows(select(DUE_WORK).where(DUE_WORK.c.kind == REMOVE)))
        assert planned["due_at"] == next_turn(AT, ENDED)
        async with harness.kit.database.aside.begin() as connection:
            await connection.execute(text(f"DELETE FROM due_work WHERE kind = '{REMOVE}'"))
        yield harness


async def night(delivery):
    """The work of every night, which leaves nothing to be found once more."""
    await nightly(*commands.REMOVALS).one(delivery.kit, "all", {})
    async with delivery.kit.database.reading() as session:
        assert [await each.find(session, delivery.kit.settings, 10) for each in commands.REMOVALS] == [[], [], []]


async def refused(delivery, person):
    """A journey that ended today with an order that may be appealed; its id."""
    event = delivery.handover(Refused, at="approval", outcome=Outcome.REFUSED)
    await delivery.deliver(tell(delivery, event, person=person, email=None))
    return event.journey


async def under_way(delivery, person):
    """A journey that has not ended."""
    event = delivery.handover(Submitted, at="request")
    await delivery.deliver(tell(delivery, event, person=person, email=None))
    return event.journey


async def sent(delivery, journey, channel="email", state="sent", decision="end"):
    """A dispatch of the first notice of a journey; its id."""
    (notice,) = await delivery.rows(select(Notice.id).where(Notice.journey_id == journey))
    now, key = clock.now(), uuid7()
    row = Dispatch(
        id=key, notice_id=notice["id"], channel=channel, state=state, message_id=str(key), address_hash="0" * 64,
        address_masked=SECRET, reply="250 <somchai@example.org> accepted", decision=decision,
        decided_at=now if decision else None, settled_at=None if state == "sending" else now, tried_at=now,
    )  # fmt: skip
    async with delivery.kit.database.transaction() as session:
        session.add(row)
        await session.flush()
        session.add(DispatchEvent(dispatch_id=row.id, kind="tried", at=now, noted_at=now))
    return key


async def letter(delivery, journey):
    """A letter to another agency about a journey; its id."""
    said = {"subject": "ความลับ", "salutation": "อธิบดี", "body": "ความลับ", "signer": "สมชาย", "position": "ผู้อำนวยการ"}
    body = said | {"to": next(code for code in BOOK if code != "22000000"), "journey": str(journey)}
    headers = delivery.officer("administrator") | {"Idempotency-Key": str(uuid4())}
    made = await delivery.client.post("/letters", json=body, headers=headers)
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


async def trouble(delivery, kind, which):
    """Work for that row that failed for good, and what was said."""
    (row,) = await delivery.rows(which)
    failed = {"attempts": 12, "error": "somchai@example.org", "due_at": clock.now(), "failed_at": clock.now()}
    async with delivery.kit.database.aside.begin() as connection:
        await connection.execute(DUE_WORK.insert().values(kind=kind, key=str(row["id"]), **failed))


async def troubled(delivery):
    return await delivery.rows(select(DUE_WORK.c.id).where(DUE_WORK.c.failed_at.is_not(None)))


async def counts(delivery):
    tables = (Notice, Dispatch, DispatchEvent, AppealPeriod)
    return [(await delivery.rows(select(func.count().label("n")).select_from(each)))[0]["n"] for each in tables]


async def hold(delivery, journey):
    held = JourneyHeld(journey=journey, hold=uuid4())
    await delivery.deliver(compose(held))
    return compose(JourneyReleased(journey=journey, hold=held.hold))


async def erase(delivery, person):
    """The answer to an erasure that was told twice, by two events; that it has one answer."""
    erasure = uuid4()
    claim = ErasureClaim(erasure=erasure, person=person, requested_at=clock.now())
    delivery.peers.know("identity", "erasures", erasure, claim)
    for _ in range(2):
        await delivery.deliver(compose(ErasureRequested(erasure=erasure)))
        await delivery.until(lambda: nothing_to_erase(delivery))
    (fact,) = [each for each in await delivery.facts(DeliveryErasureAnswered) if each.data.erasure == erasure]
    return fact.data.records


async def nothing_to_erase(delivery):
    return not await delivery.rows(select(DUE_WORK.c.id).where(DUE_WORK.c.kind == ERASE))


def kept(record_class, reason, until=None, count=1):
    return Kept(record_class=record_class, erased=0, kept=count, reason=reason, until=until)


def gone(record_class, count=1):
    return Kept(record_class=record_class, erased=count, kept=0, reason=None, until=None)


# ── the last day ─────────────────────────────────────────────────────────────────────────────────


async def test_notices_are_kept_through_their_last_day_and_are_gone_after_it(delivery, time):
    journey, other = await refused(delivery, uuid4()), await under_way(delivery, uuid4())
    await sent(delivery, journey)
    await trouble(delivery, "climb", select(Notice.id).where(Notice.journey_id == journey))
    time(LAST_DAY - ENDED)
    await night(delivery)
    assert await counts(delivery) == [2, 1, 2, 1]
    assert await troubled(delivery)
    time(timedelta(minutes=1))
    await night(delivery)
    assert await counts(delivery) == [1, 0, 0, 0]
    (left,) = await delivery.rows(select(Notice.journey_id))
    assert left["journey_id"] == other, "what has not ended is kept, however old"
    (ended,) = await delivery.rows(select(Delivery))
    assert (ended["journey_id"], ended["person_id"], ended["outcome"]) == (journey, None, "refused")
    assert await troubled(delivery) == []


async def test_what_is_told_long_after_the_end_is_kept_as_long_from_then_on(delivery, time):
    person = uuid4()
    journey = await refused(delivery, person)
    time(9 * 365 * DAY)
    event = delivery.event(Expired(document=uuid4(), expired_on=date(2035, 11, 1)), step="issuance", journey=journey)
    await delivery.deliver(tell(delivery, event, person=person, email=None))
    time(LAST_DAY + DAY - clock.now())
    await night(delivery)
    assert [each["kind"] for each in await delivery.rows(select(Notice.kind))] == ["licence_expired"]
    (ended,) = await delivery.rows(select(Delivery.person_id))
    assert ended["person_id"] == person
    time(9 * 366 * DAY)
    await night(delivery)
    assert await counts(delivery) == [0, 0, 0, 0]


async def test_the_first_notice_of_a_long_journey_waits_for_its_end(delivery, time):
    person = uuid4()
    journey = await under_way(delivery, person)
    await letter(delivery, journey)
    time(9 * 365 * DAY)
    event = delivery.handover(Refused, at="approval", journey=journey, outcome=Outcome.REFUSED)
    await delivery.deliver(tell(delivery, event, person=person, email=None))
    time(LAST_DAY + DAY - clock.now())
    await night(delivery)
    until = delivery.kit.settings.kept_until(RecordClass.NOTICE, (ENDED + 9 * 365 * DAY).date())
    assert await erase(delivery, person) == (
        kept(RecordClass.NOTICE, Reason.KEPT_BY_LAW, until, 2), kept(RecordClass.REQUEST, Reason.KEPT_BY_LAW, until)
    )  # fmt: skip


async def test_a_letter_keeps_its_number_and_loses_what_it_says(delivery, time):
    journey = await refused(delivery, uuid4())
    asked, apart = await letter(delivery, journey), await letter(delivery, await under_way(delivery, uuid4()))
    time(LAST_DAY - clock.now())
    await night(delivery)
    assert {each["body"] for each in await delivery.rows(select(Letter.body))} == {"ความลับ"}
    time(DAY)
    await night(delivery)
    rows = {each["id"]: each for each in await delivery.rows(select(Letter))}
    empty, full = rows[asked], rows[apart]
    assert (empty["running"], full["running"], full["body"], full["emptied_at"]) == (1, 2, "ความลับ", None)
    assert "ความลับ" not in str(empty)
    assert empty["emptied_at"] == clock.now()
    shown = await delivery.client.get(f"/letters/{asked}", headers=delivery.officer("administrator"))
    assert (shown.status_code, shown.json()["body"], shown.json()["running"]) == (200, "", 1)


async def test_a_copy_of_an_address_goes_when_it_serves_nothing_any_more(delivery, time):
    ended, open_ = await refused(delivery, uuid4()), await under_way(delivery, uuid4())
    mailed, posted = await sent(delivery, ended), await sent(delivery, ended, "post")
    going, running = await sent(delivery, ended, "sms", decision=None), await sent(delivery, open_)
    time(30 * DAY)
    await night(delivery)
    assert await addressed(delivery) == {mailed, posted, going, running}
    time(timedelta(minutes=1))
    await night(delivery)
    assert await addressed(delivery) == {posted, going, running}, "evidence, on its way, journey not ended"
    (row,) = await delivery.rows(select(Dispatch).where(Dispatch.id == mailed))
    assert (row["address_hash"], row["reply"], row["state"], row["decision"]) == (None, None, "sent", "end")
    told = select(DispatchEvent.kind, DispatchEvent.code).where(DispatchEvent.dispatch_id == mailed)
    assert [tuple(each.values()) for each in await delivery.rows(told.order_by(DispatchEvent.id))] == [
        ("tried", None), ("forgotten", "purpose-over")
    ]  # fmt: skip


async def test_the_time_of_a_copy_begins_with_the_end_of_its_journey(delivery, time):
    person = uuid4()
    journey = await under_way(delivery, person)
    key = await sent(delivery, journey)
    time(40 * DAY)
    event = delivery.handover(Refused, at="approval", journey=journey, outcome=Outcome.REFUSED)
    await delivery.deliver(tell(delivery, event, person=person, email=None))
    await night(delivery)
    assert await addressed(delivery) == {key}
    time(31 * DAY)
    await night(delivery)
    assert await addressed(delivery) == set()


async def addressed(delivery):
    return {each["id"] for each in await delivery.rows(select(Dispatch.id).where(Dispatch.address_masked.is_not(None)))}


# ── holds ────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_held_never_goes_and_released_it_goes(delivery, time):
    journey, free = await refused(delivery, uuid4()), await refused(delivery, uuid4())
    held = await sent(delivery, journey)
    await letter(delivery, journey)
    release = await hold(delivery, journey)
    time(LAST_DAY + 400 * DAY - ENDED)
    await night(delivery)
    assert {each["journey_id"] for each in await delivery.rows(select(Notice.journey_id))} == {journey}
    assert await addressed(delivery) == {held}
    assert [each["body"] for each in await delivery.rows(select(Letter.body))] == ["ความลับ"]
    (ended,) = await delivery.rows(select(Delivery.person_id).where(Delivery.journey_id == free))
    assert ended["person_id"] is None
    await delivery.deliver(release)
    await night(delivery)
    assert await counts(delivery) == [0, 0, 0, 0]
    assert [each["body"] for each in await delivery.rows(select(Letter.body))] == [""]


async def test_a_hold_that_comes_beside_a_running_removal_holds_what_is_left(delivery, time):
    first, second = await refused(delivery, uuid4()), await refused(delivery, uuid4())
    time(LAST_DAY + DAY - ENDED)
    settings = delivery.kit.settings
    async with delivery.kit.database.transaction() as session:
        found = await commands.REMOVALS[0].find(session, settings, 10)
        assert set(found) == {first, second}
        async with delivery.kit.database.transaction() as holding:  # a hold on the second is written meanwhile
            event = compose(JourneyHeld(journey=second, hold=uuid4()))
            await HOLDS[0].function(holding, event, None)
            asking = asyncio.create_task(removable(session, found))
            await asyncio.sleep(0.05)
            assert not asking.done()
        assert await asking == [first]
        await commands.REMOVALS[0].remove(session, settings, [first])
    assert [each["journey_id"] for each in await delivery.rows(select(Notice.journey_id))] == [second]


# ── erasures ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_erasure_erases_what_nothing_keeps_and_answers_once(delivery, time):
    person = uuid4()
    ended, open_, held = [await each(delivery, person) for each in (refused, under_way, refused)]
    strangers = await sent(delivery, await refused(delivery, uuid4()))
    mailed, posted = await sent(delivery, ended), await sent(delivery, ended, "post")
    going, secret = await sent(delivery, open_, state="sending", decision=None), await sent(delivery, held)
    await letter(delivery, ended)
    await hold(delivery, held)
    records = await erase(delivery, person)
    law = date(2036, 11, 23)
    assert records == (
        gone(RecordClass.CONTACT),
        kept(RecordClass.CONTACT, Reason.IN_USE),
        kept(RecordClass.CONTACT, Reason.KEPT_BY_LAW, law),
        kept(RecordClass.CONTACT, Reason.LEGAL_HOLD),
        kept(RecordClass.NOTICE, Reason.IN_USE),
        kept(RecordClass.NOTICE, Reason.KEPT_BY_LAW, law),
        kept(RecordClass.NOTICE, Reason.LEGAL_HOLD),
        kept(RecordClass.REQUEST, Reason.KEPT_BY_LAW, law),
    )
    assert await addressed(delivery) == {strangers, posted, going, secret}
    (row,) = await delivery.rows(select(DispatchEvent.code).where(DispatchEvent.kind == "forgotten"))
    assert row["code"] == "erasure"
    assert (await erase(delivery, person))[0] == kept(RecordClass.CONTACT, Reason.IN_USE), "nothing is left to erase"
    assert mailed not in await addressed(delivery)


async def test_an_erasure_takes_what_is_past_along_and_finds_nothing_of_a_stranger(delivery, time):
    person = uuid4()
    journey = await refused(delivery, person)
    await letter(delivery, journey)
    await sent(delivery, journey, "post")
    await under_way(delivery, person)
    time(LAST_DAY + DAY - ENDED)
    assert await erase(delivery, person) == (
        gone(RecordClass.CONTACT),
        gone(RecordClass.NOTICE),
        kept(RecordClass.NOTICE, Reason.IN_USE),
        gone(RecordClass.REQUEST),
    )
    assert await erase(delivery, uuid4()) == ()


async def test_what_is_told_while_an_erasure_is_answered_is_neither_erased_nor_called_held(delivery, monkeypatch):
    person = uuid4()
    await refused(delivery, person)
    other = await refused(delivery, uuid4())
    key = await sent(delivery, other)

    async def meanwhile(session, journeys):
        async with delivery.kit.database.transaction() as telling:
            await telling.execute(update(Notice).where(Notice.journey_id == other).values(person_id=person))
        return await removable(session, journeys)

    monkeypatch.setattr("services.delivery.commands.erasing.removable", meanwhile)
    assert await erase(delivery, person) == (kept(RecordClass.NOTICE, Reason.KEPT_BY_LAW, date(2036, 11, 23)),)
    assert await addressed(delivery) == {key}


async def test_a_copy_taken_up_again_in_the_same_moment_is_in_use(delivery, time):
    key = await sent(delivery, await under_way(delivery, uuid4()))
    async with delivery.kit.database.transaction() as session:
        await session.execute(update(Dispatch).values(state="sending", decided_at=None))
        assert await forget(session, [key], "erasure") == set()
    assert await addressed(delivery) == {key}


async def test_nothing_personal_leaves_with_an_answer(delivery, time):
    person = uuid4()
    await sent(delivery, await refused(delivery, person))
    await erase(delivery, person)
    told = str(await delivery.rows(select(OUTBOX.c.body)))
    for personal in (str(person), SECRET, "somchai", "ไม่มีบ่อดักไขมัน", "0" * 64):
        assert personal not in told
