"""The one publisher of a service: sends unsent outbox rows in order and marks them when acknowledged.

A PostgreSQL advisory lock keeps one relay active per service, since several would reorder events.
What a crash leaves is simply still unsent; ``Nats-Msg-Id`` removes the doubles.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from nats.js.api import Header, PubAck

from kit import crashpoint
from kit.database import Database
from kit.messaging import EVENTS, Bus
from kit.pace import pause_after
from kit.telemetry import log

BATCH = 256
LOCK = 0x9AE7_0001
PATIENCE = 15.0
UNSENT = "SELECT seq, id, address, body FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT $1"
MARK = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"


class CancelledSending(Exception):
    """The client gave a publish up, e.g. while it reconnected."""


class Relay:
    """Runs until cancelled; woken after a commit in this process, by a short poll otherwise."""

    def __init__(self, database: Database, bus: Bus, poll_seconds: float = 0.25) -> None:
        self.database = database
        self.bus = bus
        self.poll_seconds = poll_seconds
        self._woken = asyncio.Event()
        database.on_commit(self._wake)

    def _wake(self, name: str) -> None:
        if name == "outbox":
            self._woken.set()

    async def run(self) -> None:
        """Take the lock, then publish; start over when the database or the bus is away."""
        delay = 0.2
        while True:
            try:
                async with self.database.connection() as connection:
                    try:
                        await self._hold(connection)
                        delay = 0.2
                        while True:
                            await self._drain(connection)
                    finally:
                        # The lock belongs to the connection: back in the pool it would lock us out.
                        connection.terminate()
            except Exception as error:  # noqa: BLE001 - the loop outlives every outage and says so
                log.warning("relay interrupted", error=type(error).__name__, retry_in=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _hold(self, connection: asyncpg.Connection) -> None:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            await asyncio.sleep(1.0)

    async def _drain(self, connection: asyncpg.Connection) -> None:
        self._woken.clear()
        began = time.perf_counter()
        sent = await publish_unsent(connection, self.bus)
        if sent == BATCH:
            return
        if sent:
            await asyncio.sleep(pause_after(time.perf_counter() - began))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.poll_seconds):
                await self._woken.wait()


async def publish_unsent(connection: asyncpg.Connection, bus: Bus) -> int:
    """Publish one batch of unsent rows, pipelined in order, and mark those acknowledged.

    The connection commits each statement by itself.
    """
    rows = await connection.fetch(UNSENT, BATCH)
    if not rows:
        return 0
    crashpoint.reach(crashpoint.BEFORE_PUBLISH)
    jetstream = bus.jetstream
    sending = [
        await jetstream.publish_async(
            row["address"],
            row["body"].encode(),
            headers={Header.MSG_ID: str(row["id"]), Header.EXPECTED_STREAM: EVENTS},
        )
        for row in rows
    ]
    await _answered(bus, sending)
    crashpoint.reach(crashpoint.BEFORE_MARK)
    # What was acknowledged is marked whatever became of the others: one row never holds its neighbours up.
    failed = [_error_of(each) for each in sending]
    acknowledged = [row["seq"] for row, error in zip(rows, failed, strict=True) if error is None]
    if acknowledged:
        await connection.execute(MARK, acknowledged)
    if (error := next((each for each in failed if each is not None), None)) is not None:
        raise error
    return len(rows)


async def _answered(bus: Bus, sending: Sequence["asyncio.Future[PubAck]"]) -> None:
    """Wait for the acknowledgements, and no longer than the connection lasts by which they would come."""
    lost = asyncio.Event()
    answered: asyncio.Future[Any] = asyncio.gather(*sending, return_exceptions=True)
    losing: asyncio.Future[Any] = asyncio.create_task(lost.wait())
    try:
        with bus.on_reconnection(lost.set):
            await asyncio.wait((answered, losing), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    finally:
        losing.cancel()


def _error_of(sending: "asyncio.Future[PubAck]") -> BaseException | None:
    if not sending.done():
        sending.cancel()
        return TimeoutError("the bus did not acknowledge")
    return CancelledSending() if sending.cancelled() else sending.exception()
