"""The suite that is disturbed: processes that can be killed at a point, a bus that delivers again soon, one clock."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nats
from nats.aio.client import Client

from bench.stage import DEFINITION as BENCH
from kit.clock import write_offset
from kit.local import bootstrap
from kit.local.faults import LocalError
from kit.local.layout import LAYOUT, free_ports
from kit.local.suite import Suite
from kit.nats_access import OPERATOR

SERVICES = tuple(program.name for program in LAYOUT.services)
ACK_WAIT = 2.0
DEFINITION = "disturbed-document"
"""The definition of the bench, which needs no officer, with its end told by e-mail too."""


@dataclass
class Stage:
    """A running suite, and what a fault needs to get at it."""

    suite: Suite
    crash_files: dict[str, Path]
    explained: set[str] = field(default_factory=set)
    """Ids of events whose dead letters a test caused on purpose."""
    seen: set[tuple[str, str]] = field(default_factory=set)
    """What whoever watches the bus has seen: journey and fact."""
    disk: Path | None = None
    """The mount point of a file system that holds the whole suite and nothing else, where there is one."""

    def arm(self, point: str, *services: str) -> None:
        """Let processes kill themselves at a point, once each."""
        for name in services:
            half = self.crash_files[name].with_suffix(".half")
            half.write_text(point, encoding="utf-8")
            half.replace(self.crash_files[name])

    def disarm(self, service: str) -> None:
        """Let it not kill itself any more."""
        self.crash_files[service].unlink(missing_ok=True)

    def has_died(self, service: str) -> bool:
        """Whether an armed process has died at its point: it removed its file."""
        return not self.crash_files[service].exists()

    @property
    def offset(self) -> float:
        """Seconds by which the clock of all processes is ahead."""
        return float(self.suite.state.clock_offset.read_text(encoding="ascii"))

    def now(self) -> datetime:
        """The time of all processes."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def jump(self, seconds: float) -> None:
        """Move the clock of all processes forward."""
        write_offset(self.suite.state.clock_offset, self.offset + seconds)

    async def restart(self, name: str) -> None:
        """Start a program or server anew and wait until it is ready."""
        await asyncio.to_thread(self.suite.restart, name)

    async def kill(self, name: str) -> None:
        """Kill -9; it stays down until ``restart``."""
        await asyncio.to_thread(self.suite.kill, name)

    async def operator(self) -> Client:
        """A bus connection with the operator's rights."""
        password = self.suite.state.password("nats", OPERATOR)
        return await nats.connect(
            self.suite.nats.url, user=OPERATOR, password=password, reconnect_time_wait=0.2, max_reconnect_attempts=-1,
            error_cb=_expected,
        )  # fmt: skip

    async def everybody_is_up(self, seconds: float = 60) -> None:
        """Wait until every process is ready again, one that has died a moment ago too: it is started anew."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return await asyncio.to_thread(self.suite.wait_ready, seconds)
            except LocalError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)


async def _expected(_error: Exception) -> None:
    """A broken connection is what a fault is made of; the client comes back by itself."""


def processes_of(suite: Suite, name: str) -> list[int]:
    """All process ids of a server: it and what it started."""
    parent = suite.children()[name].pid
    assert parent is not None
    return children_of(parent)


def children_of(parent: int) -> list[int]:
    """A process and the processes that it started."""
    found = [parent]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:  # PostgreSQL gives its children sessions of their own
            found.append(int(stat.parent.name))
    return found


@contextmanager
def staged(folder: Path, *, disk: Path | None = None) -> Iterator[Stage]:
    """Start a suite in the folder, with people and a definition that needs no officer."""
    crashes = folder / "crash"
    crashes.mkdir(parents=True)
    files = {name: crashes / name for name in SERVICES}
    extras: dict[str, dict[str, str]] = {name: {"PAET_CRASH_FILE": str(path)} for name, path in files.items()}
    extras["*"] = {"PAET_ACK_WAIT_SECONDS": str(ACK_WAIT)}
    said: list[str] = []
    suite = Suite(folder / ".local", ports=free_ports(LAYOUT), extras=extras, say=said.append)
    suite.start()
    try:
        bootstrap.make_people(suite)
        bootstrap.publish(suite, [_definition(folder)])
        yield Stage(suite, files, disk=disk)
    finally:
        suite.stop()


def _definition(folder: Path, name: str = DEFINITION) -> Path:
    """A definition to publish, of another name than the bench's."""
    place = shutil.copytree(BENCH, folder / name)
    file = place / "definition.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in {"id: bench-document": f"id: {name}", "channels: [inbox]": "channels: [inbox, email]"}.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return place


def clear(suite: Suite, folder: Path) -> None:
    """Delete what a suite leaves; its PostgreSQL may keep the data elsewhere."""
    suite.postgres.remove()
    shutil.rmtree(folder, ignore_errors=True)
