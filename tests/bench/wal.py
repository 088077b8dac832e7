"""What was written between two moments, from PostgreSQL's own log of writes: exact, and known at once.

(The server's statistics of tables come up to ten seconds late.)
"""

from collections import defaultdict
from dataclasses import dataclass, field

WRITTEN = """
SELECT xid::text, resource_manager, record_type, reldatabase, relfilenode FROM pg_get_wal_block_info($1, $2)
WHERE block_id = 0 AND relforknumber = 0 AND resource_manager LIKE 'Heap%'
"""
COMMITTED = """
SELECT xid::text FROM pg_get_wal_records_info($1, $2)
WHERE resource_manager = 'Transaction' AND record_type LIKE 'COMMIT%'
"""
KINDS = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Written:
    """Of one database: rows inserted, updated and deleted by table, and the transactions that did it."""

    rows: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    transactions: set[str] = field(default_factory=set)


async def position(connection) -> str:
    """Where the log is now."""
    return await connection.fetchval("SELECT pg_current_wal_insert_lsn()")


async def written(connection, since, until, tables) -> dict[str, Written]:
    """What committed transactions wrote to the tables, ``{(database oid, file): (service, table)}``, by service."""
    committed = {row["xid"] for row in await connection.fetch(COMMITTED, since, until)}
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    found: dict[str, Written] = defaultdict(Written)
    for xid, _, kind, database, file in await connection.fetch(WRITTEN, since, until):
        place = tables.get((database, file))
        what = kind.removeprefix("HOT_").partition("+")[0]
        if place is not None and xid in committed and what in KINDS:
            counts[place][KINDS.index(what)] += 1
            found[place[0]].transactions.add(xid)
    for (service, table), each in counts.items():
        found[service].rows[table] = tuple(each)
    return found
