"""The server that sleeps while nobody asks anything: it answers, renews its date, and ends on a signal at once."""

import signal
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime

import aiohttp
import httpx
import pytest

from kit.local.ports import free_port
from kit.serve import KEEP_ALIVE_SECONDS

APPLICATION = """
import asyncio, gc, sys
import structlog
import opentelemetry.sdk.resources
from fastapi import FastAPI
def app():
    application, collects_at_start = FastAPI(), gc.isenabled()
    @application.get("/collector")
    async def collector():
        return {"at_start": collects_at_start, "now": gc.isenabled(), "frozen": gc.get_freeze_count() > 10_000}
    @application.get("/loaded")
    async def loaded():
        return [name for name in ("rich", "pygments", "psutil", "websockets", "structlog") if sys.modules.get(name)]
    @application.get("/slow")
    async def slow():
        print("asked", flush=True)
        await asyncio.sleep(0.8)
        return "done"
    @application.get("/")
    async def root():
        return "here"
    return application
def broken():
    raise RuntimeError("no")
"""


@pytest.fixture
def serve(tmp_path):
    """Starts the application, or another factory of the module."""
    (tmp_path / "shop.py").write_text(APPLICATION)
    started = []

    def start(factory="app"):
        port = free_port()
        command = [sys.executable, "-m", "kit.serve", f"shop:{factory}", "--port", str(port), "--end-seconds", "90"]
        process = subprocess.Popen(command, env={"PYTHONPATH": f"{tmp_path}:."}, stdout=subprocess.PIPE)
        started.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def answered(url):
    for _ in range(200):
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(url)


def test_the_collector_leaves_alone_what_stood_at_the_start_and_works_afterwards(serve):
    _, url = serve()
    assert answered(f"{url}/collector").json() == {"at_start": False, "now": True, "frozen": True}


def test_what_only_developers_use_and_what_nobody_speaks_is_not_loaded(serve):
    _, url = serve()
    assert answered(f"{url}/loaded").json() == ["structlog"]


def test_who_asks_for_a_websocket_is_answered_as_anybody(serve):
    _, url = serve()
    answered(url)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}  # fmt: skip
    assert httpx.get(url, headers=upgrade).json() == "here"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_what_is_asked_is_answered_first(serve, sent):
    process, url = serve()
    answered(url)
    with httpx.Client() as client, client.stream("GET", f"{url}/") as first:
        first.read()
    slow = subprocess.Popen([sys.executable, "-c", f"import httpx; print(httpx.get('{url}/slow').text)"],
                            stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout.readline() == b"asked\n"
    process.send_signal(sent)
    said, _ = slow.communicate()
    process.wait(45)  # half of what requests may take: nobody waits for the connection that is kept
    assert said.strip() == b'"done"'
    assert process.returncode in (0, -sent)


def test_the_date_of_an_answer_is_of_its_second(serve):
    _, url = serve()
    answered(url)
    first = parsedate_to_datetime(httpx.get(url).headers["date"])
    time.sleep(2.2)
    later = parsedate_to_datetime(httpx.get(url).headers["date"])
    assert 1 <= (later - first).total_seconds() <= 3


def test_an_application_that_cannot_be_made_ends_with_an_error(serve):
    process, _ = serve("broken")
    process.communicate(timeout=10)
    assert process.returncode not in (0, None)


async def test_a_connection_outlives_those_that_our_own_clients_keep():
    async with aiohttp.TCPConnector() as connector:
        assert connector._keepalive_timeout < KEEP_ALIVE_SECONDS
