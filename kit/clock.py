"""The one clock: aware UTC, shiftable in development by a file that all processes read.

``from kit.clock import clock`` and ``clock.now()`` wherever the time is needed; nothing else asks the
operating system. A file with a number of seconds moves every process that reads it (PAET_CLOCK_OFFSET_FILE),
so that a deadline can be lived through; outside development that is refused.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BANGKOK = ZoneInfo("Asia/Bangkok")
STAT_EVERY_S = 0.05


class Clock:
    """Tells the time; moved by the offset file, or frozen by a test."""

    BANGKOK = BANGKOK

    def __init__(self) -> None:
        self._file: Path | None = None
        self._offset = timedelta()
        self._seen: tuple[int, int, int] | None = None
        self._next_look = 0.0
        self._frozen: datetime | None = None

    def configure(self, offset_file: Path | None, environment: str) -> None:
        """Read the offset from that file from now on; RuntimeError for a file outside development."""
        if offset_file is not None and environment != "development":
            raise RuntimeError("a clock offset is for development only")
        self._file, self._offset, self._seen, self._next_look = offset_file, timedelta(), None, 0.0

    def now(self) -> datetime:
        """Tell the time: aware, UTC, to the microsecond."""
        if self._frozen is not None:
            return self._frozen
        if self._file is not None:
            self._look(self._file)
        return datetime.now(UTC) + self._offset

    @property
    def is_moved(self) -> bool:
        """Whether it tells another time than everybody else's clock."""
        return self._frozen is not None or bool(self._offset)

    def _look(self, path: Path) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + STAT_EVERY_S
        try:
            stat = path.stat()
        except FileNotFoundError:
            self._offset, self._seen = timedelta(), None
            return
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if version != self._seen:
            self._read(path, version)

    def _read(self, path: Path, version: tuple[int, int, int]) -> None:
        text = path.read_text(encoding="ascii").strip()
        if text:  # an empty file is one that somebody is writing now: look again
            self._offset, self._seen = timedelta(seconds=float(text)), version

    @contextmanager
    def freeze(self, at: datetime) -> Iterator[Callable[[timedelta], None]]:
        """Stand still at that time, for a test; what is yielded moves it on: ``advance(timedelta)``."""
        before, self._frozen = self._frozen, _aware(at).astimezone(UTC)
        try:
            yield self._advance
        finally:
            self._frozen = before

    def _advance(self, by: timedelta) -> None:
        if self._frozen is None:
            raise RuntimeError("the clock is not frozen")
        self._frozen += by

    @staticmethod
    def local_date(at: datetime) -> date:
        """Tell the calendar day in Thailand; ValueError for a naive time."""
        return _aware(at).astimezone(BANGKOK).date()


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


def write_offset(path: Path, seconds: float) -> None:
    """Move all development processes that read this file: written whole, so that none reads half a number."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.write_text(f"{seconds}\n", encoding="ascii")
    new.replace(path)


clock = Clock()
now = clock.now
configure = clock.configure
freeze = clock.freeze
local_date = clock.local_date
