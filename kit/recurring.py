"""Due work that recurs: planned by a process that misses it, and due again some time after its end.

It never stops: what has failed for good is tried once more at its next turn, and told as failed meanwhile.
"""

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
REVIVE = """
    UPDATE due_work SET failed_at = NULL
    WHERE id IN (
        SELECT id FROM due_work WHERE kind = ANY($1::text[]) AND failed_at IS NOT NULL AND due_at <= $2
        FOR UPDATE SKIP LOCKED
    )
"""
LOOK_AGAIN = timedelta(hours=1)
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
        self._look_at: datetime | None = None

    async def plan(self, database: Database) -> None:
        """Plan what is missing, and what had failed for good and has its turn again: at the start, then every hour."""
        now = clock.now()
        if not self._every or (self._look_at is not None and now < self._look_at):
            return
        async with database.connection() as connection:
            turns = [first_turn(every, now) for every in self._every.values()]
            await connection.execute(STAND, list(self._every), turns)
            await connection.execute(REVIVE, list(self._every), now)
        self._look_at = now + LOOK_AGAIN

    def next_of(self, kind: str) -> datetime | None:
        """When work that has ended now, well or badly, has its turn again; None where it does not recur."""
        every = self._every.get(kind)
        return None if every is None else next_turn(every, clock.now())

    async def again(self, connection: asyncpg.Connection, row: int, kind: str) -> bool:
        """Whether work that has ended recurs: its row is due again then."""
        following = self.next_of(kind)
        if following is not None:
            await connection.execute(AGAIN, row, following)
        return following is not None
