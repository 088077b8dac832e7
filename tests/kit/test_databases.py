"""Databases of tests that are used again: no test finds what another one left."""

import asyncpg
import pytest

PACKAGE = "tests.kit.toy"


async def used(servers, change: str, *, is_left_open: bool = False) -> tuple[str, bool]:
    """A database that a test changed and gave back, and whether the next test may get it."""
    name = await servers.lend_database(PACKAGE)
    connection = await asyncpg.connect(servers._plain_url_of(name))
    if is_left_open:
        await connection.execute("BEGIN")
    await connection.execute(change)
    if not is_left_open:
        await connection.close()
    await servers.take_back(PACKAGE, name)
    connection.terminate()
    return name, name in servers._databases._free[PACKAGE]


@pytest.mark.parametrize(
    "change",
    ["ALTER TABLE due_work ALTER attempts SET DEFAULT 1", "INSERT INTO alembic_version VALUES ('of another release')"],
)
async def test_a_database_that_is_not_as_its_migrations_left_it_is_thrown_away(servers, change):
    _, is_kept = await used(servers, change)
    assert not is_kept


async def test_rows_are_emptied_and_who_is_still_writing_is_waited_for(servers):
    plan = "INSERT INTO due_work (kind, key, due_at) VALUES ('a', 'b', now())"
    name, is_kept = await used(servers, plan, is_left_open=True)
    assert is_kept
    connection = await asyncpg.connect(servers._plain_url_of(name))
    assert await connection.fetchval("SELECT count(*) FROM due_work") == 0
    await connection.close()
