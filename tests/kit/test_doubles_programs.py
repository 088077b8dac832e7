"""The doubles as programs: refused outside development, on 127.0.0.1 only, ended by SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from kit.local.ports import answers, free_port

ROOT = Path(__file__).parents[2]
NAMES = ("thaid", "bank", "mail")


def command(name: str, port: int, folder: Path) -> list[str]:
    options = {
        "thaid": ["--port", str(port), "--client-id", "paet", "--redirect-uri", "http://127.0.0.1:8000/back"],
        "bank": ["--port", str(port), "--book", str(folder / "book.sqlite"), "--api-key", "key"],
        "mail": ["--http-port", str(port), "--port", str(free_port()), "--folder", str(folder / "mail")],
    }
    return [sys.executable, "-m", f"kit.local.doubles.{name}", *options[name]]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PAET_")}
    return kept | more


SECRETS = {"PAET_THAID_CLIENT_SECRET": "s", "PAET_BANK_API_SECRET": "s"}


@contextmanager
def started(
    name: str, port: int, folder: Path, options: Sequence[str] = (), **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    program = subprocess.Popen(
        [*command(name, port, folder), *options],
        cwd=ROOT,
        env=environment(**({"PAET_ENVIRONMENT": "development"} | SECRETS | more)),
        stderr=subprocess.PIPE,
    )
    try:
        until = time.monotonic() + 20
        while not answers(port):
            assert program.poll() is None, program.stderr.read().decode()
            assert time.monotonic() < until, "not up in 20 seconds"
            time.sleep(0.02)
        yield program
    finally:
        program.kill()
        program.wait()
        program.stderr.close()


@pytest.mark.parametrize("name", NAMES)
def test_starts_on_the_loopback_only_and_ends_at_sigterm(name, tmp_path):
    port = free_port()
    with started(name, port, tmp_path) as program:
        with pytest.raises(ConnectionRefusedError):  # on 0.0.0.0 it would answer here too
            socket.create_connection(("127.0.0.2", port), timeout=1)
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) in (0, -signal.SIGTERM)
        assert not answers(port)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", ["production", "", None])
def test_is_refused_outside_development(name, given, tmp_path):
    more = {} if given is None else {"PAET_ENVIRONMENT": given}
    port = free_port()
    done = subprocess.run(
        command(name, port, tmp_path),
        cwd=ROOT,
        env=environment(**SECRETS, **more),
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 2
    assert b"PAET_ENVIRONMENT=development" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["thaid", "bank"])
def test_is_refused_without_its_secret(name, tmp_path):
    done = subprocess.run(
        command(name, free_port(), tmp_path),
        cwd=ROOT,
        env=environment(PAET_ENVIRONMENT="development"),
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 2
    assert b"secret" in done.stderr


def test_a_secret_may_be_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    port = free_port()
    options = ["--api-secret-file", str(tmp_path / "secret")]
    with started("bank", port, tmp_path, options, PAET_BANK_API_SECRET="another"):
        answer = httpx.post(
            f"http://127.0.0.1:{port}/v1/oauth/token",
            json={"applicationKey": "key", "applicationSecret": "from a file"},
            headers={"resourceOwnerId": "key", "requestUId": "1"},
        )
    assert answer.status_code == 200


def test_the_development_clock_moves_the_bank(tmp_path):
    (tmp_path / "offset").write_text("864000")
    port = free_port()
    with started("bank", port, tmp_path, PAET_CLOCK_OFFSET_FILE=str(tmp_path / "offset")):
        order = {"biller": "099400016550100", "ref1": "A", "amount": 1}
        paid = httpx.post(f"http://127.0.0.1:{port}/_control/pay", json=order).json()["payments"][0]["paid_at"]
    assert datetime.fromisoformat(paid) > datetime.now(UTC) + timedelta(days=9)
