"""Which test proves which requirement: `make trace`. Exit status 1 where a mark names an id that nobody asked for."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "docs" / "requirements.md"
ROW = re.compile(r"^\| ([A-Z]\d+) \|", re.MULTILINE)
WHOLE, PART, NONE = "met", "in part", "–"


@dataclass(frozen=True)
class Mark:
    """One test that proves a requirement, or the named part of it."""

    id: str
    test: str
    part: str | None = None


def ids_in(text: str) -> list[str]:
    """The ids of the rows of a table of requirements, in order; ValueError when one comes twice."""
    found = ROW.findall(text)
    if twice := [name for name, times in Counter(found).items() if times > 1]:
        raise ValueError(f"given twice: {twice}")
    return found


def marks_in(record: Iterable[Mapping[str, str | None]]) -> list[Mark]:
    """The marks of a record that pytest wrote; the cases of one test count as one."""
    plain = [Mark(str(each["id"]), str(each["test"]).partition("[")[0], each["part"]) for each in record]
    return list(dict.fromkeys(plain))


def state_of(marks: Iterable[Mark]) -> str:
    """Whether a requirement is met, in part, or not at all."""
    parts = [mark.part for mark in marks]
    if not parts:
        return NONE
    return WHOLE if None in parts else PART


def report(ids: Iterable[str], marks: Iterable[Mark]) -> tuple[list[str], list[str]]:
    """The lines to print, and the ids of marks that stand in no row."""
    marks, ids = list(marks), list(ids)
    of = {name: [mark for mark in marks if mark.id == name] for name in ids}
    lines: list[str] = []
    for name in ids:
        lines.append(f"{name:<4}{state_of(of[name])}")
        lines += [f"      {mark.test}{f'  ({mark.part})' if mark.part else ''}" for mark in of[name]]
    counts = Counter(state_of(found) for found in of.values())
    lines += ["", f"{counts[WHOLE]} met, {counts[PART]} in part, {counts[NONE]} not yet; {len(ids)} in all"]
    return lines, sorted({mark.id for mark in marks} - set(ids))


def collected() -> list[Mark]:
    """Collect the tests, without running them."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "marks.json"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-q", "tests"]
        environment = os.environ | {"PAET_TRACE_RECORD": str(record)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the tests cannot be collected:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return marks_in(json.loads(record.read_text(encoding="utf-8")))


def main() -> None:
    """Print what is proven, by what."""
    lines, unknown = report(ids_in(REQUIREMENTS.read_text(encoding="utf-8")), collected())
    print(*lines, sep="\n")  # noqa: T201 - it speaks to a terminal
    if unknown:
        sys.exit(f"no such requirement: {', '.join(unknown)}")


if __name__ == "__main__":
    main()
