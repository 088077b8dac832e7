"""Fills the databases of a running suite with finished journeys: copies of one real journey, row by row.

Meanwhile the suite's programs are down. Indexes are dropped and built anew, which is several times faster than
keeping them; afterwards they are the same, to the letter.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bench.databases import connected
from bench.growth.copies import PEOPLE, TABLES, Columns, statement
from kit.local.suite import Suite

COUNTERS = {"request": "number_series", "payment": "receiptbook", "issuance": "series"}
AHEAD = 5_000_000
"""Where the running numbers of real journeys go on, above those of the copies."""
HASTY = {
    "fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_wal_size": "4GB", "checkpoint_timeout": "1h",
}  # fmt: skip
"""Only while copies are made: nothing is measured then."""
IN_SESSION = (
    # Rows are copied table by table, and booked sides come apart: both are checked at commit.
    "SET session_replication_role = replica; SET synchronous_commit = off; SET jit = off;"
    " SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 0; SET work_mem = '128MB'"
)


async def templates(suite: Suite, since: dict[str, int]) -> None:
    """Keep the rows that were written since those transactions: one journey, and one sign-in."""
    for service, tables in TABLES.items():
        async with connected(suite, service) as connection:
            await connection.execute("CREATE SCHEMA bench")
            for table in tables:
                await connection.execute(
                    f"CREATE TABLE bench.{table} AS SELECT * FROM {table} WHERE xmin::text::bigint >= {since[service]}"
                )


async def now_at(suite: Suite) -> dict[str, int]:
    """The next transaction of each database (they share one counter)."""
    found = {}
    for service in TABLES:
        async with connected(suite, service) as connection:
            found[service] = int(await connection.fetchval("SELECT pg_current_xact_id()::text"))
    return found


async def fill(suite: Suite, first: int, count: int) -> float:
    """Add the copies ``first … count`` everywhere, and say how many seconds that took; statistics are made."""
    began = time.perf_counter()
    async with paused(suite):
        await _settings(suite, HASTY)
        # The longest first, so that both lanes end at about the same time.
        waiting = ["identity", "issuance", "request", "approval", "payment", "review", "delivery", "gateway"]

        async def lane() -> None:
            while waiting:
                await _fill_one(suite, waiting.pop(), first, count)

        await asyncio.gather(lane(), lane())
        await _settings(suite, dict.fromkeys(HASTY))
        await asyncio.to_thread(os.sync)
    return time.perf_counter() - began


@asynccontextmanager
async def paused(suite: Suite) -> AsyncIterator[None]:
    """The suite's own programs are down; afterwards they are started anew."""
    names = [program.name for program in suite.layout.services]
    for name in names:
        await asyncio.to_thread(suite.kill, name)
    yield
    await asyncio.gather(*(asyncio.to_thread(suite.restart, name) for name in names))


async def _settings(suite: Suite, values: dict[str, Any]) -> None:
    async with connected(suite, "gateway") as connection:
        for name, value in values.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'" if value else f"ALTER SYSTEM RESET {name}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute("CHECKPOINT")


async def _fill_one(suite: Suite, service: str, first: int, count: int) -> None:
    people = service == "identity"
    since, upto = (first // PEOPLE, max(count // PEOPLE, 1)) if people else (first, count)
    async with connected(suite, service) as connection:
        await connection.execute(IN_SESSION)
        again = await _drop_indexes(connection, TABLES[service])
        for table in TABLES[service]:
            made = statement(service, table, await _columns(connection, table), upto)
            await connection.execute(made, since + 1, upto)
        if counter := COUNTERS.get(service):
            await connection.execute(f"UPDATE {counter} SET last = greatest(last, {AHEAD})")
        for each in again:
            await connection.execute(each)
        await connection.execute("VACUUM (ANALYZE)")


async def _drop_indexes(connection: Any, tables: tuple[str, ...]) -> list[str]:
    """Drop what the tables have of keys and indexes; the statements that make them again, in their order."""
    keys = await connection.fetch(
        "SELECT conrelid::regclass::text AS of, conname, contype, pg_get_constraintdef(oid) AS text FROM pg_constraint"
        " WHERE conrelid = ANY($1::regclass[]) AND contype IN ('f', 'p', 'u')"
        " OR confrelid = ANY($1::regclass[]) AND contype = 'f' ORDER BY contype = 'f' DESC",
        list(tables),
    )
    indexes = await connection.fetch(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) AS text FROM pg_index i JOIN pg_class c ON c.oid = indexrelid"
        " WHERE indrelid = ANY($1::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))",
        list(tables),
    )
    for each in keys:
        await connection.execute(f"ALTER TABLE {each['of']} DROP CONSTRAINT {each['conname']}")
    for each in indexes:
        await connection.execute(f"DROP INDEX {each['relname']}")
    added = [f"ALTER TABLE {each['of']} ADD CONSTRAINT {each['conname']} {each['text']}" for each in reversed(keys)]
    return [*(each["text"] for each in indexes), *added]


async def _columns(connection: Any, table: str) -> Columns:
    rows = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position",
        table,
    )
    return [(row["column_name"], row["data_type"]) for row in rows]
