"""How long records are kept, on a real database: the years of each class, holds in any order, the daily removal."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import MetaData, select, text
from uuid_utils.compat import uuid7

from kit import retention
from kit.claims import Known
from kit.clock import BANGKOK, Clock, clock
from kit.cloudevents import compose
from kit.contracts.events import JourneyHeld, JourneyReleased
from kit.contracts.retention import Kept, Reason, RecordClass
from kit.duework import Later
from kit.recurring import first_turn, next_turn
from kit.retention import (
    AT,
    BATCH,
    Removal,
    RetentionSettings,
    Tally,
    held,
    hold_table,
    keep_hold,
    nightly,
    not_held,
    release_hold,
    removable,
)
from kit.rows import fetch
from kit.testing import open_harness

# As the environment gives them; nothing else of the settings is asked here.
DEFAULTS = RetentionSettings.model_construct()
WITH_YEARS = [each for each in RecordClass if each is not RecordClass.CONTACT]
NIGHT = timedelta(hours=19)
"""Two o'clock in Bangkok is nineteen, a day before, in UTC."""


# ── the years ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("Y4", part="the years of each class, configurable, with the defaults of §10")
def test_each_class_has_its_years():
    ended = date(2026, 11, 23)
    until = {each: DEFAULTS.kept_until(each, ended) for each in WITH_YEARS}
    assert until == {
        RecordClass.REQUEST: date(2036, 11, 23), RecordClass.NOTICE: date(2036, 11, 23),
        RecordClass.LICENCE: date(2036, 11, 23), RecordClass.TAX: date(2033, 11, 23),
    }  # fmt: skip
    longer = DEFAULTS.model_copy(update={"retention_tax_years": 9})
    assert longer.kept_until(RecordClass.TAX, ended) == date(2035, 11, 23)


def test_a_contact_has_no_years():
    with pytest.raises(KeyError):
        DEFAULTS.years_of(RecordClass.CONTACT)


@pytest.mark.req("Y4", part="tax documents are kept five years at the least, whatever is configured")
def test_tax_documents_cannot_be_kept_for_less_than_five_years():
    with pytest.raises(ValidationError) as caught:
        RetentionSettings(retention_tax_years=4)
    assert ("retention_tax_years",) in [each["loc"] for each in caught.value.errors()]


@given(ended=st.dates(date(2024, 1, 1), date(2070, 12, 31)), days=st.integers(-2, 2))
@settings(max_examples=60, deadline=None)
def test_a_record_is_kept_through_its_last_day_and_no_longer(ended, days):
    last = DEFAULTS.kept_until(RecordClass.REQUEST, ended)
    now = datetime(last.year, last.month, last.day, 12, tzinfo=BANGKOK) + timedelta(days=days)
    ended_at = datetime(ended.year, ended.month, ended.day, 23, 59, tzinfo=BANGKOK)
    is_past = ended_at < DEFAULTS.kept_since(RecordClass.REQUEST, now)
    assert is_past == (days > 0)


def test_a_leap_day_has_its_last_day():
    assert DEFAULTS.kept_until(RecordClass.REQUEST, date(2028, 2, 29)) == date(2038, 2, 28)
    first = DEFAULTS.kept_since(RecordClass.REQUEST, datetime(2036, 2, 29, 5, tzinfo=UTC))
    assert first == datetime(2026, 3, 1, tzinfo=BANGKOK)


@pytest.mark.parametrize("turn", [first_turn, next_turn])
def test_the_turn_of_what_is_removed_is_at_night(turn):
    assert nightly().every == AT
    assert turn(AT, datetime(2026, 11, 23, 16, tzinfo=UTC)) == datetime(2026, 11, 23, tzinfo=UTC) + NIGHT
    assert turn(AT, datetime(2026, 11, 23, 18, tzinfo=UTC)) == datetime(2026, 11, 24, tzinfo=UTC) + NIGHT


def test_a_column_of_a_journey_is_named_with_its_table():
    with pytest.raises(ValueError, match="table"):
        not_held("journey_id")


# ── the answer ───────────────────────────────────────────────────────────────────────────────────


def test_an_answer_counts_by_class_and_reason_and_tells_the_last_day():
    tally = Tally()
    tally.erased(RecordClass.CONTACT, 2)
    tally.erased(RecordClass.NOTICE, 0)
    tally.kept(RecordClass.TAX, Reason.KEPT_BY_LAW, date(2033, 1, 1))
    tally.kept(RecordClass.TAX, Reason.KEPT_BY_LAW, date(2031, 1, 1), 2)
    tally.kept(RecordClass.TAX, Reason.LEGAL_HOLD)
    law, hold = (
        Kept(record_class=RecordClass.TAX, erased=0, kept=count, reason=reason, until=until)
        for count, reason, until in ((3, Reason.KEPT_BY_LAW, date(2033, 1, 1)), (1, Reason.LEGAL_HOLD, None))
    )
    gone = Kept(record_class=RecordClass.CONTACT, erased=2, kept=0, reason=None, until=None)
    assert tally.records() == (gone, law, hold)


# ── holds and removal ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def toy(servers, tmp_path):
    async with open_harness("review", servers, tmp_path, package="tests.kit.toy", role="api") as harness:
        async with harness.kit.database.aside.begin() as connection:
            await connection.run_sync(hold_table(MetaData()).create)
            await connection.execute(text("CREATE TABLE record (journey_id uuid, ended_at timestamptz)"))
        yield harness


async def find(session, chosen, limit):
    past = chosen.kept_since(RecordClass.REQUEST, clock.now())
    query = f"SELECT DISTINCT journey_id FROM record WHERE ended_at < $1 AND {not_held('record.journey_id')} LIMIT $2"
    return [row["journey_id"] for row in await fetch(session, query, past, limit)]


async def remove(session, _settings, journeys):
    await fetch(session, "DELETE FROM record WHERE journey_id = ANY($1)", journeys)


async def hear(toy, *facts):
    for fact in facts:
        function = keep_hold if isinstance(fact, JourneyHeld) else release_hold
        async with toy.kit.database.transaction() as session:
            await function(session, compose(fact), Known())


async def records(toy):
    return [row["journey_id"] for row in await toy.rows(text("SELECT journey_id FROM record"))]


async def write(toy, journeys, ended_at):
    async with toy.kit.database.transaction() as session:
        await fetch(session, "INSERT INTO record SELECT unnest($1::uuid[]), $2", journeys, ended_at)


async def run(toy, *removals):
    toy.kit.settings = DEFAULTS
    await nightly(*removals).one(toy.kit, "all", {})


async def is_held(toy, journey):
    async with toy.kit.database.reading() as session:
        return await held(session, [journey]) == {journey}


@pytest.mark.req("Y4", part="a hold and its release count once, in whatever order they come")
async def test_holds_and_releases_count_in_any_order(toy):
    journey, first, second = uuid7(), uuid4(), uuid4()
    hold, release = JourneyHeld(journey=journey, hold=first), JourneyReleased(journey=journey, hold=first)
    await hear(toy, release, release, hold, hold)
    assert not await is_held(toy, journey), "the release came before its hold, and wins"
    await hear(toy, JourneyHeld(journey=journey, hold=second))
    assert await is_held(toy, journey)
    await hear(toy, hold, release)
    assert await is_held(toy, journey), "another hold stands"
    await hear(toy, JourneyReleased(journey=journey, hold=second))
    assert not await is_held(toy, journey)


@pytest.mark.req("Y4", part="what is past goes by batches, what is held stays, released it goes")
async def test_what_is_past_goes_in_batches_and_what_is_held_stays(toy):
    now = datetime(2037, 1, 1, 3, tzinfo=UTC)
    old, young = [uuid7() for _ in range(2 * BATCH + 10)], uuid7()
    await write(toy, old, datetime(2026, 11, 23, tzinfo=UTC))
    await write(toy, [young], datetime(2027, 1, 1, tzinfo=UTC))
    await hear(toy, JourneyHeld(journey=old[7], hold=UUID(int=1)))
    sizes = []

    async def count(session, chosen, journeys):
        sizes.append(len(journeys))
        await remove(session, chosen, journeys)

    with clock.freeze(now):
        await run(toy, Removal(find, count))
        assert sizes == [BATCH, BATCH, 9]
        assert set(await records(toy)) == {old[7], young}
        await hear(toy, JourneyReleased(journey=old[7], hold=UUID(int=1)))
        await run(toy, Removal(find, count))
    assert await records(toy) == [young]


async def test_a_long_removal_takes_turns(toy, monkeypatch):
    monkeypatch.setattr(retention, "BATCHES", 1)
    await write(toy, [uuid7() for _ in range(BATCH + 1)], datetime(2026, 1, 1, tzinfo=UTC))
    with clock.freeze(datetime(2037, 1, 1, tzinfo=UTC)):
        for left in (1, 0):
            with pytest.raises(Later) as later:
                await run(toy, Removal(find, remove))
            assert (later.value.at, len(await records(toy))) == (clock.now(), left)
        await run(toy, Removal(find, remove))


async def test_a_removal_that_leaves_something_ends_all_the_same(toy):
    await write(toy, [uuid7()], datetime(2026, 1, 1, tzinfo=UTC))

    async def leave(*_):
        pass

    with clock.freeze(datetime(2037, 1, 1, tzinfo=UTC)):
        await run(toy, Removal(find, leave))
    assert len(await records(toy)) == 1


@pytest.mark.req("Y4", part="a clock that runs ahead removes nothing")
async def test_a_clock_that_runs_ahead_of_the_databases_removes_nothing(toy, monkeypatch):
    journey = uuid7()
    await write(toy, [journey], datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(Clock, "now", lambda _: datetime(2037, 1, 1, tzinfo=UTC))
    await run(toy, Removal(find, remove))
    assert await records(toy) == [journey]


@pytest.mark.req("Y4", part="what cannot be removed keeps nothing else from it")
async def test_a_journey_that_cannot_be_removed_keeps_no_other_from_it(toy):
    journeys = sorted(uuid7() for _ in range(BATCH + 5))
    await write(toy, journeys, datetime(2026, 1, 1, tzinfo=UTC))
    tried = []

    async def refuse(session, chosen, some):
        tried.append(len(some))
        await remove(session, chosen, some)
        if journeys[3] in some:
            raise LookupError("a row that nobody thought of")

    async def away(*_):
        raise TimeoutError

    with clock.freeze(datetime(2037, 1, 1, tzinfo=UTC)):
        with pytest.raises(TimeoutError):
            await run(toy, Removal(find, away))
        await run(toy, Removal(find, refuse))
    assert await records(toy) == [journeys[3]]
    assert len([each for each in tried if each == 1]) <= BATCH, "only the batch that it was in is taken apart"


@pytest.mark.req("Y4", part="a hold that is written just before a removal is heeded by it")
async def test_a_removal_waits_for_a_hold_that_is_being_written(toy):
    journey = uuid7()
    async with toy.kit.database.transaction() as holding:
        await keep_hold(holding, compose(JourneyHeld(journey=journey, hold=uuid4())), Known())
        asking = asyncio.create_task(ask(toy, journey))
        await waits(toy)
        assert not asking.done()
    assert await asking == []


@pytest.mark.req("Y4", part="a hold that comes beside a running removal waits for it, and holds what is left")
async def test_a_hold_waits_for_a_removal_that_runs(toy):
    journey = uuid7()
    await write(toy, [journey], datetime(2026, 1, 1, tzinfo=UTC))
    async with toy.kit.database.transaction() as removing:
        assert await removable(removing, [journey]) == [journey]
        holding = asyncio.create_task(hear(toy, JourneyHeld(journey=journey, hold=uuid4())))
        await waits(toy)
        assert not holding.done()
        await remove(removing, None, [journey])
    await holding
    assert await records(toy) == []
    assert await is_held(toy, journey)


async def ask(toy, journey):
    async with toy.kit.database.transaction() as session:
        return await removable(session, [journey])


async def waits(toy):
    waiting = select(text("1")).select_from(text("pg_locks")).where(text("locktype = 'advisory' AND NOT granted"))

    async def somebody():
        return await toy.rows(waiting)

    await toy.until(somebody)
