"""`python -m kit.local up|demo|migrate|env|clean`: the commands behind the Makefile.

State lies in `.local/` of the project, or in PAET_LOCAL. Ports: PAET_PORT_BASE (8000), PAET_POSTGRES_PORT
(54320), PAET_NATS_PORT (42220). PAET_POSTGRES_URL (of a superuser) and PAET_NATS_URL name servers that run
already.
"""

import argparse
import os
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from kit.local.faults import LocalError
from kit.local.layout import LAYOUT, standard_ports
from kit.local.processes import end_leftovers
from kit.local.reach import elsewhere
from kit.local.running import Running
from kit.local.suite import ROOT, Suite

_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WAIT_SECONDS = 120.0


def up(folder: Path) -> int:
    """Start the suite, say where it is, stay until Ctrl-C."""
    with started(folder) as (suite, asked):
        print(_addresses(suite.urls()), "Ctrl-C stops it.", sep="\n")
        asked.wait()
        print("stopping")
    return 0


def demo(folder: Path) -> int:
    """Walk the shipped journeys through the suite that is up, or through one started for it."""
    running = Running(folder)
    if running.is_there():
        return int(_call("demo", "main", running.urls(_WAIT_SECONDS)))
    with started(folder) as (suite, _), interruptible():
        return int(_call("demo", "main", suite.urls()))


def migrate(folder: Path) -> int:
    """Bring databases and bus to what this version needs, with servers started for it."""
    with supervised(folder) as (suite, _):
        suite.start_servers()
        suite.migrate()
        print("databases and bus are up to date")
    return 0


def env(folder: Path, name: str | None) -> int:
    """Print the environment of one process for a shell, or the addresses."""
    suite = _suite(folder)
    if name is None:
        print(_addresses(suite.urls()))
        return 0
    programs = {program.name: program for program in suite.layout.programs}
    if name not in programs:
        raise LocalError(f"there is no {name!r}; there are {', '.join(programs)}")
    suite.state.prepare(suite.layout)
    for key, value in suite.environments.settings(programs[name]).items():
        print(f"export {key}={shlex.quote(value)}")
    return 0


def clean(folder: Path) -> int:
    """Stop what runs and delete all its data."""
    running = Running(folder)
    if running.is_there():
        print(f"stopping the running suite (process {running.pid()})")
        running.end(60)
    end_leftovers(folder / "run")
    for place in (folder, elsewhere(folder / "postgres")):
        if place.is_dir():
            shutil.rmtree(place)
    return 0


@contextmanager
def supervised(folder: Path) -> Iterator[tuple[Suite, threading.Event]]:
    """A suite, not yet started, of which this process is the supervisor; stopped at the end.

    Beside it an event that is set when the person or the system asks for the end.
    """
    running = Running(folder)
    if not running.take():
        raise LocalError(
            f"the suite is already up (process {running.pid()}): `make demo` uses it, Ctrl-C there stops it"
        )
    for name in end_leftovers(folder / "run"):
        print(f"{name} was left over from a start that was killed; it is ended")
    suite = _suite(folder)
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        suite.cancel()

    for number in _END:
        signal.signal(number, ask)
    try:
        yield suite, asked
    finally:
        suite.stop()


@contextmanager
def started(folder: Path) -> Iterator[tuple[Suite, threading.Event]]:
    """The same, started and with the shipped definitions published."""
    began = time.monotonic()
    with supervised(folder) as (suite, asked):
        suite.start()
        with interruptible():
            _call("bootstrap", "bootstrap", suite)
        Running(folder).describe(suite.urls(), {program.name: program.ready for program in suite.layout.programs})
        print(f"the suite is up after {time.monotonic() - began:.0f} s")
        yield suite, asked


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the signals that end us raise KeyboardInterrupt, for code that does not look at the event."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in _END}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _suite(folder: Path) -> Suite:
    return Suite(
        folder,
        layout=LAYOUT,
        ports=standard_ports(LAYOUT, os.environ),
        postgres_url=os.environ.get("PAET_POSTGRES_URL"),
        nats_url=os.environ.get("PAET_NATS_URL"),
    )


def _call(module: str, function: str, argument: Any) -> Any:
    """Call a function of a module that is imported only now, for it is slow to import."""
    return getattr(import_module(f"kit.local.{module}"), function)(argument)


def _addresses(urls: dict[str, str]) -> str:
    return "\n".join(f"  {name:10} {url}" for name, url in urls.items())


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(prog="python -m kit.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (up, demo, migrate, clean):
        commands.add_parser(function.__name__, help=function.__doc__).set_defaults(run=function)
    printing = commands.add_parser("env", help=env.__doc__)
    printing.add_argument("name", nargs="?", help="a process, e.g. review")
    printing.set_defaults(run=env)
    chosen: dict[str, Any] = vars(parser.parse_args(arguments))
    run = chosen.pop("run")
    del chosen["command"]
    folder = Path(os.environ.get("PAET_LOCAL") or ROOT / ".local").resolve()
    try:
        return int(run(folder, **chosen))
    except LocalError as fault:
        print(fault, file=sys.stderr)
        return 1
    except PermissionError as refused:
        if not str(refused.filename).startswith(str(folder)):
            raise
        print(f"{refused.filename} belongs to another user: run this as that user, or remove {folder}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
