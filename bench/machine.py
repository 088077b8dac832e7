"""What the figures were measured on: machine, versions, and the settings that decide what a write costs."""

import asyncio
import os
import platform
import subprocess
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
import nats

from kit.local.nats import NatsServer
from kit.local.postgres import PostgresServer
from kit.local.suite import ROOT
from kit.settings import Settings

LIBRARIES = (
    "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pydantic", "sqlalchemy", "sqlmodel", "asyncpg",
    "nats-py", "httpx", "aiohttp", "httpx-aiohttp", "python-jose", "cryptography", "opentelemetry-sdk", "typst",
    "pyhanko", "pikepdf", "tantivy",
)  # fmt: skip
SETTINGS = (
    "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "wal_level", "commit_delay", "shared_buffers",
    "max_connections", "autovacuum", "jit",
)  # fmt: skip


def stamp() -> dict[str, str]:
    """When, and on which revision: that of the checkout, with a mark where files were changed since."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"at": datetime.now(UTC).isoformat(timespec="minutes"), "revision": said.stdout.strip() or "unknown"}


async def measure() -> dict[str, Any]:
    """Machine, versions, settings; the servers are started for a moment to be asked."""
    return {
        "machine": _machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}, built {_built()}",
        "libraries": {name: version(name) for name in LIBRARIES},
        **await _servers(),
        "suite": {
            "processes": "one per service and one gateway, each uvicorn with uvloop and httptools, role all",
            "database pool": Settings.model_fields["database_pool"].default,
            "telemetry": "spans written to a file, metrics on, access log off",
            "load": "made by one other process on the same machine, whose CPU is not counted",
        },
    }


def _built() -> str:
    """When and by what the interpreter was built: one optimised by profile is a quarter faster than one that is not."""
    return f"{platform.python_build()[1]} by {platform.python_compiler()}"


def _machine() -> dict[str, Any]:
    model = next((line.partition(":")[2].strip() for line in _lines("cpuinfo") if line.startswith("model name")), "?")
    memory = next(int(line.split()[1]) for line in _lines("meminfo") if line.startswith("MemTotal"))
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _lines(name: str) -> list[str]:
    return Path("/proc", name).read_text().splitlines()


async def _servers() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="paet-bench-") as folder:
        postgres, bus = PostgresServer(Path(folder, "postgres")), NatsServer(Path(folder, "nats"))
        try:
            await asyncio.to_thread(postgres.start)
            await asyncio.to_thread(bus.start)
            return {"postgresql": await _postgres(postgres.admin_url), "nats": await _nats(bus)}
        finally:
            bus.stop()
            postgres.stop()
            postgres.remove()


async def _postgres(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        settings = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in SETTINGS}
        return {"version": (await connection.fetchval("SHOW server_version")), **settings}
    finally:
        await connection.close()


async def _nats(bus: NatsServer) -> dict[str, str]:
    client = await nats.connect(bus.url)
    try:
        written = (bus.folder / "nats.conf").read_text()
        always = "always" if '"sync_interval": "always"' in written else "default"
        return {
            "version": str(client.connected_server_version).strip("<>").rpartition(" v")[2],
            "sync_interval": always,
            "storage": "file, 1 replica",
        }
    finally:
        await client.close()
