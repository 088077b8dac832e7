"""Measures journeys and reads with more and more behind them."""

import asyncio
import time
from typing import Any
from urllib.parse import quote

import aiohttp

from bench import usage
from bench.growth import fill, stream, walks
from bench.journeys import flight, quantiles, walker
from bench.stage import Stage, running
from kit.local import bootstrap, samples
from kit.local.suite import Suite
from kit.local.visitor import Visitor, visitor

SIZES = (0, 100_000, 1_000_000)
EVENTS = 1_000_000
JOURNEYS = 320
WARM_UP = 32
IN_FLIGHT = 8
READS = 100
METRICS_SECONDS = 16.0
"""Longer than the pause between two readings of the figures."""


async def measure(
    *,
    sizes: tuple[int, ...] = SIZES,
    events: int = EVENTS,
    journeys: int = JOURNEYS,
    reads: int = READS,
    quick: bool = False,
) -> dict[str, Any]:
    """Journeys without document work, at each size, the last size also with the stream filled."""
    if quick:
        sizes, events, journeys, reads = (0, 2_000), 2_000, 8, 3
    points: list[dict[str, Any]] = []
    async with running(spine=True) as suite, visitor(suite.urls()) as anyone:
        since = await fill.now_at(suite)
        await _template(Stage(suite, await anyone.sign_in(samples.CITIZENS["first"])), since)
        before = 0
        for size in sizes:
            seconds = await fill.fill(suite, before, size) if size else 0.0
            before = size
            point = await _point(suite, anyone, journeys, reads)
            points.append({"journeys_before": size, "events": 0, "fill_seconds": seconds, **point})
        seconds = await stream.fill(suite, events)
        point = await _point(suite, anyone, journeys, reads)
        points.append({"journeys_before": before, "events": events, "fill_seconds": seconds, **point})
        made_by = await walks.definitions(suite)
    used = {name for point in points for name in point["indexes"]}
    return {
        "in_flight": IN_FLIGHT,
        "journeys": journeys,
        "points": points,
        "indexes": {name: made_by[name] for name in sorted(used)},
        "unused": {name: made_by[name] for name in sorted(made_by.keys() - used)},
    }


async def _template(stage: Stage, since: dict[str, int]) -> None:
    async with walker(stage) as one:
        await one.walk(0)
    await asyncio.sleep(2)
    await fill.templates(stage.suite, since)


async def _officers(anyone: Visitor) -> dict[str, Visitor]:
    return {
        role: await anyone.sign_in(bootstrap.OFFICERS[role], "officer")
        for role in ("reviewer", "approver", "administrator")
    }


async def _point(suite: Suite, anyone: Visitor, journeys: int, reads: int) -> dict[str, Any]:
    """One row of the table: journeys, reads, and what the databases did for them."""
    # Signed in anew: making the copies takes longer than an access token lives.
    stage = Stage(suite, await anyone.sign_in(samples.CITIZENS["first"]))
    officers = await _officers(anyone)
    await flight(stage, IN_FLIGHT, WARM_UP)
    await asyncio.sleep(1.5)
    scans, indexes = await walks.scans(suite), await walks.indexes(suite)
    flown = await flight(stage, IN_FLIGHT, journeys)
    read = await _reads(stage, officers, reads)
    before, began = usage.cpu_of(suite), time.perf_counter()
    await asyncio.sleep(METRICS_SECONDS)
    idle = usage.inside(usage.spent(before, usage.cpu_of(suite))) / (time.perf_counter() - began)
    sizes = await walks.gibibytes(suite)
    return {
        "flight": flown,
        "reads": read,
        "idle_percent": 100 * idle,
        "walked": walks.walked(scans, await walks.scans(suite)),
        "indexes": walks.used(indexes, await walks.indexes(suite)),
        "rows": sum((await walks.rows(suite)).values()),
        "gibibytes": sum(sizes.values()),
        "biggest": dict(sorted(sizes.items(), key=lambda each: -each[1])[:12]),
    }


async def _reads(stage: Stage, officers: dict[str, Visitor], count: int) -> dict[str, Any]:
    """Lists and look-ups as people make them, one at a time."""
    async with walker(stage) as one:
        mine, _ = await one.call("mine", "GET", "/v1/journeys")
        path = f"/v1/journeys/{mine['items'][0]['id']}"
        document, _ = await one.call("document", "GET", f"{path}/document")
        notices, _ = await one.call("inbox", "GET", "/v1/inbox")
    token = document["verify_url"].rpartition("/")[2]
    citizen, reviewer, approver = stage.citizen, officers["reviewer"], officers["approver"]
    asked = {
        "my journeys": (citizen, "/v1/journeys"),
        "my journeys, next page": (citizen, f"/v1/journeys?before={mine['items'][-1]['id']}"),
        "a journey": (citizen, path),
        "its receipts": (citizen, f"{path}/receipts"),
        "my inbox": (citizen, "/v1/inbox"),
        "my inbox, next page": (citizen, f"/v1/inbox?before={notices['next']}"),
        "a notice": (citizen, f"/v1/inbox/{notices['notices'][0]['id']}"),
        "verify a document": (citizen, f"/v1/verifications/{token}"),
        "who I am": (citizen, "/v1/me"),
        "cases that wait": (reviewer, "/v1/cases"),
        "cases reviewed": (reviewer, "/v1/cases?state=reviewed"),
        "cases reviewed, next page": (reviewer, await _next(reviewer, "/v1/cases?state=reviewed")),
        "decisions that wait": (approver, "/v1/decisions"),
        "decisions granted, next page": (approver, await _next(approver, "/v1/decisions?state=granted")),
        "documents not finished": (officers["administrator"], "/v1/documents"),
    }
    return {name: await _read(stage, who, where, count) for name, (who, where) in asked.items()}


async def _next(who: Visitor, path: str) -> str:
    """The address of the page after the first ten."""
    first = await who.ask("GET", f"{path}&limit=10")
    return f"{path}&cursor={quote(first['next'])}" if first["next"] else path


async def _read(stage: Stage, who: Visitor, path: str, count: int) -> dict[str, Any]:
    times = []
    before = usage.cpu_of(stage.suite)
    async with aiohttp.ClientSession(
        stage.suite.url("gateway"), headers={"Authorization": str(who.authorization)}
    ) as http:
        for _ in range(count):
            began = time.perf_counter()
            async with http.get(path) as answer:
                await answer.read()
            answer.raise_for_status()
            times.append(time.perf_counter() - began)
    spent = usage.inside(usage.spent(before, usage.cpu_of(stage.suite)))
    return {**quantiles(times), "cpu_ms": 1000 * spent / count}
