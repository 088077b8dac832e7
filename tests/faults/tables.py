"""A look into the databases of the services, and for tests a hand in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from tests.faults.stage import Stage

_planted: dict[str, asyncpg.Connection] = {}
"""Services whose tables are seen through an open transaction of a test."""


async def rows(stage: Stage, service: str, query: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a service's database."""
    if service in _planted:
        return [dict(row) for row in await _planted[service].fetch(query, *values)]
    connection = await _owner(stage, service)
    try:
        return [dict(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


async def column(stage: Stage, service: str, query: str, *values: Any) -> list[str]:
    """The first column of a query, as text."""
    return [str(next(iter(row.values()))) for row in await rows(stage, service, query, *values)]


async def change(stage: Stage, service: str, statement: str) -> None:
    """Change a service's database with its owner's rights."""
    connection = await _owner(stage, service)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _owner(stage: Stage, service: str) -> asyncpg.Connection:
    name, user, password = stage.suite.environments.database(service)
    return await asyncpg.connect(stage.suite.postgres.url(name, user, password, driver="postgresql"))


@asynccontextmanager
async def planted(stage: Stage, service: str, *statements: str) -> AsyncIterator[None]:
    """Let `rows` see a service's database as if the statements had been run, past every trigger; nobody else does."""
    admin = urlsplit(stage.suite.postgres.admin_url)
    name = stage.suite.environments.database(service).name
    connection = await asyncpg.connect(admin._replace(path=f"/{name}").geturl())
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            done = await connection.execute(statement)
            assert not done.endswith(" 0"), f"nothing was planted by: {statement}"
        _planted[service] = connection
        yield
    finally:
        _planted.pop(service, None)
        await transaction.rollback()
        await connection.close()
