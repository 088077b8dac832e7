"""Opening a service for a test: fresh database, empty stream, doubles for its peers."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from kit.app import Kit
from kit.auth import Jwks, load_private
from kit.database import plumbing
from kit.local.infra import ALL
from kit.messaging import provision
from kit.migrate import filters_of
from kit.nats_access import OPERATOR
from kit.testing.harness import Harness
from kit.testing.peers import PeersDouble
from kit.testing.servers import Servers


def environment_of(service: str, servers: Servers, database: str, folder: Path) -> dict[str, Any]:
    """Settings of a service in a test."""
    return {
        "environment": "development", "database_url": servers.url_of(database), "nats_url": servers.nats_url,
        "nats_user": service, "nats_password": servers.nats_passwords[service],
        "nats_operator_user": OPERATOR, "nats_operator_password": servers.nats_passwords[OPERATOR],
        "peers": {name: f"http://127.0.0.1:9/{name}" for name in ALL}, "trust_dir": servers.trust,
        "service_key_file": servers.folder / f"{service}.key", "public_url": "http://127.0.0.1:8000",
        "storage_url": f"file://{folder}/files", "database_pool": 8,
    }  # fmt: skip


@asynccontextmanager
async def open_harness(
    service: str,
    servers: Servers,
    folder: Path,
    *,
    package: str | None = None,
    database: str | None = None,
    **settings: Any,
) -> AsyncIterator[Harness]:
    """Start a service with an empty database, an empty stream and doubles for its peers.

    A `database` that is given is used as it stands, and left.
    """
    package = package or ("gateway" if service == "gateway" else f"services.{service}")
    given, database = database, database or await servers.lend_database(package)
    kinds = importlib.import_module(f"{package}.settings")
    chosen = kinds.Settings(**(environment_of(service, servers, database, folder) | settings))
    await empty_stream(servers)
    await provision(chosen, filters_of(package, service))
    app: FastAPI = importlib.import_module(f"{package}.main").build(chosen)
    kit: Kit = app.state.kit
    kit.use_peers(PeersDouble())
    keys = Jwks([load_private(servers.keys["identity"]).public_key()])

    async def jwks() -> dict[str, Any]:
        return keys.as_dict()

    if service != "identity":
        kit.use_jwks(jwks)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    try:
        async with (
            LifespanManager(app, startup_timeout=30, shutdown_timeout=30),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            yield Harness(service, servers, app, client)
    finally:
        if given is None:
            await servers.take_back(package, database)


async def empty_stream(servers: Servers) -> None:
    """Empty the streams and remove their consumers; provisioning makes what is missing.

    Purged, not deleted: a stream made again at once now and then finds its folder not yet gone.
    """
    client = await servers.operator()
    jetstream = client.jetstream()
    for stream in await jetstream.streams_info():
        name = str(stream.config.name)
        for consumer in await jetstream.consumers_info(name):
            await jetstream.delete_consumer(name, consumer.name)
        await jetstream.purge_stream(name)
    await client.close()


async def schema_differences(servers: Servers, package: str) -> list[Any]:
    """What differs between the models of a service and its migrated database; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = await servers.new_database(package)
    metadata = importlib.import_module(f"{package}.models").METADATA

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        return compare_metadata(context, _joined(metadata))

    engine = create_async_engine(servers.url_of(database))
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    await servers.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    return found


def _joined(metadata: Any) -> Any:
    from sqlalchemy import Index, MetaData, text

    joined = MetaData()
    for source in (metadata, plumbing):
        for table in source.tables.values():
            table.to_metadata(joined)
    # What a service adds to the plumbing tables for its own reads: (index, table, expression).
    for name, table, expression in metadata.info.get("indexes_of_plumbing", ()):
        Index(name, text(expression), _table=joined.tables[table])
    return joined
