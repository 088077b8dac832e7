"""Due work that is done many at a time, on a real database."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import select, text

from kit import duework
from kit.clock import clock
from kit.database import DUE_WORK, LOCK_TIMEOUT
from kit.duework import DueWorkLoop, InBulk, Later, OneAtATime, Recurring
from kit.testing import open_harness
from tests.kit.toy import main


@pytest.fixture
async def toy(servers, tmp_path):
    for each in (main.TOGETHER, main.ALONE, main.BROKEN, main.LEFT):
        each.clear()
    async with open_harness("review", servers, tmp_path, package="tests.kit.toy") as harness:
        yield harness


async def plan(toy, *keys, due_at=None):
    async with toy.kit.database.transaction() as session:
        for key in keys:
            await duework.add(session, "parcel", key, due_at=due_at)


async def left(toy):
    return {row["key"]: row for row in await toy.rows(select(DUE_WORK))}


async def all_done(toy):
    return not await left(toy)


async def test_what_is_due_together_is_done_together(toy):
    keys = [str(number) for number in range(40)]
    await plan(toy, *keys)
    await toy.until(lambda: all_done(toy))
    assert sorted(key for keys in main.TOGETHER for key in keys) == sorted(keys)
    assert max(map(len, main.TOGETHER)) == duework.MOST
    assert not main.ALONE


async def test_one_that_fails_holds_none_of_the_others_up(toy):
    main.BROKEN.add("3")
    await plan(toy, *(str(number) for number in range(10)))

    async def one_left():
        rows = await left(toy)
        return rows if set(rows) == {"3"} and rows["3"]["attempts"] else None

    rows = await toy.until(one_left)
    assert rows["3"]["error"] == "LookupError: this one"
    assert {str(number) for number in range(10)} <= set(main.ALONE)
    main.BROKEN.clear()
    await toy.until(lambda: all_done(toy))


async def test_one_kind_of_work_does_not_wait_for_another(toy):
    is_held, is_done, release = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(_kit, _works):
        is_held.set()
        await release.wait()
        return []

    async def quickly(_kit, _key, _payload):
        is_done.set()

    work = {"crate": InBulk(slowly, quickly), "letter": quickly}  # kinds that the toy's own loop leaves alone
    loop = DueWorkLoop(toy.kit, work, workers=2, poll_seconds=5)
    async with toy.kit.database.transaction() as session:
        for key in ("1", "2"):
            await duework.add(session, "crate", key)
        await duework.add(session, "letter", "3")
    runners = [asyncio.create_task(each) for each in loop.runners()]
    await asyncio.wait_for(is_held.wait(), 5)
    await asyncio.wait_for(is_done.wait(), 3)
    release.set()
    await toy.until(lambda: all_done(toy))
    for each in runners:
        each.cancel()


async def test_slow_work_holds_up_one_worker_at_the_most(toy):
    held, done, release = [], asyncio.Event(), asyncio.Event()

    async def slowly(_kit, key, _payload):
        held.append(key)
        await release.wait()

    async def quickly(_kit, _key, _payload):
        done.set()

    loop = DueWorkLoop(toy.kit, {"crate": OneAtATime(slowly), "letter": quickly}, workers=2, poll_seconds=0.1)
    async with toy.kit.database.transaction() as session:
        for key in ("1", "2", "3"):
            await duework.add(session, "crate", key)
    runners = [asyncio.create_task(each) for each in loop.runners()]
    await toy.until(lambda: _true(held))
    async with toy.kit.database.transaction() as session:
        await duework.add(session, "letter", "4")
    await asyncio.wait_for(done.wait(), 20)
    assert len(held) == 1
    release.set()
    await toy.until(lambda: all_done(toy))
    for each in runners:
        each.cancel()


async def _true(found):
    return bool(found)


async def test_the_words_of_the_database_are_not_kept(toy):
    main.CHORE_FAULTS.append(asyncpg.NotNullViolationError("Failing row contains (Somchai)"))
    async with toy.kit.database.transaction() as session:
        await duework.add(session, "chore", "4")

    async def failed():
        return (await left(toy)).get("4", {}).get("error")

    assert (await toy.until(failed)).startswith("NotNullViolationError (23502)")


async def test_what_is_given_back_is_done_alone(toy):
    main.LEFT.update({"2", "5"})
    await plan(toy, *(str(number) for number in range(8)))
    await toy.until(lambda: all_done(toy))
    assert set(main.ALONE) >= {"2", "5"}
    assert sorted(key for keys in main.TOGETHER for key in keys) == [str(number) for number in range(8)]


async def test_what_was_planned_in_the_same_transaction_is_cancelled_with_what_stood_before(toy):
    later = clock.now() + timedelta(hours=1)
    await plan(toy, "old", "other", due_at=later)
    async with toy.kit.database.transaction() as session:
        await duework.add(session, "parcel", "new", due_at=later)
        await duework.cancel(session, "parcel", "new")
        await duework.cancel(session, "parcel", "old")
    assert set(await left(toy)) == {"other"}


async def test_planning_the_same_twice_keeps_the_first(toy):
    at = clock.now() + timedelta(hours=1)
    await plan(toy, "same", "same", due_at=at)
    await plan(toy, "same", due_at=at + timedelta(hours=1))
    assert (await left(toy))["same"]["due_at"] == at


async def test_work_that_comes_on_after_a_failure_begins_to_count_anew(toy):
    """Work of months fails now and then: that is not to add up until it is taken for hopeless."""
    turns = []

    async def climb(_kit, _key, _payload):
        turns.append(clock.now())
        if len(turns) % 2:
            raise LookupError("now and then")
        raise Later(clock.now() + timedelta(days=7))

    loop = DueWorkLoop(toy.kit, {"climb": climb})
    with clock.freeze(clock.now()) as advance:
        async with toy.kit.database.transaction() as session:
            await duework.add(session, "climb", "1")
        for _ in range(duework.MOST_ATTEMPTS + 1):
            await loop.run_some()
            assert (await left(toy))["1"]["attempts"] == 1
            advance(timedelta(hours=1))
            await loop.run_some()
            row = (await left(toy))["1"]
            assert (row["attempts"], row["error"], row["failed_at"]) == (0, None, None)
            advance(timedelta(days=7))
    assert len(turns) == 2 * (duework.MOST_ATTEMPTS + 1)


async def test_nobody_waits_for_a_row_without_end(toy):
    async with toy.kit.database.engine.connect() as connection:
        assert (await connection.execute(text("SHOW lock_timeout"))).scalar_one() == LOCK_TIMEOUT


async def test_what_recurs_is_planned_by_whoever_finds_it_missing_and_comes_again(toy):
    """Batch by batch, with trouble in between: once it has ended nothing of that counts against it."""
    seen: list[dict] = []

    async def look(_kit, key, payload):
        assert key == "all"
        seen.append(payload)
        if len(seen) == 1:
            raise Later(clock.now(), {"after": 1})
        if len(seen) == 2:
            raise LookupError("this once")

    async def row():
        return (await left(toy))["all"]

    def loop():
        return DueWorkLoop(toy.kit, {"look": Recurring(look, timedelta(days=1))}, poll_seconds=0.01)

    running = [asyncio.create_task(each) for each in loop().runners()]
    with clock.freeze(clock.now()) as advance:
        await toy.until(lambda: asyncio.sleep(0, len(seen) == 2))
        await toy.until(lambda: has_failed(toy))
        advance(timedelta(minutes=5))
        await toy.until(lambda: asyncio.sleep(0, len(seen) == 3))

        async def planned_again():
            found = await row()
            return found if found["due_at"] > clock.now() else None

        ended = await toy.until(planned_again)
        assert (ended["due_at"] - clock.now(), ended["payload"]) == (timedelta(days=1), {})
        assert (ended["attempts"], ended["error"]) == (0, None)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert seen == [{}, {"after": 1}, {"after": 1}]
    again = loop()
    await again._recurrence.plan(toy.kit.database)
    assert (await row())["id"] == ended["id"]


async def test_what_recurs_is_tried_once_more_at_its_next_turn_though_it_has_failed_for_good(toy, monkeypatch):
    monkeypatch.setattr(duework, "MOST_ATTEMPTS", 1)
    tried: list[str] = []

    async def look(_kit, key, _payload):
        tried.append(key)
        if len(tried) < 3:
            raise LookupError("a release that errs")

    loop = DueWorkLoop(toy.kit, {"look": Recurring(look, timedelta(days=1))})

    async def turn():
        await loop._recurrence.plan(toy.kit.database)
        await loop.run_some()
        return (await left(toy))["all"]

    with clock.freeze(clock.now()) as advance:
        for times in (1, 2):
            failed = await turn()
            assert (failed["failed_at"], failed["due_at"]) == (clock.now(), clock.now() + timedelta(days=1))
            advance(timedelta(hours=23))
            await turn()
            assert len(tried) == times
            advance(timedelta(hours=1))
        done = await turn()
        assert (done["failed_at"], done["attempts"], done["error"]) == (None, 0, None)


async def has_failed(toy):
    return (await left(toy))["all"]["attempts"] == 1
