"""What the gateway adds to a call: the same GET asked of the service and through it, the token verified in both."""

import asyncio
import time
from typing import Any

import aiohttp

from bench import usage
from bench.journeys import quantiles, walker
from bench.stage import Stage, staged

CALLS = 1500
ROUNDS = 4
LANES = (1, 8)
"""How many calls are under way at a time."""


async def measured(stage: Stage, *, calls: int = CALLS) -> dict[str, Any]:
    """Both ways in turns, so that what else the machine does meets both."""
    async with walker(stage) as one:
        await one.walk(0)
        mine, _ = await one.call("mine", "GET", "/v1/journeys")
    journey = mine["items"][0]["id"]
    asked = {
        "application": ("request", f"/journeys/{journey}/application"),
        "invoices": ("payment", f"/journeys/{journey}/invoices"),
    }
    found = []
    for name, (service, path) in asked.items():
        for lanes in LANES:
            found.append(
                {"call": name, "lanes": lanes, "calls": calls, **await _compare(stage, service, path, lanes, calls)}
            )
    return {"calls": found}


async def _compare(stage: Stage, service: str, path: str, lanes: int, calls: int) -> dict[str, Any]:
    ways = {"direct": (service, path), "through": ("gateway", f"/v1{path}")}
    times: dict[str, list[float]] = {way: [] for way in ways}
    cpu: dict[str, dict[str, float]] = {way: {} for way in ways}
    for way in ways:
        await _ask(stage, *ways[way], lanes, 50)
    for _ in range(ROUNDS):
        for way, where in ways.items():
            before = usage.cpu_of(stage.suite)
            times[way] += await _ask(stage, *where, lanes, calls // ROUNDS)
            for name, spent in usage.spent(before, usage.cpu_of(stage.suite)).items():
                cpu[way][name] = cpu[way].get(name, 0.0) + spent
    per_call = {way: {name: 1000 * each / len(times[way]) for name, each in cpu[way].items()} for way in ways}
    direct, through = quantiles(times["direct"]), quantiles(times["through"])
    return {
        "gateway_cpu_ms": per_call["through"]["gateway"],
        "service_cpu_ms": {way: per_call[way][service] for way in ways},
        "postgres_cpu_ms": {way: per_call[way]["postgres"] for way in ways},
        "direct_ms": direct,
        "through_ms": through,
        "added_ms": {each: through[each] - direct[each] for each in ("p50", "p99")},
    }


async def _ask(stage: Stage, program: str, path: str, lanes: int, calls: int) -> list[float]:
    """Ask over kept connections, and tell how long each answer took."""
    times: list[float] = []
    numbers = iter(range(calls))
    headers = {"Authorization": str(stage.citizen.authorization), "Accept-Language": "th"}
    async with aiohttp.ClientSession(stage.suite.url(program), headers=headers) as http:

        async def lane() -> None:
            for _ in numbers:
                began = time.perf_counter()
                async with http.get(path) as answer:
                    await answer.read()
                answer.raise_for_status()
                times.append(time.perf_counter() - began)

        await asyncio.gather(*(lane() for _ in range(lanes)))
    return times


async def measure(*, quick: bool = False) -> dict[str, Any]:
    """The same on a suite started for it."""
    async with staged() as stage:
        return await measured(stage, **({"calls": 80} if quick else {}))
