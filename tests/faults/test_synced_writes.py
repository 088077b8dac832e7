"""Acknowledged writes are synced first: seen at the system calls of the real servers, and said by every setting."""

import asyncio
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from signal import SIGINT

import asyncpg
import nats
import pytest
import yaml

from kit.local.nats import NatsServer
from kit.local.postgres import PostgresServer
from tests.faults.stage import children_of

pytestmark = [
    pytest.mark.req("X2"),
    pytest.mark.timeout(120),
]
traced = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
SYNCS = ("fsync", "fdatasync")
CALLS = "fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg"
CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
UNFINISHED = " <unfinished ...>"


@contextmanager
def trace(pids, output):
    """Write down the system calls of processes and of their threads, in the order in which they were made."""
    command = ["strace", "-f", "-y", "-s", "256", "-e", f"trace={CALLS}", "-o", output]
    command += [f"--attach={pid}" for pid in pids]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr:  # it says so once for every process, with its threads
        if "attached" in line:
            break
    time.sleep(0.5)
    try:
        yield
    finally:
        time.sleep(0.3)
        tracer.send_signal(SIGINT)
        tracer.communicate(timeout=20)


def calls(lines):
    """Name and text of every call: one that another thread's interrupted counts when it is done."""
    begun = {}
    for line in lines:
        if (end := RESUMED.match(line)) is not None and end[1] in begun:
            name, text = begun.pop(end[1])
            yield name, text + end[2]
        elif (call := CALL.match(line)) is not None and call[3].endswith(UNFINISHED):
            begun[call[1]] = call[2], call[3].removesuffix(UNFINISHED)
            if call[2] not in SYNCS:
                yield begun[call[1]]  # written or sent as soon as it is begun, to be on the safe side
        elif call is not None:
            yield call[2], call[3]


def synced_before(lines, path, answer):
    """Whether a file was synced, with success, after it was last written and before the answer left.

    None where no answer is among the calls.
    """
    is_synced = False
    for name, text in calls(lines):
        if path in text:
            is_synced = name in SYNCS and text.endswith("= 0")
        elif answer in text:
            return is_synced
    return None


def calls_in(output):
    return output.read_text(encoding="utf-8", errors="replace").splitlines()


async def commits(folder, fsync):
    """The system calls of a PostgreSQL server while one row is committed."""
    server = PostgresServer(folder / "postgres", fsync=fsync)
    await asyncio.to_thread(server.start)
    try:
        connection = await asyncpg.connect(server.admin_url)
        await connection.execute("CREATE TABLE told (body text)")
        with trace(children_of(server.child.pid), folder / "calls"):
            await connection.execute("INSERT INTO told VALUES ('once')")
        await connection.close()
    finally:
        server.stop()
        server.remove()
    return calls_in(folder / "calls")


@traced
async def test_postgresql_syncs_its_log_before_it_answers_a_commit(tmp_path):
    lines = await commits(tmp_path, fsync=True)
    assert synced_before(lines, "/pg_wal/", "INSERT 0 1") is True, "\n".join(lines)


@traced
async def test_without_fsync_the_same_look_finds_no_sync(tmp_path):
    assert synced_before(await commits(tmp_path, fsync=False), "/pg_wal/", "INSERT 0 1") is False


async def publishes(folder, server):
    """The system calls of a NATS server while one event is published and acknowledged."""
    await asyncio.to_thread(server.start)
    try:
        client = await nats.connect(server.url)
        jetstream = client.jetstream()
        await jetstream.add_stream(name="TOLD", subjects=["told"])
        await jetstream.publish("told", b"before")
        with trace([server.child.pid], folder / "calls"):
            await jetstream.publish("told", b"once")
        await client.close()
    finally:
        server.stop()
    return calls_in(folder / "calls")


ACKNOWLEDGED = r"{\"stream\":\"TOLD\",\"seq\":2}"


@traced
async def test_nats_syncs_the_stream_before_it_acknowledges(tmp_path):
    lines = await publishes(tmp_path, NatsServer(tmp_path / "nats"))
    assert synced_before(lines, ".blk", ACKNOWLEDGED) is True, "\n".join(lines)


class Lazy(NatsServer):
    """A server with the interval that NATS has when nobody says otherwise."""

    def _write(self):
        path = super()._write()
        text = path.read_text()
        assert text.count('"sync_interval": "always"') == 1
        path.write_text(text.replace('"sync_interval": "always"', '"sync_interval": "2m"'))
        return path


@traced
async def test_with_the_usual_interval_the_same_look_finds_no_sync(tmp_path):
    assert synced_before(await publishes(tmp_path, Lazy(tmp_path / "nats")), ".blk", ACKNOWLEDGED) is False


WRITTEN = '1 pwrite64(7</x/pg_wal/0001>, "…", 8192, 0) = 8192'
ANSWERED = r'1 sendto(9<socket:[1]>, "C\0\0\0\17INSERT 0 1\0Z", 22, 0, NULL, 0) = 22'


@pytest.mark.parametrize(
    ("between", "synced"),
    [
        ([], False),
        (["1 fdatasync(7</x/pg_wal/0001>) = 0"], True),
        (["1 fdatasync(7</x/pg_wal/0001>) = -1 EIO"], False),
        (["1 fdatasync(8</x/base/1>) = 0"], False),
        (["1 fdatasync(7</x/pg_wal/0001>) = 0", WRITTEN], False),
        (["2 fdatasync(7</x/pg_wal/0001> <unfinished ...>"], False),
        (["2 fdatasync(7</x/pg_wal/0001> <unfinished ...>", "2 <... fdatasync resumed>) = 0"], True),
    ],
)
def test_what_was_synced_is_read_out_of_the_calls(between, synced):
    assert synced_before([WRITTEN, *between, ANSWERED], "/pg_wal/", "INSERT 0 1") is synced


def test_a_trace_without_the_answer_proves_nothing():
    assert synced_before([WRITTEN], "/pg_wal/", "INSERT 0 1") is None


async def test_the_launcher_lets_nothing_be_lost(stage):
    connection = await asyncpg.connect(stage.suite.postgres.admin_url)
    said = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in SAFE}
    await connection.close()
    assert said == SAFE
    assert '"sync_interval": "always"' in (stage.suite.nats.folder / "nats.conf").read_text()


SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def test_compose_and_manifests_say_the_same():
    from tests.deploy.manifests import DEPLOY

    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    manifest = (DEPLOY / "components" / "postgres-single" / "postgres.yaml").read_text(encoding="utf-8")
    for name, value in SAFE.items():
        assert f"{name}={value}" in compose["services"]["postgres"]["command"]
        assert f"{name}={value}" in manifest
    config = (DEPLOY / "components" / "nats-single" / "nats.conf").read_text(encoding="utf-8")
    assert re.search(r"^\s*sync_interval: always$", config, re.MULTILINE)
    assert "./components/nats-single/nats.conf" in str(compose["services"]["nats"]["volumes"])
