"""`python -m tests.faults [--seed N] [--journeys N] [--only TEXT …]`: the whole matrix, and docs/reliability.md.

Every fault at every step while journeys are walked, in an order drawn from the seed, which is printed. With ``--only``
(a part of a fault's name, or `fault @ step`) a part is run, and no page is written. Exit status 1 where a journey was
lost or doubled, a fault did not strike, or an invariant does not hold. ``--again`` plays only those cells of the last
whole run once more and writes the page anew, which then names them.
"""

import argparse
import asyncio
import json
import math
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench import machine
from kit.local.suite import ROOT
from tests.faults import disk, matrix, page
from tests.faults.acts import FAULTS
from tests.faults.matrix import Cell
from tests.faults.stage import Stage, clear, staged

LANES = 4
"""Cells whose journeys are under way at the same time."""
RECORD = ROOT / ".local" / "faults.json"
PAGE = ROOT / "docs" / "reliability.md"


@contextmanager
def _staged() -> Iterator[Stage]:
    """The suite on a file system of its own where one can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="paet-faults-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            place = None
            if disk.why_not_mounted() is None:
                place = stack.enter_context(disk.mounted(folder / "image", folder / "disk"))
            stage = stack.enter_context(staged((place or folder) / "suite", disk=place))
            yield stage
        if place is None:
            clear(stage.suite, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _chosen(options: argparse.Namespace) -> list[Cell]:
    cells = matrix.schedule(options.seed)
    if options.again:
        wrong = {(each.fault, each.step) for each in page.cells_of(_last()) if not each.is_sound}
        return [each for each in cells if (each.fault, each.step) in wrong]
    if options.only:
        cells = [each for each in cells if any(part in f"{each.fault} @ {each.step}" for part in options.only)]
    return cells


def _last() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The record of a whole run with the cells that were played once more in the place of those that were not sound."""
    played = {(each["fault"], each["step"]): each for each in new["cells"]}
    cells = [played.get((each["fault"], each["step"]), each) for each in old["cells"]]
    first = {(each.fault, each.step): each for each in page.cells_of(old)}
    again = [*old.get("again", []), *(_what_was(first[place]) for place in played)]
    return {**old, "cells": cells, "violations": old["violations"] | new["violations"], "again": again}


def _what_was(cell: Cell) -> str:
    what = f"{len(cell.lost)} lost, {len(cell.doubled)} doubled" if not cell.not_struck else "not struck"
    reasons = sorted({str(each.failure) for each in cell.lost})
    return " ".join([f"{cell.fault} @ {cell.step}: {what} at first", *(f"({each})" for each in reasons)])


def _tell(cell: Cell) -> None:
    state = "ok" if cell.is_sound else "NOT OK"
    print(f"{cell.fault} @ {cell.step}: {len(cell.walks)} journeys, {cell.seconds} s, {state}", *cell.notes, flush=True)
    for each in cell.lost:
        print(f"    lost: {each}")
    for what in (cell.doubled, cell.not_struck, *cell.errors):
        if what:
            print(f"    {what}", flush=True)


async def _run(stage: Stage, cells: list[Cell], journeys: int) -> dict[str, Any]:
    began = time.monotonic()
    skipped = disk.why_not_mounted() if stage.disk is None else None
    if skipped:
        cells = [each for each in cells if each.fault != "full disk"]
    wrong = await matrix.run(stage, cells, journeys, LANES, _tell)
    return {
        "cells": [each.as_json() for each in cells],
        "violations": wrong,
        "skipped": skipped,
        "minutes": round((time.monotonic() - began) / 60, 1),
    }


def main(arguments: list[str]) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--journeys", type=int, default=600, help="at least so many in all")
    parser.add_argument("--only", nargs="*", help=f"parts of: {', '.join(each.name for each in FAULTS)}")
    parser.add_argument("--again", action="store_true", help="play the cells of the last run that were not sound")
    options = parser.parse_args(arguments)
    if options.again:
        options.seed = _last()["seed"]
    cells = _chosen(options)
    is_part = options.only or options.again
    journeys = matrix.WAVE if is_part else max(2, math.ceil(options.journeys / len(cells)))
    print(f"seed {options.seed}: {len(cells)} cells, {journeys} journeys each", flush=True)
    with _staged() as stage:
        record = asyncio.run(_run(stage, cells, journeys))
    record |= {"seed": options.seed, "machine": asyncio.run(machine.measure()), "measured": machine.stamp()}
    if options.again:
        record = _merged(_last(), record)
    if not options.only:
        _keep(record)
    for name, violated in record["violations"].items():
        print(f"VIOLATED {name}:", *violated[:20], sep="\n    ")
    return 1 if record["violations"] or not all(each.is_sound for each in cells) else 0


def _keep(record: dict[str, Any]) -> None:
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    PAGE.write_text(page.of(record), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
