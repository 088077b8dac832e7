"""`python -m bench [PART …] [--quick]`: measure, and write docs/performance.md.

Every part starts what it measures on fresh data and leaves its figures in `.local/bench/<part>.json`; the page is made
of the figures that are there. `--quick` measures almost nothing, to see that a part works, and writes no page.
"""

import argparse
import asyncio
import importlib
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench import machine, report
from kit.local.suite import ROOT

FOLDER = ROOT / ".local" / "bench"
FEW = {1: 2, 4: 8}
Measure = Callable[..., Awaitable[dict[str, Any]]]


def _part(
    module: str, usual: Mapping[str, Any], quick: Mapping[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return f"bench.{module}", dict(usual), dict(quick)


PARTS = {
    "machine": _part("machine", {}, {}),
    "floor": _part("floor.driver", {}, {"sweep": FEW, "lingers": (0.0,)}),
    "spine": _part("journeys", {"spine": True}, {"spine": True, "sweep": FEW}),
    "journeys": _part("journeys", {}, {"sweep": FEW}),
    "hop": _part("hop", {}, {"quick": True}),
    "documents": _part("documents", {}, {"quick": True}),
    "search": _part("search", {}, {"quick": True}),
    "idle": _part("idle", {}, {"quick": True}),
    "growth": _part("growth.driver", {}, {"quick": True}),
}
"""Module, arguments, and arguments of a quick run."""


def measure_of(name: str, *, quick: bool = False) -> Callable[[], Awaitable[dict[str, Any]]]:
    """What measures a part; imported only now, for the parts need much that is slow to import."""
    module, usual, few = PARTS[name]
    function: Measure = importlib.import_module(module).measure
    return partial(function, **(few if quick else usual))


async def _measured(name: str, *, quick: bool) -> dict[str, Any]:
    return await measure_of(name, quick=quick)()


def run(names: list[str], folder: Path, *, quick: bool) -> None:
    """Measure the parts one after the other and keep their figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"{name} …", flush=True)
        began = time.perf_counter()
        figures = asyncio.run(_measured(name, quick=quick)) | {"measured": machine.stamp()}
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
        (folder / f"{name}.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run the parts asked for, all of them when none is."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of what must be stopped and removed
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="see that it works; the figures mean nothing")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.parts if name not in PARTS]:
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(PARTS)}")
    names = chosen.parts or list(PARTS)
    if chosen.quick:
        run(names, FOLDER / "quick", quick=True)
        return 0
    run([*(["machine"] if "machine" not in names else []), *names], FOLDER, quick=False)
    report.write(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
