"""Fills the databases of a running suite with finished journeys: copies of one real journey, row by row.

A copy differs in what is unique: every id becomes another id, the same one in all databases, numbers run on, times
lie spread over the past year. Every 500th is left waiting at review and approval, so that queues have something.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from bench.databases import connected
from kit.local.suite import Suite

YEAR = 365 * 86_400
PEOPLE = 5
"""One person for so many journeys."""
WAITING = 500
"""One journey of so many waits in the queues."""
CHUNK = 50_000
SHORT = 100
"""Characters kept of an old event in an outbox: the rows are all there, so are their indexes, the disk is not."""
WHOLE = 100_000
"""So many of the newest journeys keep their events whole."""

TABLES: dict[str, tuple[str, ...]] = {
    "gateway": ("journey", "progress", "timeline", "inbox", "tombstone"),
    "request": ("application", "outbox", "inbox", "tombstone"),
    "review": ("cases", "case_acts", "outbox", "inbox"),
    "approval": ("decisions", "outbox", "inbox"),
    "payment": ("invoice", "payment", "receipt", "ledgerentry", "outbox", "inbox", "due_work"),
    "issuance": ("document", "number", "outbox", "inbox"),
    "delivery": ("delivery", "notice", "outbox", "inbox"),
    "identity": ("person", "session", "refresh_token", "authentication"),
}
OF_A_PERSON = frozenset({"person", "person_id"})
COUNTERS = {"request": "number_series", "payment": "receiptbook", "issuance": "series"}

_HEX = "md5({0}::text || {n}::text)"
_ID = "(lpad(to_hex(1700000000000 + {n}), 12, '0') || '7' || substr({hex}, 1, 3) || '8' || substr({hex}, 4, 15))::uuid"
_RUNNING = "regexp_replace({0}, '[0-9]{{6}}$', lpad((n + 10)::text, 7, '0'))"
_LONG = "substr(md5({0}::text || n::text) || md5(n::text || {0}::text), 1, length({0}))"
OWN = {
    ("request", "application", "number"): _RUNNING,
    ("review", "cases", "application_number"): _RUNNING,
    ("review", "cases", "state"): f"CASE WHEN n % {WAITING} = 0 THEN 'waiting' ELSE {{0}} END",
    ("approval", "decisions", "state"): f"CASE WHEN n % {WAITING} = 0 THEN 'waiting' ELSE {{0}} END",
    ("issuance", "document", "application_number"): _RUNNING,
    ("issuance", "document", "token"): _LONG,
    ("issuance", "document", "sha256"): _LONG,
    ("issuance", "document", "stored_as"): "{0} || n",
    ("payment", "invoice", "reference1"): "upper(" + _LONG + ")",
    ("payment", "payment", "transaction_id"): _LONG,
    ("payment", "due_work", "due_at"): "now() + interval '17 days 1 hour' - shift",
    ("payment", "due_work", "key"): _ID.format(n="n", hex=_HEX.format("key", n="n")) + "::text",
}


def expression(service: str, table: str, column: str, kind: str) -> str:
    """What a column of a copy is made of: ``n`` is its number, ``shift`` how long before now it was."""
    if (service, table, column) in OWN:
        return OWN[service, table, column].format(column)
    if kind == "uuid":
        number = f"(n % greatest(@count / {PEOPLE}, 1))" if column in OF_A_PERSON and service != "identity" else "n"
        return _ID.format(n=number, hex=_HEX.format(column, n=number))
    if kind == "timestamp with time zone":
        if (table, column) == ("cases", "clock_stopped_at"):
            return f"CASE WHEN n % {WAITING} = 0 THEN NULL ELSE clock_stopped_at - shift END"
        return f"{column} - shift"
    if kind == "date":
        return f"{column} - extract(day from shift)::int"
    if kind == "bytea" and (column.endswith("hash") or column in {"idempotency", "hash"}):
        return f"decode(md5({column}::text || n) || md5(n || {column}::text), 'hex')"
    return {"running": "n + 10", "body": _body(table)}.get(column, column)


def _body(table: str) -> str:
    if table != "outbox":
        return "body"
    return f"CASE WHEN n > @count - {WHOLE} THEN body ELSE left(body, {SHORT}) END"


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
    await _settings(suite, {"autovacuum": "off", "max_wal_size": "16GB", "checkpoint_timeout": "1h"})
    waiting = sorted(TABLES, key=lambda service: service == "gateway")

    async def lane() -> None:
        while waiting:
            await _fill_one(suite, waiting.pop(), first, count)

    await asyncio.gather(lane(), lane())
    await _settings(suite, {"autovacuum": None, "max_wal_size": None, "checkpoint_timeout": None})
    return time.perf_counter() - began


async def _settings(suite: Suite, values: dict[str, str | None]) -> None:
    async with connected(suite, "gateway") as connection:
        for name, value in values.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'" if value else f"ALTER SYSTEM RESET {name}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute("CHECKPOINT")


async def _fill_one(suite: Suite, service: str, first: int, count: int) -> None:
    async with connected(suite, service) as connection:
        # Rows are copied in the order of the tables' names, and booked sides come apart: both are checked at commit.
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off; SET jit = off")
        upto = max(count // PEOPLE, 1) if service == "identity" else count
        since = first // PEOPLE if service == "identity" else first
        for table in TABLES[service]:
            statement = await _statement(connection, service, table, upto)
            for start in range(since, upto, CHUNK):
                await connection.execute(statement, start + 1, min(start + CHUNK, upto))
        if counter := COUNTERS.get(service):
            await connection.execute(f"UPDATE {counter} SET last = {count + 1000}")
        await connection.execute("VACUUM (ANALYZE)")


async def _statement(connection: Any, service: str, table: str, count: int) -> str:
    columns = await _columns(connection, table)
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(expression(service, table, name, kind) for name, kind in columns).replace("@count", str(count))
    recent = f"WHERE n > {count} - {count} * 17 / 365" if table == "due_work" else ""
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM (SELECT n,"
        f" make_interval(days => (({count} - n) * 365::bigint / {count})::int) AS shift"
        f" FROM generate_series($1::int, $2::int) AS n) AS copies, bench.{table} {recent}"
    )


async def _columns(connection: Any, table: str) -> Sequence[tuple[str, str]]:
    rows = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position",
        table,
    )
    return [(row["column_name"], row["data_type"]) for row in rows]
