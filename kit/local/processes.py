"""One child process: its own group, its log, its pid file; and the end of what a killed supervisor left.

The pid file is locked by the child itself (it inherits the descriptor): a pid in an unlocked file is history.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from kit.local import locks
from kit.local.faults import Cancelled, LocalError
from kit.local.reach import RunAs

POLL_SECONDS = 0.02


@dataclass
class Child:
    """A program that is started, watched, stopped and started again; output goes to `log`."""

    name: str
    command: Sequence[str]
    log: Path
    pid_file: Path
    environment: Mapping[str, str] | None = None
    folder: Path | str = "/"
    stop_signal: signal.Signals = signal.SIGTERM
    run_as: RunAs | None = None
    ready: Callable[["Child"], bool] = field(default=lambda _: True)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program in a new session; raises LocalError if its former self does not end."""
        lock = self._lock()
        identity = self.run_as.arguments() if self.run_as else {}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                pass_fds=(lock,),
                **identity,
            )
        locks.write(lock, f"{self.process.pid}\n")
        os.close(lock)

    def _lock(self) -> int:
        """Take the pid file; a killed PostgreSQL leaves backends that need a moment to notice."""
        deadline = time.monotonic() + 10
        while (lock := locks.take(self.pid_file)) is None:
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} still runs as process {self.pid_file.read_text().strip()}")
            time.sleep(POLL_SECONDS)
        return lock

    @property
    def pid(self) -> int | None:
        """Process id of the living or last process."""
        return self.process.pid if self.process else None

    @property
    def status(self) -> int | None:
        """Exit status (negative: the signal that ended it), None while it runs or before it was started."""
        return self.process.poll() if self.process else None

    def is_alive(self) -> bool:
        """True while the program runs (a paused one does)."""
        return self.process is not None and self.process.poll() is None

    def wait_ready(self, seconds: float, cancelled: Event | None = None) -> None:
        """Wait for `ready`; raises LocalError with the last log lines when the program ends or time is up."""
        deadline = time.monotonic() + seconds
        while not self.ready(self):
            if cancelled and cancelled.is_set():
                raise Cancelled
            if not self.is_alive():
                raise LocalError(self.report())
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} was not ready after {seconds:.0f} s; its last words:\n{self.tail()}")
            time.sleep(POLL_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; nothing when it is gone."""
        if self.process is not None:
            signal_group(self.process.pid, number)

    def kill(self) -> None:
        """Kill -9, and wait for the end."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(10)

    def report(self) -> str:
        """How the program ended, with the last lines of its log."""
        status = self.status
        how = f"signal {-status}" if status is not None and status < 0 else f"exit status {status}"
        return f"{self.name} ended with {how}; its last words ({self.log}):\n{self.tail()}"

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        text = self.log.read_bytes()[-20_000:].decode(errors="replace") if self.log.exists() else ""
        return "\n".join("  " + line for line in text.splitlines()[-lines:])


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal a process group; a group that is gone is no error."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def stop_all(children: Iterable[Child], grace: float) -> None:
    """Ask every child to stop, all at once; whoever has not ended after `grace` seconds is killed."""
    living = [child for child in children if child.is_alive()]
    for child in living:
        child.signal(child.stop_signal)
        child.signal(signal.SIGCONT)
    deadline = time.monotonic() + grace
    for child in living:
        try:
            child.process and child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
        child.signal(signal.SIGKILL)


def end_leftovers(run_folder: Path, grace: float = 10.0) -> list[str]:
    """End what a supervisor that was itself killed left running; the names of those programs."""
    left = [path for path in sorted(run_folder.glob("*.pid")) if locks.is_held(path)]
    for path in left:
        # SIGINT: PostgreSQL would wait for its clients on SIGTERM; the others take it as the same.
        signal_group(int(path.read_text()), signal.SIGINT)
        signal_group(int(path.read_text()), signal.SIGCONT)
    deadline = time.monotonic() + grace
    for path in left:
        while locks.is_held(path) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if locks.is_held(path):
            signal_group(int(path.read_text()), signal.SIGKILL)
            while locks.is_held(path):
                time.sleep(POLL_SECONDS)  # nothing outlives that signal, but its end takes a moment
    return [path.stem for path in left]
