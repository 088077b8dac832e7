"""What the databases do for a query: which tables are read from end to end, and which indexes keep it flat."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.databases import connected
from bench.growth.copies import TABLES
from kit.local.suite import Suite

BIG = 2_000
"""Rows from which on a table is not read from end to end."""


class Scans(NamedTuple):
    """Of one table so far: scans from end to end, and rows they read."""

    scans: int
    rows: int


async def scans(suite: Suite) -> dict[str, Scans]:
    """By ``service.table``, for tables of so many rows; statistics are flushed by the servers within a second."""
    query = "SELECT relname, seq_scan, seq_tup_read FROM pg_stat_user_tables WHERE schemaname = 'public'"
    found = {}
    for service in TABLES:
        async with connected(suite, service) as connection:
            for name, count, rows in await connection.fetch(query):
                found[f"{service}.{name}"] = Scans(count or 0, rows or 0)
    return found


def walked(before: Mapping[str, Scans], after: Mapping[str, Scans]) -> list[dict[str, Any]]:
    """Tables that were read from end to end though they are big, with how often and how many rows a time."""
    found = []
    for name, now in sorted(after.items()):
        times = now.scans - before[name].scans
        rows = now.rows - before[name].rows
        if times and rows / times >= BIG:
            found.append({"table": name, "scans": times, "rows_a_scan": rows // times})
    return found


async def indexes(suite: Suite) -> dict[str, int]:
    """How often each index was used so far, by ``service.table.index``."""
    query = "SELECT relname, indexrelname, idx_scan FROM pg_stat_user_indexes WHERE schemaname = 'public'"
    return {name: used or 0 for name, used in await _by_index(suite, query)}


async def definitions(suite: Suite) -> dict[str, str]:
    """The statement that makes each index."""
    query = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return {name: str(text) for name, text in await _by_index(suite, query)}


async def _by_index(suite: Suite, query: str) -> list[tuple[str, Any]]:
    found = []
    for service in TABLES:
        async with connected(suite, service) as connection:
            for table, name, value in await connection.fetch(query):
                if table in TABLES[service]:
                    found.append((f"{service}.{table}.{name}", value))
    return found


def used(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """How often each index was used between two looks; only those that were."""
    times = {name: after[name] - before.get(name, 0) for name in sorted(after)}
    return {name: count for name, count in times.items() if count > 0}


async def rows(suite: Suite) -> dict[str, int]:
    """How many rows each table has, as the last ANALYZE saw it."""
    return await _by_table(suite, "greatest(reltuples, 0)::bigint")


async def gibibytes(suite: Suite) -> dict[str, float]:
    """What each table takes on disk with its indexes."""
    return {name: size / 2**30 for name, size in (await _by_table(suite, "pg_total_relation_size(oid)")).items()}


async def _by_table(suite: Suite, value: str) -> dict[str, int]:
    query = f"SELECT relname, {value} FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    found = {}
    for service in TABLES:
        async with connected(suite, service) as connection:
            for table, count in await connection.fetch(query):
                if table in TABLES[service]:
                    found[f"{service}.{table}"] = count
    return found
