"""The suite as a class: starts, stops, kills and restarts everything of a `Layout`."""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from kit.local import ports as tcp
from kit.local.environment import Environments
from kit.local.layout import LAYOUT, Layout, Program, setting_of
from kit.local.nats import NatsServer
from kit.local.postgres import PostgresServer
from kit.local.processes import Child, stop_all
from kit.local.state import State
from kit.local.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
GRACE_SECONDS = 8.0


class Suite:
    """Everything of `layout` on one machine, with its state in `folder`.

    `ports` by name (see `layout.standard_ports`, `layout.free_ports`); `extras` are environment variables by
    program name, `*` for all; `postgres_url` (of a superuser) and `nats_url` name servers that run already. A
    program that dies is started again after a second and counted in `restarts`, unless `kill` or `stop` ended
    it; `say` is told. All methods block: where an event loop runs, call them in a thread. After `cancel` from
    another thread or a signal handler, `start` gives up with `Cancelled`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ports: Mapping[str, int],
        layout: Layout = LAYOUT,
        extras: Mapping[str, Mapping[str, str]] | None = None,
        postgres_url: str | None = None,
        nats_url: str | None = None,
        fsync: bool = True,
        say: Callable[[str], None] = print,
    ) -> None:
        self.layout = layout
        self.state = state = State(folder)
        self.ports = dict(ports)
        self.cancelled = threading.Event()
        self.postgres = PostgresServer(
            state.folder / "postgres",
            self.ports["postgres"],
            fsync=fsync,
            admin_url=postgres_url,
            log=state.log_file("postgres"),
            pid_file=state.pid_file("postgres"),
        )
        self.nats = NatsServer(
            state.folder / "nats",
            "",
            self.ports["nats"],
            outside_url=nats_url,
            log=state.log_file("nats"),
            pid_file=state.pid_file("nats"),
        )
        self.environments = Environments(state, self.layout, self.ports, self.postgres, self.nats, extras or {})
        self._programs: dict[str, Child] = {}
        self._say = say
        self._watch = Watch(self.children, self._start_again, say)

    def start(self) -> None:
        """Start everything and wait until it is ready; if that fails, stop what was started and raise."""
        try:
            self.start_servers()
            self.migrate()
            for program in self.layout.programs:
                self._programs[program.name] = self._child(program)
                self._programs[program.name].start()
            self.wait_ready()
            self._watch.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, the programs first, then the servers; data stay."""
        self.cancelled.set()
        self._watch.stop()
        stop_all(self._programs.values(), GRACE_SECONDS)
        self.nats.stop()
        self.postgres.stop()
        self.cancelled.clear()

    def cancel(self) -> None:
        """Let `start` give up soon."""
        self.cancelled.set()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until every program is ready; raises LocalError with the last words of one that is not."""
        deadline = time.monotonic() + seconds
        for child in list(self._programs.values()):
            child.wait_ready(max(1.0, deadline - time.monotonic()), self.cancelled)

    def url(self, name: str) -> str:
        """Base URL of a program, e.g. `http://127.0.0.1:8000`."""
        return self.environments.url(name)

    def urls(self) -> dict[str, str]:
        """Base URLs of all programs and of the further ports of the doubles."""
        return {name: self.url(name) for name in self.layout.offsets}

    @property
    def restarts(self) -> dict[str, int]:
        """How often each program that died by itself was started again."""
        return self._watch.restarts

    def children(self) -> dict[str, Child]:
        """Everything that was started: programs, `postgres` and `nats`, by name."""
        servers = {"postgres": self.postgres.child, "nats": self.nats.child}
        return {name: child for name, child in servers.items() if child} | self._programs

    def kill(self, name: str) -> None:
        """Kill -9 a program, `postgres` or `nats`; it stays down until `restart`."""
        with self._watch.lock:
            self._watch.left_down.add(name)
            self.children()[name].kill()

    def restart(self, name: str) -> None:
        """Start a program or server anew, stopping it first if it still runs, and wait until it is ready."""
        child = self.children()[name]
        with self._watch.lock:
            stop_all([child], GRACE_SECONDS)
            self._start_again(name)
            self._watch.left_down.discard(name)
        child.wait_ready(START_SECONDS, self.cancelled)

    def pause(self, name: str) -> None:
        """Freeze a program: its connections stay open and nothing answers."""
        self.children()[name].signal(SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused program go on."""
        self.children()[name].signal(SIGCONT)

    def _start_again(self, name: str) -> None:
        if name == "postgres":
            self.postgres.start(self.cancelled)
        elif name == "nats":
            self.nats.start(self.cancelled)
        else:
            self._programs[name].start()

    def _demand_free_ports(self) -> None:
        outside = {"postgres": self.postgres.outside_url, "nats": self.nats.outside_url}
        names = ("postgres", "nats", *self.layout.offsets)
        tcp.demand_free({name: (self.ports[name], setting_of(name)) for name in names if not outside.get(name)})

    def start_servers(self) -> None:
        """Prepare the folder, check the ports, start PostgreSQL and NATS, make databases and users."""
        self._demand_free_ports()
        self.state.prepare(self.layout)
        self.state.drop_logs()
        self.nats.config = self.environments.access()
        if self.nats.outside_url:
            access = self.state.keep_access(self.nats.config)
            self._say(f"note: the NATS server at {self.nats.url} must have the accounts of {access}")
        self.nats.start(self.cancelled)
        self.postgres.start(self.cancelled)
        self.postgres.create_databases(self.environments.database(program.name) for program in self.layout.services)

    def migrate(self) -> None:
        """Migrate all services, as many at once as there are cores; raises LocalError."""
        jobs = [
            {
                "package": program.package,
                "environment": self.environments.of_migration(program),
                "log": str(self.state.log_file("migrate")),
            }
            for program in self.layout.services
        ]
        if not jobs:
            return
        plan = self.state.run / "migrations.json"
        plan.touch(mode=0o600)
        plan.write_text(json.dumps(jobs))
        command = [sys.executable, "-m", "kit.local.migrations", str(plan)]
        child = Child(
            "migrate",
            command,
            self.state.log_file("migrate"),
            self.state.pid_file("migrate"),
            folder=ROOT,
            environment=self.environments.inherited(),
            ready=lambda child: child.status == 0,
        )
        try:
            child.start()
            child.wait_ready(START_SECONDS, self.cancelled)
        finally:
            child.kill()

    def _child(self, program: Program) -> Child:
        command = [sys.executable, *(self.environments.filled(program, part) for part in program.command)]
        port = self.ports[program.name]
        return Child(
            program.name,
            command,
            self.state.log_file(program.name),
            self.state.pid_file(program.name),
            environment=self.environments.of(program),
            folder=ROOT,
            ready=lambda child: child.is_alive() and tcp.is_ready(port, program.ready),
        )
