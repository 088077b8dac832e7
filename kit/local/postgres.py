"""The embedded PostgreSQL: one server in one folder, SCRAM on 127.0.0.1, no Unix socket. Knows no service."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from signal import SIGINT, SIGQUIT
from threading import Event
from urllib.parse import quote, urlsplit

from kit.local import ports
from kit.local.databases import Database, create_databases
from kit.local.faults import LocalError
from kit.local.processes import Child, stop_all
from kit.local.programs import postgres_programs, postgres_version
from kit.local.reach import RunAs, dropped_user, elsewhere, make_elsewhere

ADMIN = "postgres"
SETTING = "PAET_POSTGRES_PORT"
_SERVER = {
    "max_connections": "300",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
}
# Not synchronous_commit=off: what was committed must outlive kill -9 in tests too, if not a power cut.
_FAST = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer:
    """A PostgreSQL server with its data in `folder`, or the server of `admin_url`, never started by us.

    `port` None takes a free one, kept for the life of the object. `fsync=False` is for tests, whose data may
    be lost. As root the server runs as `postgres` or `nobody`; where that user cannot reach `folder`, the
    data stand in `/var/tmp/paet-<hash of folder>` instead, which is said.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        *,
        fsync: bool = True,
        admin_url: str | None = None,
        log: Path | None = None,
        pid_file: Path | None = None,
    ) -> None:
        self.folder = Path(folder).resolve()
        self.outside_url = admin_url.replace("+asyncpg:", ":") if admin_url else None
        self.fsync = fsync
        outside = urlsplit(admin_url) if admin_url else None
        self.host = (outside.hostname if outside else None) or "127.0.0.1"
        self.port = (outside.port or 5432) if outside else port or ports.free_port()
        self._log = log or self.folder / "postgres.log"
        self._pid_file = pid_file or self.folder / "postgres.pid"
        self.child: Child | None = None

    def start(self, cancelled: Event | None = None) -> None:
        """Make the data on first use, start, and wait until it takes connections; raises LocalError."""
        if self.outside_url:
            return
        if self.child is None:
            self.child = self._prepare()
        ports.demand_free({"PostgreSQL": (self.port, SETTING)})
        self.child.start()
        self.child.wait_ready(60, cancelled)

    def stop(self) -> None:
        """Stop at once, clients or not: open transactions are rolled back, now or (of tests) at the next start.

        Tests end it by SIGQUIT: a checkpoint of a whole run's data, which nobody will read, would take longer than
        the rest of the stop.
        """
        if self.child:
            stop_all([self.child], grace=15)

    def remove(self) -> None:
        """Delete the data; the server must be stopped."""
        for place in (self.folder, elsewhere(self.folder)):
            if place.is_dir():
                shutil.rmtree(place)

    @property
    def admin_url(self) -> str:
        """`postgresql://` URL of the superuser."""
        return self.outside_url or self.url("postgres", ADMIN, self._password(), driver="postgresql")

    def url(self, database: str, user: str, password: str, driver: str = "postgresql+asyncpg") -> str:
        """URL of a database on this server."""
        return f"{driver}://{quote(user)}:{quote(password, safe='')}@{self.host}:{self.port}/{database}"

    def create_database(self, name: str, user: str, password: str) -> None:
        """Make a database owned by `user`; one that exists is kept, the password is set anew."""
        self.create_databases([Database(name, user, password)])

    def create_databases(self, databases: Iterable[Database]) -> None:
        """The same for many; nobody else may connect to them."""
        create_databases(self.admin_url, databases)

    def _password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    def _prepare(self) -> Child:
        run_as = dropped_user()
        programs = postgres_programs(run_as)
        data = self._home(run_as) / "data"
        if data.is_dir():
            self._check_version(data, programs)
        else:
            self._initialise(data, programs, run_as)
        settings = _SERVER | {"port": str(self.port)} | ({} if self.fsync else _FAST)
        command = [
            programs / "postgres",
            "-D",
            data,
            *(f"--{name}={value}" for name, value in settings.items()),
        ]
        return Child(
            "postgres",
            [str(part) for part in command],
            self._log,
            self._pid_file,
            environment=_environment(),
            stop_signal=SIGINT if self.fsync else SIGQUIT,
            run_as=run_as,
            ready=lambda child: _takes_connections(data, child.pid),
        )

    def _home(self, run_as: RunAs | None) -> Path:
        """The folder the data go into: ours, or one that the dropped user can reach."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if run_as is None or run_as.reaches(self.folder):
            return self.folder
        home = make_elsewhere(self.folder)
        print(f"note: the user {run_as.name} cannot reach {self.folder}; PostgreSQL keeps its data in {home}")
        return home

    def _initialise(self, data: Path, programs: Path, run_as: RunAs | None) -> None:
        """Make the data beside their place and move them there whole: a broken start leaves no half."""
        half = data.with_name("half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        password_file = half.with_name("half.password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._password())
        if run_as:
            run_as.own(half)
            run_as.own(password_file)
        command = [
            programs / "initdb",
            "-D",
            half,
            "-U",
            ADMIN,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-A",
            "scram-sha-256",
            f"--pwfile={password_file}",
            *([] if self.fsync else ["--no-sync"]),
        ]
        identity = run_as.arguments() if run_as else {}
        made = subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            start_new_session=True,
            **identity,
        )
        password_file.unlink()
        if made.returncode:
            raise LocalError(f"PostgreSQL could not make its data in {data}:\n{made.stdout}{made.stderr}")
        half.rename(data)

    @staticmethod
    def _check_version(data: Path, programs: Path) -> None:
        made_by, have = int((data / "PG_VERSION").read_text()), postgres_version(programs)
        if made_by != have:
            raise LocalError(
                f"the data in {data} were made by PostgreSQL {made_by}, the program in {programs} is {have}; "
                "`make clean` starts afresh"
            )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _takes_connections(data: Path, pid: int | None) -> bool:
    """What pg_ctl does: the server writes its state into line 8 of postmaster.pid."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"
