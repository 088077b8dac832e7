"""Which supervisor holds a folder: one at a time, found by its lock, described by `run/suite.json`."""

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from kit.local import locks
from kit.local.faults import LocalError
from kit.local.ports import is_ready


class Running:
    """The supervisor of `folder`, if there is one; `take` makes it us."""

    def __init__(self, folder: Path) -> None:
        self._lock = folder / "run" / "supervisor.lock"
        self._description = folder / "run" / "suite.json"

    def take(self) -> bool:
        """Become the supervisor until this process ends; False when another is."""
        return locks.take(self._lock, f"{os.getpid()}\n") is not None

    def is_there(self) -> bool:
        """True while a supervisor lives."""
        return locks.is_held(self._lock)

    def pid(self) -> int:
        """Process id of the living supervisor."""
        return int(self._lock.read_text())

    def describe(self, urls: Mapping[str, str], ready: Mapping[str, str | None]) -> None:
        """Say that the suite is up, where, and which path tells that each part works."""
        self._description.write_text(json.dumps({"pid": os.getpid(), "urls": dict(urls), "ready": dict(ready)}))

    def urls(self, wait_seconds: float) -> dict[str, str]:
        """Addresses of the running suite once all of it works; raises LocalError if that takes long."""
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline and self.is_there():
            found = self._described()
            if found and all(
                is_ready(int(found["urls"][name].rpartition(":")[2]), path) for name, path in found["ready"].items()
            ):
                urls: dict[str, str] = found["urls"]
                return urls
            time.sleep(0.2)
        raise LocalError("the running suite does not become ready; see .local/logs")

    def end(self, wait_seconds: float) -> None:
        """Ask the supervisor to stop and wait until it has; raises LocalError when it does not."""
        os.kill(self.pid(), signal.SIGTERM)
        deadline = time.monotonic() + wait_seconds
        while self.is_there():
            if time.monotonic() > deadline:
                raise LocalError(f"the running suite (process {self.pid()}) does not stop")
            time.sleep(0.05)

    def _described(self) -> dict[str, dict[str, str]] | None:
        try:
            found = json.loads(self._description.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return found if found["pid"] == self.pid() else None
