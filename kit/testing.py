"""The kit's own fixtures: real PostgreSQL, real NATS, one harness per service.

A pytest plugin (``-p kit.testing``). Embedded servers by default, containers with
``PAET_TEST_INFRA=containers``. Every test gets a fresh database cloned from a migrated template and
an empty event stream.
"""

import asyncio
import importlib
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import nats
import pytest
from asgi_lifespan import LifespanManager
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from nats.aio.client import Client
from pydantic import BaseModel
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import create_async_engine
from uuid_utils.compat import uuid7

from kit.app import Kit
from kit.auth import ACCESS, Jwks, ServiceAssertions, load_private, sign, thumbprint
from kit.clients import PeerRefused, Peers
from kit.clock import clock
from kit.cloudevents import Event, Position, compose
from kit.contracts.definition import Bundle, Section, section_for
from kit.contracts.events import Fact, HandOver
from kit.contracts.journey import Outcome, Process, Slip
from kit.database import OUTBOX, plumbing
from kit.local.infra import ALL, Addresses, test_servers
from kit.messaging import EVENTS, provision
from kit.migrate import filters_of, upgrade
from kit.nats_access import OPERATOR

AGENCY = "22000000"


class Servers:
    """Addresses of the servers that a test run uses."""

    def __init__(self, addresses: Addresses, folder: Path) -> None:
        self.postgres_admin_url = addresses.postgres_admin_url
        self.nats_url = addresses.nats_url
        self.nats_passwords = addresses.nats_passwords
        self.folder = folder
        self.templates: dict[str, str] = {}
        self.keys = {name: _new_key() for name in ALL}
        self.trust = folder / "trust"
        self.trust.mkdir()
        for name, key in self.keys.items():
            (folder / f"{name}.key").write_bytes(key)
            (self.trust / f"{name}.pem").write_bytes(_public(key))

    async def operator(self) -> Client:
        """A bus connection with the operator's rights."""
        return await nats.connect(self.nats_url, user=OPERATOR, password=self.nats_passwords[OPERATOR])

    async def execute(self, *statements: str) -> None:
        """Run statements as the administrator of the PostgreSQL server."""
        connection = await asyncpg.connect(self.postgres_admin_url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def url_of(self, database: str) -> str:
        """SQLAlchemy URL of a database on the server."""
        base = self.postgres_admin_url.rpartition("/")[0].replace("postgresql://", "postgresql+asyncpg://", 1)
        return f"{base}/{database}"

    async def new_database(self, package: str) -> str:
        """A fresh database with the schema of a service, cloned from a template migrated once."""
        if package not in self.templates:
            template = f"template_{package.replace('.', '_')}"
            await self.execute(f'DROP DATABASE IF EXISTS "{template}"', f'CREATE DATABASE "{template}"')
            await upgrade(self.url_of(template), package)
            self.templates[package] = template
        name = f"test_{secrets.token_hex(6)}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.templates[package]}"')
        return name


def _new_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(pem, None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


class PeersDouble(Peers):
    """Peers whose answers a test gives: claims, sections and single calls."""

    def __init__(self) -> None:
        super().__init__({}, None)  # type: ignore[arg-type]
        self.claims: dict[tuple[str, str], dict[str, Any]] = {}
        self.answers: dict[tuple[str, str, str], Any] = {}
        self.section_bodies: dict[str, Any] = {}
        self.calls: list[tuple[str, str, str, Any]] = []

    def know(self, owner: str, name: str, key: UUID, claim: BaseModel) -> None:
        """The owner will answer this claim for the id."""
        self.claims.setdefault((owner, name), {})[str(key)] = claim.model_dump(mode="json")

    def answer(self, service: str, method: str, path: str, answer: Any) -> None:
        """The service will answer a call; an exception is raised, a callable gets the JSON sent."""
        self.answers[service, method, path] = answer

    async def claim(self, owner: str, name: str, ids: Sequence[UUID]) -> dict[str, Any]:
        """Answer from what the test said."""
        known = self.claims.get((owner, name), {})
        return {str(each): known[str(each)] for each in ids if str(each) in known}

    async def call(self, service: str, method: str, path: str, **kwargs: Any) -> Any:
        """Answer from what the test said; 404 otherwise."""
        self.calls.append((service, method, path, kwargs.get("json")))
        if path.startswith("/internal/definitions/") and path in self.section_bodies:
            return self.section_bodies[path]
        answer = self.answers.get((service, method, path))
        if answer is None:
            raise PeerRefused(service, 404, {"type": "urn:paet:problem:not-found"})
        if isinstance(answer, Exception):
            raise answer
        return answer(kwargs.get("json")) if callable(answer) else answer


class Harness:
    """One service in process on real servers: client, bus, database, people."""

    def __init__(self, service: str, servers: Servers, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.service = service
        self.servers = servers
        self.app = app
        self.client = client
        self.kit: Kit = app.state.kit
        self.peers: PeersDouble = self.kit.peers  # type: ignore[assignment]
        self.bundle: Bundle | None = None

    # people ------------------------------------------------------------------------------------

    def bearer(self, kind: str, subject: str, **claims: Any) -> dict[str, str]:
        """Headers with an access token as identity would issue it."""
        now = int(clock.now().timestamp())
        body = {
            "iss": "urn:paet:identity", "sub": subject, "aud": "paet", "iat": now, "exp": now + 600,
            "jti": str(uuid4()), "sid": str(uuid4()), "kind": kind, "ial": "2.3", "aal": "2.2", "roles": [], "scope": "",
        }  # fmt: skip
        key = load_private(self.servers.keys["identity"])
        token = sign(body | claims, key, kid=thumbprint(key.public_key()), typ=ACCESS)
        return {"Authorization": f"Bearer {token}"}

    def citizen(self, person: UUID | None = None, **claims: Any) -> dict[str, str]:
        """Headers of a citizen."""
        return self.bearer("citizen", str(person or uuid4()), **claims)

    def officer(
        self, *roles: str, officer: UUID | None = None, agency: str = AGENCY, **claims: Any
    ) -> dict[str, str]:
        """Headers of an officer."""
        return self.bearer("officer", str(officer or uuid4()), roles=list(roles), agency=agency, **claims)

    def as_service(self, name: str, journey: UUID | None = None) -> dict[str, str]:
        """Headers of another service; the gateway may speak for the holder of a journey."""
        assertions = ServiceAssertions(name, load_private(self.servers.keys[name]))
        return {"Authorization": f"Bearer {assertions.token_for(self.service, journey=journey)}"}

    def holder(self, journey: UUID) -> dict[str, str]:
        """Headers of whoever holds the secret of an anonymous journey."""
        return self.as_service("gateway", journey)

    # definitions -------------------------------------------------------------------------------

    def publish(self, bundle: Bundle) -> Section:
        """The service will find its section of this definition; becomes the default one."""
        self.bundle = bundle
        process = Process(self.service)
        section = section_for(bundle, process)
        identifier, _, version = section.definition.partition("@")
        path = f"/internal/definitions/{identifier}/{version}/sections/{process}"
        self.peers.section_bodies[path] = section.model_dump(mode="json")
        return section

    # events ------------------------------------------------------------------------------------

    def handover(
        self, fact: type[HandOver], *, at: str, journey: UUID | None = None, outcome: Outcome = Outcome.PASSED
    ) -> Event:
        """A hand-over of the published definition that ends the step ``at``."""
        assert self.bundle is not None
        definition = self.bundle.definition
        slip = Slip(plan=definition.steps, position=0).at(at)
        position = Position(
            journey_id=journey or uuid7(),
            agency=definition.agency,
            definition=definition.ref,
            step=at,
            slip=slip,
        )
        return compose(fact(slip=slip, outcome=outcome), position=position)

    def event(self, fact: Fact, *, step: str = "request", journey: UUID | None = None) -> Event:
        """Any fact about a journey of the published definition."""
        assert self.bundle is not None
        definition = self.bundle.definition
        slip = Slip(plan=definition.steps, position=0)
        position = Position(
            journey_id=journey or uuid7(),
            agency=definition.agency,
            definition=definition.ref,
            step=step,
            slip=slip,
        )
        return compose(fact, position=position)

    async def deliver(self, *events: Event, times: int = 2) -> None:
        """Publish the events, each twice over, and wait until the service has taken them all."""
        client = await self.servers.operator()
        try:
            jetstream = client.jetstream()
            for turn in range(times):
                for event in events:
                    headers = {"Nats-Msg-Id": f"{event.id}-{turn}-{uuid4()}"}
                    await jetstream.publish(event.address, event.to_json(), headers=headers)
            async with asyncio.timeout(30):
                while True:
                    info = await jetstream.consumer_info(EVENTS, self.service)
                    if not info.num_pending and not info.num_ack_pending:
                        return
                    await asyncio.sleep(0.02)
        finally:
            await client.close()

    async def facts(self, fact: type[Fact] | None = None) -> list[Event]:
        """What the service has told, in order; of one type when given."""
        async with self.kit.database.engine.connect() as connection:
            rows = await connection.execute(select(OUTBOX.c.body).order_by(OUTBOX.c.seq))
            events = [Event.from_json(body.encode()) for body in rows.scalars()]
        return [event for event in events if fact is None or isinstance(event.data, fact)]

    async def rows(self, statement: Any) -> list[Any]:
        """Rows of a select, as mappings."""
        async with self.kit.database.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

    async def until(self, check: Callable[[], Any], seconds: float = 15.0) -> Any:
        """Wait until an async check gives something true, and return it."""
        async with asyncio.timeout(seconds):
            while not (found := await check()):
                await asyncio.sleep(0.03)
        return found


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
    service: str, servers: Servers, folder: Path, *, package: str | None = None, **settings: Any
) -> AsyncIterator[Harness]:
    """Start a service with a fresh database, an empty stream and doubles for its peers."""
    package = package or ("gateway" if service == "gateway" else f"services.{service}")
    database = await servers.new_database(package)
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
        await servers.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


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


OpenHarness = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture
def harness_of(servers: Servers, tmp_path: Path) -> OpenHarness:
    """``async with harness_of("review") as review:``."""

    def opener(service: str, **settings: Any) -> AbstractAsyncContextManager[Harness]:
        return open_harness(service, servers, tmp_path, **settings)

    return opener


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """PostgreSQL and NATS for the whole run."""
    folder = tmp_path_factory.mktemp("servers")
    with test_servers(folder) as addresses:
        yield Servers(addresses, folder)


async def schema_differences(servers: Servers, package: str) -> list[Any]:
    """What differs between the models of a service and its migrated database; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = await servers.new_database(package)
    metadata = importlib.import_module(f"{package}.models").METADATA

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": metadata}
        )
        return compare_metadata(context, _joined(metadata))

    engine = create_async_engine(servers.url_of(database))
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    await servers.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    return found


def _joined(metadata: Any) -> Any:
    from sqlalchemy import MetaData

    joined = MetaData()
    for source in (metadata, plumbing):
        for table in source.tables.values():
            table.to_metadata(joined)
    return joined


def load_bundle(folder: Path) -> Bundle:
    """A bundle from a folder of the catalogue."""
    from gateway.commands.definitions import read_bundle

    return read_bundle(folder)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Nothing may be skipped where every tool was installed."""
    if (
        os.environ.get("PAET_TEST_NO_SKIP")
        and (mark := item.get_closest_marker("skipif"))
        and mark.args
        and mark.args[0]
    ):
        pytest.fail(f"may not be skipped here: {mark.kwargs.get('reason')}")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Write what each test proves, for ``make trace``."""
    target = os.environ.get("PAET_TRACE_RECORD")
    if not target:
        return
    record = [
        {"test": item.nodeid, "id": mark.args[0], "part": mark.kwargs.get("part")}
        for item in items
        for mark in item.iter_markers("req")
    ]
    Path(target).write_text(json.dumps(record, indent=1), encoding="utf-8")


__all__ = ["Harness", "Mapping", "OpenHarness", "Servers", "load_bundle", "schema_differences"]
