"""Starts the floor's servers and processes, walks journeys through them, counts CPU seconds."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import nats
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from uuid_utils.compat import uuid7

from bench import usage
from bench.floor import profile, tables
from bench.floor.calls import Caller
from bench.floor.worker import EVENTS
from bench.journeys import Watch, quantiles
from kit.local.databases import Database
from kit.local.nats import NatsServer
from kit.local.postgres import PostgresServer
from kit.local.suite import ROOT
from kit.messaging import consumer_config
from kit.nats_access import OPERATOR, render

SWEEP = {1: 60, 8: 300, 32: 800, 128: 2000}
"""Journeys in flight, and how many are walked at that."""
LINGERS = (0.0, 0.02)
"""Seconds that a batch is waited for: none takes what is there, a little fills batches at the cost of time."""
PATIENCE = 60.0
PASSWORD = "floor"  # noqa: S105 - of servers that hold nothing and end with the bench


@dataclass
class Floor:
    """The running floor: process ids by name, and what its processes were told."""

    folder: Path
    pids: dict[str, int]
    config: dict[str, Any]

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by name."""
        return {name: usage.cpu_seconds(pid) for name, pid in self.pids.items()}


@contextmanager
def servers(folder: Path) -> Iterator[tuple[PostgresServer, NatsServer]]:
    """PostgreSQL and NATS that sync every write, as the suite has them."""
    users = (*profile.SERVICES, OPERATOR)
    postgres = PostgresServer(folder / "postgres")
    bus = NatsServer(folder / "nats", render(profile.SERVICES, dict.fromkeys(users, PASSWORD), {}))
    try:
        postgres.start()
        bus.start()
        yield postgres, bus
    finally:
        bus.stop()
        postgres.stop()
        postgres.remove()


@asynccontextmanager
async def running(linger: float = 0.0) -> AsyncIterator[Floor]:
    """Everything started, with empty tables and an empty stream.

    ``linger`` is how many seconds consumer and relay wait for more before they take a batch.
    """
    folder = Path(tempfile.mkdtemp(prefix="paet-floor-"))
    try:
        with servers(folder) as (postgres, bus):
            config = {
                "folder": str(folder),
                "linger": linger,
                "nats": bus.url,
                "passwords": dict.fromkeys((*profile.SERVICES, OPERATOR), PASSWORD),
                "databases": {service: _database_url(postgres, service) for service in profile.SERVICES},
            }
            await _furnish(postgres, config)
            pids = {name: child.pid for name, child in (("postgres", postgres.child), ("nats", bus.child)) if child}
            async with _workers(folder, config) as workers:
                pids |= workers
                yield Floor(folder, {name: pid for name, pid in pids.items() if pid}, config)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _workers(folder: Path, config: dict[str, Any]) -> AsyncIterator[dict[str, int]]:
    """A process for each service, by name; they end before the servers do."""
    plan = folder / "config.json"
    plan.write_text(json.dumps(config))
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with (folder / "log").open("wb") as log:
            for service in profile.SERVICES:
                started[service] = _start(service, plan, log)
        await _wait(folder, list(started.values()))
        yield {service: each.pid for service, each in started.items()}
    except BaseException:
        print((folder / "log").read_text()[-2000:], file=sys.stderr)
        raise
    finally:
        for each in started.values():
            each.kill()
            each.wait()


def _start(service: str, plan: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.floor.worker", service, str(plan)]
    return subprocess.Popen(command, cwd=ROOT, stderr=log)


async def _wait(folder: Path, started: list[subprocess.Popen[bytes]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not all((folder / f"{service}.socket").exists() for service in profile.SERVICES):
            if any(each.poll() is not None for each in started):
                raise RuntimeError("a process of the floor has ended")
            await asyncio.sleep(0.05)


def _database_url(postgres: PostgresServer, service: str) -> str:
    parts = urlsplit(postgres.admin_url)
    where = f"floor_{service}:{PASSWORD}@{parts.hostname}:{parts.port}"
    return urlunsplit(("postgresql", where, f"/floor_{service}", "", ""))


async def _furnish(postgres: PostgresServer, config: dict[str, Any]) -> None:
    names = [Database(f"floor_{each}", f"floor_{each}", PASSWORD) for each in profile.SERVICES]
    await asyncio.to_thread(postgres.create_databases, names)
    for service in profile.SERVICES:
        connection = await asyncpg.connect(config["databases"][service])
        await connection.execute(tables.schema_of(service))
        await connection.close()
    client = await nats.connect(config["nats"], user=OPERATOR, password=PASSWORD)
    jetstream = client.jetstream()
    await jetstream.add_stream(
        StreamConfig(
            name=EVENTS,
            subjects=["events.>"],
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            duplicate_window=600,
        )
    )
    for service in profile.SERVICES:
        facts = ["events.>"] if service == "gateway" else profile.consumed_by(service)
        filters = [each if each == "events.>" else f"events.*.{each}.*" for each in facts]
        await jetstream.add_consumer(EVENTS, consumer_config(service, filters))
    await client.close()


class Walker:
    """Walks journeys through the floor."""

    def __init__(self, floor: Floor, watch: Watch) -> None:
        self.callers = {name: Caller(str(floor.folder / f"{name}.socket")) for name in profile.SERVICES}
        self.watch = watch
        self.journeys: list[float] = []

    async def walk(self) -> None:
        """One journey, in the order in which the real one waits for its answers."""
        began, journey = time.perf_counter(), uuid7()
        invoiced = self.watch.expect(str(journey), "payment.invoiced")
        completed = self.watch.expect(str(journey), "delivery.completed")
        await self._calls(journey, "gateway:start", "request:open", "gateway:opened", "request:save", "request:file")
        await asyncio.wait_for(invoiced, PATIENCE)
        await self._calls(journey, "payment:callback")
        await asyncio.wait_for(completed, PATIENCE)
        self.journeys.append(time.perf_counter() - began)

    async def _calls(self, journey: UUID, *calls: str) -> None:
        for each in calls:
            service, _, name = each.partition(":")
            await self.callers[service].call(name, journey)

    async def close(self) -> None:
        """Hang up."""
        for each in self.callers.values():
            await each.close()


@asynccontextmanager
async def walker(floor: Floor) -> AsyncIterator[Walker]:
    """A walker that sees what is published."""
    watch = Watch()
    client = await nats.connect(floor.config["nats"], user=OPERATOR, password=PASSWORD)
    for subject in ("events.*.payment.invoiced.*", "events.*.delivery.completed.*"):
        await client.subscribe(subject, cb=watch.see)
    await client.flush()
    one = Walker(floor, watch)
    try:
        yield one
    finally:
        await one.close()
        await client.close()


async def flight(floor: Floor, in_flight: int, count: int) -> dict[str, Any]:
    """Walk ``count`` journeys, ``in_flight`` at a time, and say what they took."""
    async with walker(floor) as one:
        numbers = iter(range(count))

        async def lane() -> None:
            for _ in numbers:
                await one.walk()

        before, began = floor.cpu(), time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(in_flight)))
        seconds = time.perf_counter() - began
        await asyncio.sleep(0.3)  # the last marks and acknowledgements belong to these journeys
        cpu = usage.spent(before, floor.cpu())
    return {
        "in_flight": in_flight,
        "journeys": count,
        "per_second": count / seconds,
        "journey_ms": quantiles(one.journeys),
        "cpu_ms": {name: 1000 * value / count for name, value in sorted(cpu.items())},
        "cpu_ms_inside": 1000 * sum(cpu.values()) / count,
    }


async def measure(*, sweep: dict[int, int] | None = None, lingers: Sequence[float] = LINGERS) -> dict[str, Any]:
    """The sweep on fresh servers for each way of taking batches, after a warm-up that is not counted."""
    runs = []
    for linger in lingers:
        async with running(linger) as floor:
            await flight(floor, 4, 12)
            flights = [await flight(floor, each, count) for each, count in (sweep or SWEEP).items()]
        runs.append({"linger_ms": 1000 * linger, "flights": flights})
    return {"runs": runs}
