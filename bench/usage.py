"""CPU seconds and memory of a running suite, process by process, as the kernel counts them (/proc)."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.local.suite import Suite

TICKS = os.sysconf("SC_CLK_TCK")
OUTSIDE = {"bank", "thaid", "mail"}
"""The doubles of what is no part of Paet: measured, and never counted as its cost."""


@dataclass(frozen=True)
class Memory:
    """Of one process with its children, in MiB: resident, and proportional (a shared page counts once)."""

    rss: float
    pss: float


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process, of its living children, and of those it has waited for."""
    return sum(_ticks(each) for each in family(pid)) / TICKS


def cpu_of(suite: Suite) -> dict[str, float]:
    """CPU seconds so far, by the name of the process."""
    return {name: cpu_seconds(child.pid) for name, child in suite.children().items() if child.pid}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """CPU seconds between two readings."""
    return {name: after[name] - before.get(name, 0.0) for name in after}


def inside(seconds: Mapping[str, float]) -> float:
    """The sum of what Paet and its servers used, without the doubles."""
    return sum(value for name, value in seconds.items() if name not in OUTSIDE)


def memory_of(suite: Suite) -> dict[str, Memory]:
    """Memory now, by the name of the process."""
    return {name: memory(child.pid) for name, child in suite.children().items() if child.pid}


def memory(pid: int) -> Memory:
    """Memory of a process and its children."""
    sums = {"Rss": 0, "Pss": 0}
    for each in family(pid):
        for line in _lines(each, "smaps_rollup"):
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0])
    return Memory(sums["Rss"] / 1024, sums["Pss"] / 1024)


def family(pid: int) -> list[int]:
    """The process and all of its living descendants."""
    found, waiting = [], [pid]
    while waiting:
        found.append(each := waiting.pop())
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            waiting += [int(child) for child in _text(task).split()]
    return found


def _ticks(pid: int) -> int:
    # The name in brackets may hold spaces: fields are counted from its end. 14-17: utime, stime, cutime, cstime.
    fields = _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15])


def _lines(pid: int, name: str) -> Iterable[str]:
    return _text(Path(f"/proc/{pid}/{name}")).splitlines()


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended meanwhile
