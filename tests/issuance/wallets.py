"""A wallet that nobody here wrote: `wallet/wallet.mjs` in a process of its own, told what to do line by line."""

import asyncio
import fcntl
import json
import shutil
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "wallet"
LINE = 1 << 20
MISSING = shutil.which("node") is None or shutil.which("npm") is None


def install() -> None:
    """Bring the packages of the lock file, unless they are there; two test runs may want them at once."""
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, there = (FOLDER / "package-lock.json").read_bytes(), FOLDER / "node_modules" / ".wanted"
        if there.exists() and there.read_bytes() == wanted:
            return
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, timeout=100)
        there.write_bytes(wanted)


class Wallet:
    """The process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def does(self, act: str, **given: Any) -> dict[str, Any]:
        """Have it do something, and hear how that went."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, **given}).encode() + b"\n")
        async with asyncio.timeout(60):
            line = await self._process.stdout.readline()
        assert line, "the wallet has ended"
        said: dict[str, Any] = json.loads(line)
        assert "error" not in said, said["error"]
        return said


@asynccontextmanager
async def wallet():
    """Start one."""
    await asyncio.to_thread(install)
    pipe = asyncio.subprocess.PIPE
    command = ("node", "wallet.mjs")
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, stdin=pipe, stdout=pipe, limit=LINE)
    try:
        yield Wallet(process)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
