"""What the suite costs while nobody asks anything: CPU in per cent of one core, and memory."""

import asyncio
import time
from typing import Any

from bench import usage
from bench.journeys import walker
from bench.stage import Stage, staged

SECONDS = 60.0
SETTLE = 10.0


async def measured(stage: Stage, *, seconds: float = SECONDS, settle: float = SETTLE) -> dict[str, Any]:
    """Look at a suite that has walked journeys and has come to rest."""
    async with walker(stage) as one:
        await asyncio.gather(*(one.walk(number) for number in range(4)))
    await asyncio.sleep(settle)
    before, began = usage.cpu_of(stage.suite), time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    cpu = usage.spent(before, usage.cpu_of(stage.suite))
    memory = usage.memory_of(stage.suite)
    inside = [each for name, each in memory.items() if name not in usage.OUTSIDE]
    return {
        "seconds": took,
        "cpu_percent": {name: 100 * each / took for name, each in sorted(cpu.items())},
        "cpu_percent_inside": 100 * usage.inside(cpu) / took,
        "memory_mib": {name: {"rss": each.rss, "pss": each.pss} for name, each in sorted(memory.items())},
        "rss_mib_inside": sum(each.rss for each in inside),
        "pss_mib_inside": sum(each.pss for each in inside),
    }


async def measure(*, quick: bool = False) -> dict[str, Any]:
    """The same on a suite started for it."""
    async with staged() as stage:
        return await measured(stage, **({"seconds": 5.0, "settle": 2.0} if quick else {}))
