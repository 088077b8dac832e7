"""Starts again what dies, as an orchestrator would, and counts it."""

import threading
import time
from collections.abc import Callable, Mapping

from kit.local.faults import LocalError
from kit.local.processes import Child

RESTART_AFTER_SECONDS = 1.0
_LOOK_EVERY_SECONDS = 0.1


class Watch:
    """A thread that looks at all `children` (by name) and calls `again(name)` a second after one died.

    Names in `left_down` are left alone. Whoever starts or ends a child on purpose holds `lock` meanwhile.
    """

    def __init__(
        self,
        children: Callable[[], Mapping[str, Child]],
        again: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self.lock = threading.RLock()
        self.left_down: set[str] = set()
        self.restarts: dict[str, int] = {}
        self._children, self._again, self._say = children, again, say
        self._due: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="suite-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; nothing is started after this returns."""
        self._ended.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            for name, child in self._children().items():
                with self.lock:
                    self._look(name, child)

    def _look(self, name: str, child: Child) -> None:
        if child.is_alive() or name in self.left_down:
            self._due.pop(name, None)
        elif name not in self._due:
            self._say(child.report())
            self._due[name] = time.monotonic() + RESTART_AFTER_SECONDS
        elif time.monotonic() >= self._due[name]:
            self._start_again(name)

    def _start_again(self, name: str) -> None:
        del self._due[name]
        try:
            self._again(name)
        except (LocalError, OSError) as fault:  # a full disk takes no log and no pid file
            self._say(str(fault))
            return
        self.restarts[name] = self.restarts.get(name, 0) + 1
        self._say(f"{name} was started again (restart {self.restarts[name]})")
