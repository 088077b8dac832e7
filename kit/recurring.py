"""Due work that recurs: planned by a process that starts and misses it, and due again some time after its end."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

import asyncpg

from kit.clock import BANGKOK, clock
from kit.database import Database
from kit.duekinds import AnyWork, Recurring

STAND = """
    INSERT INTO due_work (kind, key, due_at)
    SELECT kind, 'all', due_at FROM unnest($1::text[], $2::timestamptz[]) AS standing (kind, due_at)
    ON CONFLICT DO NOTHING
"""
# What once went wrong is past: it would come to its last attempt some day.
AGAIN = "UPDATE due_work SET due_at = $2, payload = '{}', attempts = 0, error = NULL WHERE id = $1"


def next_turn(every: timedelta | time, now: datetime) -> datetime:
    """When work that has ended now is due again."""
    if isinstance(every, timedelta):
        return now + every
    return datetime.combine(clock.local_date(now) + timedelta(days=1), every, BANGKOK)


def first_turn(every: timedelta | time, now: datetime) -> datetime:
    """When work that was not planned is due: at once, or at its time of the day."""
    return now if isinstance(every, timedelta) else next_turn(every, now)


class Recurrence:
    """What recurs among the due work of a process."""

    def __init__(self, functions: Mapping[str, AnyWork]) -> None:
        self._every = {kind: work.every for kind, work in functions.items() if isinstance(work, Recurring)}
        self._is_planned = not self._every

    async def plan(self, database: Database) -> None:
        """Plan what is missing, once in the life of the process."""
        if not self._is_planned:
            async with database.connection() as connection:
                turns = [first_turn(every, clock.now()) for every in self._every.values()]
                await connection.execute(STAND, list(self._every), turns)
            self._is_planned = True

    async def again(self, connection: asyncpg.Connection, row: int, kind: str) -> bool:
        """Whether work that has ended recurs: its row is due again then."""
        if every := self._every.get(kind):
            await connection.execute(AGAIN, row, next_turn(every, clock.now()))
        return every is not None
