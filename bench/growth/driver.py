"""Measures journeys and reads with more and more behind them."""

import asyncio
import time
from typing import Any

import aiohttp

from bench import usage
from bench.growth import fill, stream, walks
from bench.journeys import flight, quantiles, walker
from bench.stage import Stage, running
from kit.local import bootstrap, samples
from kit.local.visitor import Visitor, visitor

SIZES = (0, 100_000, 1_000_000)
EVENTS = 1_000_000
JOURNEYS = 160
IN_FLIGHT = 8
READS = 100
METRICS_SECONDS = 16.0
"""Longer than the pause between two readings of the figures."""


async def measure(
    *, sizes: tuple[int, ...] = SIZES, events: int = EVENTS, journeys: int = JOURNEYS, quick: bool = False
) -> dict[str, Any]:
    """Journeys without document work, at each size, the last size also with the stream filled."""
    if quick:
        sizes, events, journeys = (0, 2_000), 2_000, 8
    points: list[dict[str, Any]] = []
    async with running(spine=True) as suite, visitor(suite.urls()) as anyone:
        since = await fill.now_at(suite)
        stage = Stage(suite, await anyone.sign_in(samples.CITIZENS["first"]))
        await _template(stage, since)
        officers = await _officers(anyone)
        before = 0
        for size in sizes:
            seconds = await fill.fill(suite, before, size) if size else 0.0
            before = size
            points.append({"journeys_before": size, "fill_seconds": seconds, **await _point(stage, officers, journeys)})
        seconds = await stream.fill(suite, events)
        points.append(
            {"journeys_before": before, "events": events, "fill_seconds": seconds}
            | await _point(stage, officers, journeys)
        )
    return {"in_flight": IN_FLIGHT, "journeys": journeys, "points": points}


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


async def _point(stage: Stage, officers: dict[str, Visitor], journeys: int) -> dict[str, Any]:
    """One row of the table: journeys, reads, and what the databases did for them."""
    suite = stage.suite
    await flight(stage, 4, 8)
    await asyncio.sleep(1.5)
    scans, indexes = await walks.scans(suite), await walks.indexes(suite)
    flown = await flight(stage, IN_FLIGHT, journeys)
    reads = await _reads(stage, officers)
    before, began = usage.cpu_of(suite), time.perf_counter()
    await asyncio.sleep(METRICS_SECONDS)
    idle = usage.inside(usage.spent(before, usage.cpu_of(suite))) / (time.perf_counter() - began)
    return {
        "flight": flown,
        "reads": reads,
        "idle_percent": 100 * idle,
        "walked": walks.walked(scans, await walks.scans(suite)),
        "indexes": walks.used(indexes, await walks.indexes(suite)),
        "rows": sum((await walks.rows(suite)).values()),
        "gibibytes": await walks.gibibytes(suite),
    }


async def _reads(stage: Stage, officers: dict[str, Visitor]) -> dict[str, Any]:
    """Lists and look-ups as people make them, one at a time."""
    async with walker(stage) as one:
        mine, _ = await one.call("mine", "GET", "/v1/journeys")
        path = f"/v1/journeys/{mine['items'][0]['id']}"
        document, _ = await one.call("document", "GET", f"{path}/document")
        notices, _ = await one.call("inbox", "GET", "/v1/inbox")
    token = document["verify_url"].rpartition("/")[2]
    citizen = stage.citizen
    asked = {
        "my journeys": (citizen, "/v1/journeys"),
        "a journey": (citizen, path),
        "its receipts": (citizen, f"{path}/receipts"),
        "my inbox": (citizen, "/v1/inbox"),
        "a notice": (citizen, f"/v1/inbox/{notices['items'][0]['id']}"),
        "verify a document": (citizen, f"/v1/verifications/{token}"),
        "cases by deadline": (officers["reviewer"], "/v1/cases?limit=50"),
        "decisions by deadline": (officers["approver"], "/v1/decisions?limit=50"),
        "documents not finished": (officers["administrator"], "/v1/documents"),
    }
    return {name: await _read(stage, who, where) for name, (who, where) in asked.items()}


async def _read(stage: Stage, who: Visitor, path: str) -> dict[str, Any]:
    times = []
    before = usage.cpu_of(stage.suite)
    async with aiohttp.ClientSession(
        stage.suite.url("gateway"), headers={"Authorization": str(who.authorization)}
    ) as http:
        for _ in range(READS):
            began = time.perf_counter()
            async with http.get(path) as answer:
                await answer.read()
            answer.raise_for_status()
            times.append(time.perf_counter() - began)
    spent = usage.inside(usage.spent(before, usage.cpu_of(stage.suite)))
    return {**quantiles(times), "cpu_ms": 1000 * spent / READS}
