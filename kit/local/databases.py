"""Databases and their users on a PostgreSQL server, with the rights of its superuser."""

import asyncio
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg

from kit.local.faults import LocalError

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class Database(NamedTuple):
    """A database with the one user who owns it; plain lower-case names."""

    name: str
    user: str
    password: str


def create_databases(admin_url: str, databases: Iterable[Database]) -> None:
    """Make databases to which only their users may connect; what exists is kept, passwords are set anew.

    Works beside a running event loop too. Raises LocalError when the server refuses, ValueError on a strange
    name.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _create(admin_url, list(databases))).result()


async def _create(admin_url: str, databases: list[Database]) -> None:
    try:
        connection = await asyncpg.connect(admin_url, timeout=10)
        try:
            for database in databases:
                await _create_one(connection, database)
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError) as error:
        server = urlsplit(admin_url)
        raise LocalError(f"PostgreSQL at {server.hostname}:{server.port}: {error}") from error


async def _create_one(connection: asyncpg.Connection, database: Database) -> None:
    name, user, password = database
    for word in (name, user):
        if not _NAME.fullmatch(word):
            raise ValueError(f"not a plain name for PostgreSQL: {word!r}")
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", user)
    secret = password.replace("'", "''")
    await connection.execute(f"{'ALTER' if exists else 'CREATE'} ROLE {user} LOGIN PASSWORD '{secret}'")
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(
            f"CREATE DATABASE {name} OWNER {user} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
        )
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
