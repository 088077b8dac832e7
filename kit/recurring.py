"""Due work that recurs: planned by a process that starts and misses it, and due again some time after its end."""

from collections.abc import Mapping

import asyncpg

from kit.clock import clock
from kit.database import Database
from kit.duekinds import AnyWork, Recurring

STAND = """
    INSERT INTO due_work (kind, key, due_at) SELECT kind, 'all', $1 FROM unnest($2::text[]) AS standing (kind)
    ON CONFLICT DO NOTHING
"""
# What once went wrong is past: it would come to its last attempt some day.
AGAIN = "UPDATE due_work SET due_at = $2, payload = '{}', attempts = 0, error = NULL WHERE id = $1"


class Recurrence:
    """What recurs among the due work of a process."""

    def __init__(self, functions: Mapping[str, AnyWork]) -> None:
        self._every = {kind: work.every for kind, work in functions.items() if isinstance(work, Recurring)}
        self._is_planned = not self._every

    async def plan(self, database: Database) -> None:
        """Plan what is missing, once in the life of the process."""
        if not self._is_planned:
            async with database.connection() as connection:
                await connection.execute(STAND, clock.now(), list(self._every))
            self._is_planned = True

    async def again(self, connection: asyncpg.Connection, row: int, kind: str) -> bool:
        """Whether work that has ended recurs: its row is due again then."""
        if every := self._every.get(kind):
            await connection.execute(AGAIN, row, clock.now() + every)
        return every is not None
