"""How full a suite's queues are while it is measured, and what went wrong behind calls that were answered well.

A journey that comes to its end may have been tried twice on the way: retries, dead letters and programs that died are
told in the logs and on the bus, and counted here so that no figure hides them.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import nats

from bench.databases import connected
from kit.local.suite import Suite
from kit.messaging import DEAD_LETTERS, EVENTS
from kit.nats_access import OPERATOR

PAUSE = 0.5
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
DUE = "SELECT count(*) FROM due_work WHERE failed_at IS NULL AND due_at <= now()"
MARKS = (b'"level": "warning"', b'"level": "error"', b'"level": "critical"', b"ERROR:  ", b"FATAL:  ", b"PANIC:  ")
"""Of the services' lines and of PostgreSQL's."""


@dataclass
class Looks:
    """When each look was, and what it saw: events not acknowledged, rows not published, work that is due."""

    seen: list[tuple[float, dict[str, int]]] = field(default_factory=list)

    def until(self, end: float) -> dict[str, list[int]]:
        """What was seen before a time, by kind; of a very short flight at least the first look."""
        kept = [each for at, each in self.seen if at < end] or [each for _, each in self.seen[:1]]
        return {kind: [each[kind] for each in kept] for kind in ("events", "unsent", "due")}


@asynccontextmanager
async def looking(suite: Suite) -> AsyncIterator[Looks]:
    """Look twice a second until the end of the block; a look that fails fails the block."""
    looks = Looks()
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(connected(suite, each.name)) for each in suite.layout.services]
        bus = await stack.enter_async_context(_operator(suite))
        looks.seen.append(await _look(databases, bus))
        task = asyncio.create_task(_look_on(looks, databases, bus))
        try:
            yield looks
        finally:
            task.cancel()
            done, _ = await asyncio.wait([task])
        for each in done:
            if not each.cancelled():
                each.result()


@asynccontextmanager
async def _operator(suite: Suite) -> AsyncIterator[Any]:
    client = await nats.connect(suite.nats.url, user=OPERATOR, password=suite.state.password("nats", OPERATOR))
    try:
        yield client.jetstream(timeout=30)
    finally:
        await client.close()


async def _look_on(looks: Looks, databases: list[Any], bus: Any) -> None:
    while True:
        await asyncio.sleep(PAUSE)
        looks.seen.append(await _look(databases, bus))


async def _look(databases: list[Any], bus: Any) -> tuple[float, dict[str, int]]:
    at = time.perf_counter()
    consumers = await bus.consumers_info(EVENTS)
    found = {
        "events": sum((each.num_pending or 0) + (each.num_ack_pending or 0) for each in consumers),
        "unsent": sum([await each.fetchval(UNSENT) for each in databases]),
        "due": sum([await each.fetchval(DUE) for each in databases]),
    }
    return at, found


async def troubles(suite: Suite) -> dict[str, int]:
    """What went wrong since the suite was started."""
    async with _operator(suite) as bus:
        dead = (await bus.stream_info(DEAD_LETTERS)).state.messages
    return {
        "warnings and errors in the logs": await asyncio.to_thread(_complaints, suite),
        "dead letters": dead,
        "programs that died": sum(suite.restarts.values()),
    }


def _complaints(suite: Suite) -> int:
    logs = sorted((suite.state.folder / "logs").glob("*.log"))
    return sum(log.read_bytes().count(mark) for log in logs for mark in MARKS)
