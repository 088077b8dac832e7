"""Due work: whatever is slow, outside or later, as a row done after commit, idempotently, with retries.

A row is done under its row lock (``FOR UPDATE SKIP LOCKED``) in a connection of its own, so that a
process that dies leaves it to the next one at once.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import crashpoint, telemetry
from kit.clock import clock
from kit.connections import is_of_the_database, transacting
from kit.database import defer, deferred
from kit.duekinds import AnyWork, InBulk, OneAtATime, Recurring, Work, WorkFunction
from kit.gist import gist, places
from kit.pace import pause_after
from kit.recurring import Recurrence
from kit.retry import delay_after, is_passing
from kit.rows import fetch
from kit.telemetry import log

if TYPE_CHECKING:
    from kit.app import Kit

MOST_ATTEMPTS = 12
MOST = 16
"""Rows that are done together at the most."""
# The kinds are named, since during a rolling update a newer process may plan unknown ones.
KINDS = """
    SELECT kind FROM unnest($2::text[]) AS kinds (kind)
    WHERE EXISTS (SELECT FROM due_work WHERE due_work.kind = kinds.kind AND failed_at IS NULL AND due_at <= $1)
"""
_DUE = "SELECT id, kind, key, payload, attempts, traceparent FROM due_work WHERE failed_at IS NULL AND due_at <= $1"
TAKE = f"{_DUE} AND kind = ANY($2::text[]) ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED"
TAKE_ONE = f"{_DUE} AND id = $2 FOR UPDATE SKIP LOCKED"
DONE = "DELETE FROM due_work WHERE id = ANY($1::bigint[])"
# Failures that it has come through are past: those of months would else add up until it is taken for hopeless.
_PUT_OFF = "due_at = $2, payload = coalesce($3::jsonb, payload), attempts = 0, error = NULL"
POSTPONE = f"UPDATE due_work SET {_PUT_OFF} WHERE id = $1"  # noqa: S608 - our own words
FAIL = "UPDATE due_work SET attempts = $2, error = $3, due_at = coalesce($4, due_at), failed_at = $5 WHERE id = $1"
INSERT = """
    INSERT INTO due_work (kind, key, payload, due_at, traceparent)
    SELECT kind, key, payload::jsonb, due_at, traceparent
    FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
        AS planned (kind, key, payload, due_at, traceparent)
    ON CONFLICT DO NOTHING
"""
CANCEL = """
    DELETE FROM due_work
    WHERE id IN (SELECT id FROM due_work WHERE kind = $1 AND key = ANY($2) FOR UPDATE SKIP LOCKED)
"""


__all__ = [
    "AnyWork", "DueWorkLoop", "InBulk", "Later", "OneAtATime", "Recurring", "Work", "WorkFunction", "add", "cancel",
]  # fmt: skip


class Later(Exception):
    """Raised by work that is not ready: run it again at ``at`` without counting an attempt.

    A ``payload`` takes the place of the row's: what the work must know of its earlier turns.
    """

    def __init__(self, at: datetime, payload: Mapping[str, Any] | None = None) -> None:
        super().__init__(at.isoformat())
        self.at = at
        self.payload = payload


@dataclass(frozen=True)
class Row:
    """A row of due work in hand."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    traceparent: str | None


def _row(record: asyncpg.Record) -> Row:
    return Row(**dict(record))


async def add(
    session: AsyncSession,
    kind: str,
    key: UUID | str,
    *,
    due_at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
    journey: UUID | None = None,
) -> None:
    """Plan work under (kind, key); planning the same twice keeps the first.

    What is planned while work of the same key is just ending goes with it: a repeat wants a key of its own.
    The row is written at the end of the transaction, with all others that it plans.
    """
    said = json.dumps(dict(payload or {}), default=str, ensure_ascii=False)
    row = (kind, str(key), said, due_at or clock.now(), telemetry.traceparent_for(journey))
    defer(session, "due_work", _write, row)


async def _write(session: AsyncSession, rows: list[tuple[Any, ...]]) -> bool:
    await fetch(session, INSERT, *map(list, zip(*rows, strict=True)))
    now = clock.now()
    return any(due_at <= now for _, _, _, due_at, _ in rows)


async def cancel(session: AsyncSession, kind: str, *keys: UUID | str) -> None:
    """Drop planned work that is not wanted any more; work that is being done just now is left to end.

    Waiting for it could wait for ever: it may want a row that this transaction holds.
    """
    unwanted = {(kind, str(key)) for key in keys}
    planned = deferred(session, "due_work")
    planned[:] = [row for row in planned if row[:2] not in unwanted]
    await fetch(session, CANCEL, kind, [key for _, key in unwanted])


class DueWorkLoop:
    """Takes due rows until cancelled; woken after a commit in this process, by a poll otherwise."""

    def __init__(
        self, kit: "Kit", functions: Mapping[str, AnyWork], workers: int = 3, poll_seconds: float = 0.5
    ) -> None:
        self.kit = kit
        self.functions = dict(functions)
        plain = [kind for kind, work in functions.items() if not isinstance(work, (InBulk, OneAtATime))]
        bulk, slow = ([kind for kind, work in functions.items() if isinstance(work, of)] for of in (InBulk, OneAtATime))
        self._slow = frozenset(slow)
        self._recurrence = Recurrence(functions)
        self._turns = [([kind], MOST) for kind in bulk] + ([(plain, 1)] if plain else []) + [([k], 1) for k in slow]
        self._busy: set[str] = set()
        """Kinds done one at a time that are in some worker's hands."""
        self.workers = workers
        self.poll_seconds = poll_seconds
        self._woken = asyncio.Condition()
        self._is_news = False
        self._in_hand = 0
        """Workers that are doing something."""
        kit.database.on_commit(self._wake)
        self._waking: set[asyncio.Task[None]] = set()

    def _wake(self, name: str) -> None:
        if name == "due_work":
            task = asyncio.get_running_loop().create_task(self._notify())
            self._waking.add(task)
            task.add_done_callback(self._waking.discard)

    async def _notify(self) -> None:
        async with self._woken:
            self._is_news = True
            self._woken.notify()

    def runners(self) -> list[Coroutine[Any, Any, None]]:
        """The workers, each to be run as a task of its own; none where there is no work to do."""
        if not self.functions:
            return []
        return [self._work(is_first=index == 0) for index in range(self.workers)]

    async def _work(self, *, is_first: bool) -> None:
        if not is_first:
            await self._rest(is_first=False)
        while True:
            began = time.perf_counter()
            try:
                await self._recurrence.plan(self.kit.database)
                done = await self.run_some()
            except Exception as error:  # noqa: BLE001 - the loop outlives every outage and says so
                log.warning("due work interrupted", error=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            if done > 1:
                await asyncio.sleep(pause_after(time.perf_counter() - began))
            elif not done:
                await self._rest(is_first=is_first)

    async def _rest(self, *, is_first: bool) -> None:
        """Sleep until there is news, or it is time to look: of several only the first looks while none has work."""
        while not await self._sleep(self.poll_seconds):
            if is_first or self._in_hand:
                return

    async def _sleep(self, seconds: float) -> bool:
        async with self._woken:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait_for(lambda: self._is_news)
            was_news, self._is_news = self._is_news, False
        return was_news

    async def run_some(self) -> int:
        """Do what is due, each kind of work in its turn, and say how many rows there were."""
        done = 0
        async with self.kit.database.connection() as connection:
            due = {row["kind"] for row in await connection.fetch(KINDS, clock.now(), list(self.functions))}
        turns = [turn for turn in self._turns if not due.isdisjoint(turn[0]) and self._busy.isdisjoint(turn[0])]
        self._in_hand += bool(turns)
        try:
            for kinds, most in turns:
                if self._busy.isdisjoint(kinds):
                    slow = self._slow.intersection(kinds)
                    self._busy |= slow
                    try:
                        done += await self._turn(kinds, most, is_last=kinds is turns[-1][0])
                    finally:
                        self._busy -= slow
        finally:
            self._in_hand -= bool(turns)
        return done

    async def _turn(self, kinds: Sequence[str], most: int, *, is_last: bool) -> int:
        left: Sequence[Row] = ()
        async with self._taking() as connection:
            rows = [_row(each) for each in await connection.fetch(TAKE, clock.now(), kinds, most)]
            if len(rows) == most or (rows and not is_last):
                self._wake("due_work")  # somebody else may do what is left, while this is being done
            if len(rows) == 1:
                await self._do(connection, rows[0])
            elif rows:
                left = await self._do_all(connection, rows)
        for row in left:
            await self._do_alone(row)
        return len(rows)

    @asynccontextmanager
    async def _taking(self) -> AsyncIterator[asyncpg.Connection]:
        """The transaction that holds the rows in hand, so that nobody else does them too."""
        async with self.kit.database.connection() as connection, transacting(connection):
            yield connection

    async def _do_all(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> Sequence[Row]:
        """Do rows of one kind together; gives back those that must be done alone."""
        work = self.functions[rows[0].kind]
        assert isinstance(work, InBulk)  # noqa: S101 - the only ones taken by the dozen
        try:
            with telemetry.several_spans(f"due work {rows[0].kind}", [(row.traceparent, row.key) for row in rows]):
                left = set(await work.many(self.kit, [(row.key, row.payload) for row in rows]))
        except Exception as error:  # noqa: BLE001 - each is judged alone
            log.info("due work is done one by one", rows=len(rows), error=type(error).__name__)
            return rows
        crashpoint.reach(crashpoint.BEFORE_DONE)
        await connection.execute(DONE, [row.id for row in rows if row.key not in left])
        return [row for row in rows if row.key in left]

    async def _do_alone(self, row: Row) -> None:
        """Do a row in a transaction of its own: what is written about it is committed before the next one is begun.

        Else whoever plans the same work again would wait for all that is done after it, and might hold what that needs.
        """
        async with self._taking() as connection:
            for still_due in await connection.fetch(TAKE_ONE, clock.now(), row.id):
                await self._do(connection, _row(still_due))

    async def _do(self, connection: asyncpg.Connection, row: Row) -> None:
        # The row's own trace is continued even if days have passed.
        parent = telemetry.parse_traceparent(row.traceparent)
        journey = UUID(int=parent.trace_id) if parent else None
        try:
            with telemetry.journey_span(f"due work {row.kind}", journey, key=row.key):
                await self._one(row.kind)(self.kit, row.key, row.payload)
        except Later as later:
            payload = None if later.payload is None else json.dumps(dict(later.payload), ensure_ascii=False)
            await connection.execute(POSTPONE, row.id, later.at, payload)
        except Exception as error:  # noqa: BLE001 - recorded on the row, which is tried again
            await _failed(connection, row, error, self._recurrence.next_of(row.kind))
        else:
            crashpoint.reach(crashpoint.BEFORE_DONE)
            if not await self._recurrence.again(connection, row.id, row.kind):
                await connection.execute(DONE, [row.id])

    def _one(self, kind: str) -> WorkFunction:
        work = self.functions[kind]
        return work if callable(work) else work.one


async def _failed(connection: asyncpg.Connection, row: Row, error: Exception, next_turn: datetime | None) -> None:
    """Note it on the row, which is tried again; what fails for good waits for an operator, or for its next turn."""
    attempts = row.attempts + 1
    said = gist(error) if is_of_the_database(error) else f"{type(error).__name__}: {error}"[:900]
    if attempts >= MOST_ATTEMPTS and not is_passing(error):
        await connection.execute(FAIL, row.id, attempts, said, next_turn, clock.now())
        log.error("due work failed for good", kind=row.kind, key=row.key, error=gist(error), at=places(error))
    else:
        delay = delay_after(attempts)
        await connection.execute(FAIL, row.id, attempts, said, clock.now() + timedelta(seconds=delay), None)
        log.warning("due work failed", kind=row.kind, key=row.key, retry_in=delay, error=gist(error), at=places(error))
