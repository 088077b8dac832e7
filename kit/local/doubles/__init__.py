"""Doubles of the systems outside Paet: ThaiD, a bank, mail. They speak the real protocols and fail on demand.

They are in no image and refuse to start unless `PAET_ENVIRONMENT=development`. Each is a program
(`python -m kit.local.doubles.<name> --port N …`, 127.0.0.1 only, ends at SIGTERM) and an application for
tests (`create_app(…)`). Data in them is synthetic.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from fastapi import FastAPI

from kit.clock import clock

HOST = "127.0.0.1"
_LAST_SECONDS = 2  # a double that is told to be slow must still end promptly


class NotDevelopmentError(RuntimeError):
    """A double was asked to start outside development."""


def require_development() -> None:
    """Raise NotDevelopmentError unless `PAET_ENVIRONMENT` is exactly `development`."""
    if os.environ.get("PAET_ENVIRONMENT") != "development":
        raise NotDevelopmentError("doubles of outside systems start only with PAET_ENVIRONMENT=development")


def begin() -> None:
    """Open a double's program: end with status 2 outside development; follow the development clock."""
    try:
        require_development()
    except NotDevelopmentError as refused:
        print(refused, file=sys.stderr)
        raise SystemExit(2) from refused
    offset_file = os.environ.get("PAET_CLOCK_OFFSET_FILE")
    clock.configure(Path(offset_file) if offset_file else None, "development")


def serve(app: FastAPI, port: int) -> None:
    """Serve on 127.0.0.1:`port` until SIGTERM or SIGINT."""
    require_development()
    uvicorn.run(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=_LAST_SECONDS)


@contextmanager
def running(app: FastAPI, port: int) -> Iterator[str]:
    """Serve a double in a thread for the length of a test; yields its base URL.

    Raises RuntimeError if it is not up in ten seconds (port taken, start-up failed).
    """
    config = uvicorn.Config(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=_LAST_SECONDS)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name=f"double-{port}", daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def _await_start(server: uvicorn.Server, thread: Thread) -> None:
    until = time.monotonic() + 10
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("the double did not start")
        time.sleep(0.01)


def secret_from(file: Path | None, variable: str) -> str:
    """Read a secret from `file` or else the environment `variable`; without one, end with status 2."""
    secret = file.read_text(encoding="utf-8").strip() if file else os.environ.get(variable, "")
    if not secret:
        print(f"a secret is missing: give the file option or {variable}", file=sys.stderr)
        raise SystemExit(2)
    return secret
