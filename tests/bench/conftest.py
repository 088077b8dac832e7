"""One running suite of the bench, its documents taken out, and a journey walked through it."""

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest

from bench.databases import connected
from bench.journeys import walker
from bench.queues import looking
from bench.stage import Stage, staged
from tests.bench.wal import Written, position, written

FILES = """
SELECT (SELECT oid FROM pg_database WHERE datname = current_database()), pg_relation_filenode(oid), relname
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


@dataclass
class Walked:
    """A journey, and what the databases wrote for it, by service."""

    journey: str
    written: dict[str, Written]


@pytest.fixture(scope="session")
async def stage():
    async with staged(spine=True, fsync=False) as running:
        yield running


@pytest.fixture(scope="session")
async def walked(stage):
    """A journey walked while nothing else is; one before it has made what is made once."""
    connection = await asyncpg.connect(stage.suite.postgres.admin_url)
    try:
        await connection.execute("CREATE EXTENSION pg_walinspect")
        async with walker(stage) as one:
            await one.walk(0)
            await rest(stage)
            since = await position(connection)
            await one.walk(1)
            await rest(stage)
            until = await position(connection)
            mine, _ = await one.call("mine", "GET", "/v1/journeys")
        return Walked(mine["items"][0]["id"], await written(connection, since, until, await _tables(stage)))
    finally:
        await connection.close()


async def rest(stage: Stage) -> None:
    """Wait until every event is published, taken and acknowledged, and no work is due."""
    async with asyncio.timeout(60), looking(stage.suite) as looks:
        while any(looks.seen[-1][1].values()):
            await asyncio.sleep(0.1)


async def _tables(stage: Stage) -> dict[tuple[int, int], tuple[str, str]]:
    found = {}
    for program in stage.suite.layout.services:
        async with connected(stage.suite, program.name) as connection:
            rows = await connection.fetch(FILES)
        found |= {(database, file): (program.name, name) for database, file, name in rows}
    return found
