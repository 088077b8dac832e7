"""Whole journeys through the gateway, some in flight at a time: rates, times, and CPU seconds by process.

"While the queues are full" is from the first call until the first lane finds no journey more to begin: so long as many
are in flight as are said to be. The burst of all lanes at the beginning is in it, the running out at the end is not;
"after the burst" counts from the end of the first journey.

What a citizen's app calls is called, and waited for through the bus instead of by polling, so that the number of
calls of a journey hardly differs from run to run: start, read the draft, save it, file it, read the invoice, look at
the end, once more after a while if it is not there yet.
"""

import asyncio
import secrets
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import nats
from nats.aio.msg import Msg

from bench import usage
from bench.queues import Looks, looking, troubles
from bench.stage import Stage, staged
from kit.local.suite import Suite
from kit.nats_access import OPERATOR

FORM = {"purpose": "welfare", "recipient": "สำนักงานตัวอย่าง"}
SWEEP = {1: 40, 8: 160, 32: 320, 128: 640}
"""Journeys in flight, and how many are walked at that."""
PATIENCE = 120.0


class Failed(Exception):
    """A call was answered with an error, or a journey did not come on."""


@dataclass
class Watch:
    """Who waits for which event of which journey."""

    waiting: dict[tuple[str, str], "asyncio.Future[None]"] = field(default_factory=dict)

    def expect(self, journey: str, fact: str) -> "asyncio.Future[None]":
        """A future that is done when the event has been seen; made before what causes it."""
        return self.waiting.setdefault((journey, fact), asyncio.get_running_loop().create_future())

    async def see(self, message: Msg) -> None:
        """Wake whoever waits for this event."""
        _, _, source, fact, _ = message.subject.split(".")
        head = message.data.find(b'"journeyid":"') + 13
        key = (message.data[head : head + 36].decode(), f"{source}.{fact}")
        if (waiting := self.waiting.pop(key, None)) is not None and not waiting.done():
            waiting.set_result(None)


@asynccontextmanager
async def watching(suite: Suite) -> AsyncIterator[Watch]:
    """See two facts of every journey as they are published."""
    watch = Watch()
    client = await nats.connect(suite.nats.url, user=OPERATOR, password=suite.state.password("nats", OPERATOR))
    for subject in ("events.*.payment.invoiced.*", "events.*.delivery.completed.*"):
        await client.subscribe(subject, cb=watch.see)
    try:
        yield watch
    finally:
        await client.close()


class Walker:
    """Walks journeys for one citizen and notes how long every call took."""

    def __init__(self, stage: Stage, http: aiohttp.ClientSession, watch: Watch) -> None:
        self.stage, self.http, self.watch = stage, http, watch
        self.name = secrets.token_hex(4)
        self.calls: dict[str, list[float]] = defaultdict(list)
        self.began: list[tuple[float, float]] = []
        """When each call began, and how long it took."""
        self.journeys: list[float] = []
        self.first_end = float("inf")
        """When the first journey had come to its end."""

    async def call(self, name: str, method: str, path: str, *, ok: tuple[int, ...] = (200, 201), **options: Any) -> Any:
        """One public call; Failed when it is answered with anything but what is expected."""
        began = time.perf_counter()
        async with self.http.request(method, path, **options) as answer:
            body = await answer.json(content_type=None)
            took = time.perf_counter() - began
            self.calls[name].append(took)
            self.began.append((began, took))
            if answer.status not in ok:
                raise Failed(f"{method} {path}: {answer.status} {body}")
            return body, answer.headers

    async def walk(self, number: int, end: str = "passed") -> None:
        """One journey from its start to its end."""
        began = time.perf_counter()
        key = {"Idempotency-Key": f"bench-{self.name}-{number}"}
        started, _ = await self.call(
            "start", "POST", "/v1/journeys", json={"definition": "bench-document", "language": "th"}, headers=key
        )
        path = f"/v1/journeys/{started['id']}"
        invoiced = self.watch.expect(started["id"], "payment.invoiced")
        completed = self.watch.expect(started["id"], "delivery.completed")
        _, headers = await self.call("draft", "GET", f"{path}/application")
        draft = {"form": FORM, "email": None, "language": "th"}
        await self.call("save", "PUT", f"{path}/application", json=draft, headers={"If-Match": headers["ETag"]})
        await self.call("file", "POST", f"{path}/submission", headers={"Idempotency-Key": f"{started['id']}-file"})
        await asyncio.wait_for(invoiced, PATIENCE)
        bills, _ = await self.call("invoices", "GET", f"{path}/invoices")
        await self._pay(bills[0]["promptpay"])
        await asyncio.wait_for(completed, PATIENCE)
        self.journeys.append(time.perf_counter() - began)
        self.first_end = min(self.first_end, began + self.journeys[-1])
        await self._look(path, end)

    async def _pay(self, qr: str) -> None:
        bank = self.stage.suite.url("bank")
        async with self.http.post(f"{bank}/_control/pay", json={"qr": qr, "mode": "ok"}) as answer:
            if answer.status != 201:
                raise Failed(f"the bank: {answer.status} {await answer.text()}")

    async def _look(self, path: str, end: str) -> None:
        """The last event and the view of it are a moment apart: look again as an app would, less and less often."""
        pause = 0.25
        while pause < PATIENCE:
            seen, _ = await self.call("view", "GET", path)
            if seen["ended"]:
                if seen["ended"]["outcome"] != end:
                    raise Failed(f"{path} ended {seen['ended']}")
                return
            await asyncio.sleep(pause)
            pause *= 2
        raise Failed(f"{path} has no end")


@asynccontextmanager
async def walker(stage: Stage) -> AsyncIterator[Walker]:
    """A walker with connections of its own."""
    headers = {"Authorization": str(stage.citizen.authorization), "Accept-Language": "th"}
    connector = aiohttp.TCPConnector(limit=0)
    base = stage.suite.url("gateway")
    async with (
        watching(stage.suite) as watch,
        aiohttp.ClientSession(base, headers=headers, connector=connector) as http,
    ):
        yield Walker(stage, http, watch)


@dataclass
class Flown:
    """What one flight left: how long it took, until when it was full, and what was used and seen meanwhile."""

    seconds: float
    full_until: float
    """When the first lane found no journey more to walk: until then all of them were under way."""
    cpu: dict[str, float]
    looks: Looks
    troubles: dict[str, int]


async def flight(stage: Stage, in_flight: int, count: int) -> dict[str, Any]:
    """Walk ``count`` journeys, ``in_flight`` at a time, and say what they took; an error in any of them ends it."""
    async with walker(stage) as one:
        flown = await _fly(stage, one, in_flight, count)
    full = [(began, took) for began, took in one.began if began < flown.full_until]
    steady = [took for began, took in full if began >= one.first_end] or [took for _, took in full]
    return {
        "in_flight": in_flight,
        "journeys": count,
        "per_second": count / flown.seconds,
        "journey_ms": quantiles(one.journeys),
        "call_ms": {name: quantiles(times) for name, times in one.calls.items()},
        "all_calls_ms": quantiles([each for times in one.calls.values() for each in times]),
        "full_calls_ms": quantiles([took for _, took in full]) | {"calls": len(full)},
        "steady_calls_ms": quantiles(steady) | {"calls": len(steady)},
        "backlog": {
            kind: {"p50": statistics.median(seen), "max": max(seen)}
            for kind, seen in flown.looks.until(flown.full_until).items()
        },
        "troubles": flown.troubles,
        "cpu_ms": {name: 1000 * value / count for name, value in sorted(flown.cpu.items())},
        "cpu_ms_inside": 1000 * usage.inside(flown.cpu) / count,
    }


async def _fly(stage: Stage, one: Walker, in_flight: int, count: int) -> Flown:
    numbers = iter(range(count))
    ends: list[float] = []

    async def lane() -> None:
        for number in numbers:
            await one.walk(number)
        ends.append(time.perf_counter())

    wrong = await troubles(stage.suite)
    async with looking(stage.suite) as looks:
        before, began = usage.cpu_of(stage.suite), time.perf_counter()
        async with asyncio.TaskGroup() as lanes:
            for _ in range(in_flight):
                lanes.create_task(lane())
        seconds = time.perf_counter() - began
        await asyncio.sleep(0.3)  # the last marks and acknowledgements belong to these journeys, as at the floor
        cpu = usage.spent(before, usage.cpu_of(stage.suite))
    after = await troubles(stage.suite)
    return Flown(seconds, ends[0], cpu, looks, {name: after[name] - wrong[name] for name in after})


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Median and 99th percentile in milliseconds, and the slowest."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    return {"p50": 1000 * cuts[49], "p99": 1000 * cuts[98], "max": 1000 * max(seconds)}


async def measure(*, spine: bool = False, sweep: dict[int, int] | None = None) -> dict[str, Any]:
    """The sweep on a fresh suite, after a warm-up that is not counted."""
    async with staged(spine=spine) as stage:
        await flight(stage, 4, 12)
        flights = [await flight(stage, each, count) for each, count in (sweep or SWEEP).items()]
        memory = {name: {"rss": each.rss, "pss": each.pss} for name, each in usage.memory_of(stage.suite).items()}
    return {"spine": spine, "flights": flights, "memory_mib": memory}
