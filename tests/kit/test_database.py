"""Sessions on a real server: what stands after them, who is woken, what becomes of a connection that is lost."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from asyncpg.transaction import Transaction as Edge
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kit import duework
from kit.clock import clock
from kit.connections import DatabaseAway
from kit.database import Database, WroteWhileReading
from kit.retry import is_passing
from kit.rows import fetch
from tests.kit.toy.models import Tally


@pytest.fixture
async def database(servers):
    """The toy's database with one connection for all, and no service on it."""
    database = Database(servers.url_of(await servers.new_database("tests.kit.toy")), pool=1)
    yield database
    await database.dispose()


def tally(**values) -> Tally:
    place = {"agency": "22000000", "definition": "licence@1", "step": "review", "slip": {"plan": []}}
    return Tally(**{"journey_id": uuid4(), "transaction": 0, **place, **values})


async def count(database) -> int:
    async with database.reading() as session:
        return (await fetch(session, "SELECT count(*) FROM tally"))[0]["count"]


async def write(database, *rows, query: str = "SELECT 1") -> None:
    """Write rows, then run a query, in one transaction."""
    async with database.transaction() as session:
        for row in rows:
            session.add(row)
            await session.flush()
        await fetch(session, query)


async def plan(database, key: str, *, in_days: int = 0, query: str = "SELECT 1") -> None:
    async with database.transaction() as session:
        await duework.add(session, "chore", key, due_at=clock.now() + timedelta(days=in_days))
        await fetch(session, query)


async def read(database, wrongly) -> None:
    async with database.reading() as session:
        await wrongly(session)


async def test_what_was_written_in_a_transaction_stands_after_it(database):
    async with database.transaction() as session:
        session.add(tally())
        await session.flush()
        await fetch(session, "UPDATE tally SET transaction = 1")
        session.add(tally())
    async with database.reading() as session:
        assert sorted((await session.execute(select(Tally.transaction))).scalars()) == [0, 1]


async def test_an_error_in_a_transaction_leaves_nothing(database):
    with pytest.raises(DBAPIError):
        await write(database, tally(), tally(agency=None))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await write(database, tally(), query="SELECT 1 / 0")
    with pytest.raises(asyncpg.UniqueViolationError):
        await write(database, tally(), query="INSERT INTO tally SELECT * FROM tally")
    assert await count(database) == 0


async def test_reading_opens_no_transaction_on_the_server(database):
    async with database.reading() as session:
        first = (await session.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one()
        second = (await fetch(session, "SELECT pg_current_xact_id()::text"))[0][0]
    assert first != second
    async with database.transaction() as session:
        first = (await session.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one()
        second = (await fetch(session, "SELECT pg_current_xact_id()::text"))[0][0]
    assert first == second


async def test_what_would_be_lost_in_a_session_for_reading_is_a_fault(database):
    async def adds(session):
        session.add(tally())

    async def changes(session):
        (await session.execute(select(Tally))).scalars().one().transaction = 7

    async def plans(session):
        await duework.add(session, "chore", "key")

    async def adds_and_reads(session):
        session.add(tally())
        assert len((await session.execute(select(Tally))).all()) == 1

    async def flushes(session):
        session.add(tally())
        await session.flush()

    await write(database, tally())
    for wrongly in (adds, changes, plans, adds_and_reads, flushes):
        with pytest.raises(WroteWhileReading):
            await read(database, wrongly)
    assert await count(database) == 1


async def test_work_is_announced_when_it_is_due_and_not_before(database):
    told = []
    database.on_commit(told.append)
    await plan(database, "later", in_days=1)
    assert told == []
    await plan(database, "now")
    assert told == ["due_work"]
    with pytest.raises(asyncpg.DivisionByZeroError):
        await plan(database, "never", query="SELECT 1 / 0")
    assert told == ["due_work"]


@pytest.mark.parametrize("when", ["idle", "statement", "commit"])
async def test_a_lost_connection_is_told_and_replaced(database, servers, when):
    async with database.reading() as session:
        ((pid,),) = await fetch(session, "SELECT pg_backend_pid()")

    async def lose_it_in_the_middle():
        async with database.transaction() as session:
            session.add(tally())
            await session.flush()
            await servers.execute(f"SELECT pg_terminate_backend({pid}, 2000)")
            if when == "statement":
                await fetch(session, "SELECT 1")

    if when == "idle":
        await servers.execute(f"SELECT pg_terminate_backend({pid}, 2000)")
    else:
        with pytest.raises(DatabaseAway):
            await lose_it_in_the_middle()
    assert await count(database) == 0
    await write(database, tally())
    assert await count(database) == 1


async def test_a_driver_that_a_dying_server_left_out_of_step_is_told_and_its_connection_replaced(database, monkeypatch):
    async with database.reading() as session:
        ((before,),) = await fetch(session, "SELECT pg_backend_pid()")

    async def out_of_step(*_, **__):
        raise asyncpg.InternalClientError("cannot switch to idle state")

    for ask in (lambda: count(database), lambda: write(database, tally(), query="SELECT 2")):
        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "_get_statement", out_of_step)
            with pytest.raises(DatabaseAway) as told:
                await ask()
        assert is_passing(told.value)
        assert is_passing(told.value.__cause__)
        async with database.reading() as session:
            ((after,),) = await fetch(session, "SELECT pg_backend_pid()")
        assert after != before
        before = after
    assert await count(database) == 0


@pytest.mark.parametrize("broken", ["start", "rollback"])
@pytest.mark.parametrize("when", ["before the server heard", "after the server heard"])
async def test_a_transaction_broken_off_at_its_edge_leaves_nothing_to_what_comes_next(
    database, servers, monkeypatch, broken, when
):
    real = getattr(Edge, broken)

    async def broken_off(self):
        if when == "after the server heard":
            await real(self)
        raise asyncio.CancelledError

    monkeypatch.setattr(Edge, broken, broken_off)
    with pytest.raises(asyncio.CancelledError):
        await write(database, tally(), query="SELECT 1 / 0")
    monkeypatch.setattr(Edge, broken, real)
    await write(database, tally())
    elsewhere = Database(database.engine.url.render_as_string(hide_password=False), pool=1)
    assert await count(elsewhere) == 1
    await elsewhere.dispose()
