"""The superuser's connections to the databases of a running suite: the bench fills them and explains queries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from kit.local.suite import Suite


@asynccontextmanager
async def connected(suite: Suite, service: str) -> AsyncIterator[Any]:
    """A connection to the database of a service."""
    base, _, _ = suite.postgres.admin_url.rpartition("/")
    connection = await asyncpg.connect(f"{base}/paet_{service}", command_timeout=1800)
    try:
        yield connection
    finally:
        await connection.close()
