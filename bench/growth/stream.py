"""Fills the stream with a million events of finished journeys that every consumer has acknowledged."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from nats.js.api import DeliverPolicy
from uuid_utils.compat import uuid7

from bench.databases import connected
from bench.growth.fill import paused
from kit.local.nats import NatsServer
from kit.local.suite import Suite
from kit.messaging import EVENTS
from kit.nats_access import OPERATOR

CHUNK = 4_000


class Unsynced(NatsServer):
    """The suite's server while copies are published to it: it does not wait for the disk at each of them."""

    def _write(self) -> Path:
        path = super()._write()
        path.write_text(path.read_text().replace('"sync_interval": "always"', '"sync_interval": "2m"', 1))
        return path


async def fill(suite: Suite, count: int) -> float:
    """Publish copies of one journey's events, and say how many seconds that took.

    Meanwhile the suite's own programs are down: their consumers are made anew behind the last of these events, which
    is where they would stand after acknowledging every one of them.
    """
    began = time.perf_counter()
    events = await _events_of_one_journey(suite)
    async with paused(suite), _unsynced(suite):
        client = await nats.connect(suite.nats.url, user=OPERATOR, password=suite.state.password("nats", OPERATOR))
        try:
            await _publish(client, events, count)
            await _stand_behind(client)
        finally:
            await client.close()
    return time.perf_counter() - began


@asynccontextmanager
async def _unsynced(suite: Suite) -> AsyncIterator[None]:
    """Another server on the suite's streams; afterwards the suite's own again, which writes its settings anew."""
    log, pid = suite.state.log_file("nats-unsynced"), suite.state.pid_file("nats-unsynced")
    server = Unsynced(suite.nats.folder, suite.nats.config, suite.nats.port, log=log, pid_file=pid)
    await asyncio.to_thread(suite.kill, "nats")
    try:
        await asyncio.to_thread(server.start)
        yield
    finally:
        await asyncio.to_thread(server.stop)
    await asyncio.to_thread(suite.restart, "nats")


async def _events_of_one_journey(suite: Suite) -> list[tuple[str, str, str, str]]:
    """Subject, event, its id and its journey's, of every event of the template."""
    found = []
    for service in suite.layout.services:
        async with connected(suite, service.name) as connection:
            if await connection.fetchval("SELECT to_regclass('bench.outbox')"):
                rows = await connection.fetch(
                    "SELECT address, body, id::text, body::json->>'journeyid' FROM bench.outbox"
                )
                found += [tuple(row) for row in rows]
    return found


async def _publish(client: Any, events: list[tuple[str, str, str, str]], count: int) -> None:
    jetstream = client.jetstream(timeout=30)
    there = (await jetstream.stream_info(EVENTS)).state.messages
    for start in range(0, count, CHUNK):
        for number in range(start, min(start + CHUNK, count)):
            if number % len(events) == 0:
                journey = str(uuid7())
            address, body, event, of = events[number % len(events)]
            await client.publish(address, body.replace(event, str(uuid7())).replace(of, journey).encode())
        while (await jetstream.stream_info(EVENTS)).state.messages < there + min(start + CHUNK, count):
            await asyncio.sleep(0.01)


async def _stand_behind(client: Any) -> None:
    jetstream = client.jetstream(timeout=30)
    last = (await jetstream.stream_info(EVENTS)).state.last_seq
    for consumer in await jetstream.consumers_info(EVENTS):
        config = consumer.config
        await jetstream.delete_consumer(EVENTS, consumer.name)
        config.deliver_policy, config.opt_start_seq = DeliverPolicy.BY_START_SEQUENCE, last + 1
        await jetstream.add_consumer(EVENTS, config)
