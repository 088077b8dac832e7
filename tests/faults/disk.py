"""What is done to the disk: a small file system of our own to be filled, and syncs that take longer."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGINT

import asyncpg

from tests.faults.stage import Stage, processes_of

SIZE = 3 * 2**30
FEW = 10
SYNCS = "fsync,fdatasync"
NO_SPACE = re.compile(rb"no space left on device", re.IGNORECASE)


def why_not_mounted() -> str | None:
    """Why no file system can be mounted here; None where it can."""
    if os.geteuid() != 0:
        return "not root"
    for program in ("mkfs.ext4", "mount", "umount"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    return None


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """An ext4 file system of its own on a loop device, gone at the end; OSError where mounting is not allowed."""
    with image.open("wb") as file:
        file.truncate(SIZE)
    _run("mkfs.ext4", "-q", "-m", "0", str(image))  # no blocks kept back for root, who would never find it full
    place.mkdir(parents=True)
    _run("mount", "-o", "loop", str(image), str(place))
    try:
        place.chmod(0o755)
        yield place
    finally:
        _run("umount", str(place))
        image.unlink()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


def fill(place: Path) -> Path:
    """Leave no byte free; returns the file that takes all the space."""
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        for size in (2**26, 2**20, 2**16, 2**12):
            try:
                while True:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), size)
            except OSError:
                continue
    return ballast


async def full(stage: Stage, seconds: float) -> dict[str, int]:
    """Fill the disk of the whole suite for a while; how often each server said that it has no space.

    Where nobody wants to write just then it stays full until somebody does, for half a minute at the most.

    Afterwards NATS is restarted, as an operator must: it keeps the error of the block that it could not write and
    takes nothing until then, however much space there is (observed with 2.15).
    """
    assert stage.disk is not None
    logs = {name: stage.suite.state.log_file(name) for name in ("postgres", "nats")}
    before = {name: path.stat().st_size for name, path in logs.items()}

    def said() -> dict[str, int]:
        return {name: len(NO_SPACE.findall(path.read_bytes()[before[name] :])) for name, path in logs.items()}

    ballast = await asyncio.to_thread(fill, stage.disk)
    try:
        await asyncio.sleep(seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                while not any(said().values()):
                    await asyncio.sleep(0.5)
    finally:
        ballast.unlink()
    refused = said()
    await asyncio.sleep(1)
    await stage.restart("nats")
    await _database_answers(stage)
    return refused


async def _database_answers(stage: Stage) -> None:
    """PostgreSQL may have gone down for want of space; it recovers, or its supervisor starts it again."""
    async with asyncio.timeout(60):
        while True:
            try:
                connection = await asyncpg.connect(stage.suite.postgres.admin_url)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.3)
                continue
            await connection.close()
            return


async def slow(stage: Stage, seconds: float, milliseconds: int) -> int:
    """Let every sync of both servers take longer at the system call, until some did; returns how many."""
    output = stage.suite.state.folder / "syncs"
    pids = [pid for name in ("postgres", "nats") for pid in processes_of(stage.suite, name)]
    command = ["strace", "-f", "-qq", "-o", str(output), "-e", f"trace={SYNCS}"]
    command += ["-e", f"inject={SYNCS}:delay_enter={milliseconds * 1000}", *(f"--attach={pid}" for pid in pids)]
    tracer = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        await asyncio.sleep(seconds)
        for _ in range(40):
            if output.read_bytes().count(b"DELAYED") >= FEW:
                break
            await asyncio.sleep(0.5)
    finally:
        tracer.send_signal(SIGINT)
        await tracer.communicate()
    return output.read_bytes().count(b"DELAYED")
