"""One call makes a service: health, problems, telemetry, claims, its worker and its routes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import ModuleType
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, FastAPI, Response
from sqlalchemy import text

from kit import crashpoint, internal, problems, telemetry
from kit.auth import Authenticator, PersonVerifier, ServiceAssertions, ServiceVerifier, load_private
from kit.claims import Claimed
from kit.clients import Peers
from kit.clock import clock
from kit.contracts.definition import Fault, Section
from kit.database import Database
from kit.duework import AnyWork, DueWorkLoop
from kit.messaging import Bus
from kit.metrics import AnyGauge, Metrics
from kit.relay import Relay
from kit.sections import Sections
from kit.serverspans import ServerSpans
from kit.settings import Settings
from kit.worker import Table, Worker, table_of

R = TypeVar("R")
Check = Callable[[Section], Sequence[Fault]]
JwksFetch = Callable[[], Awaitable[dict[str, Any]]]


class Kit:
    """What one process has in hand; found at ``app.state.kit``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.secret_of("database_url"), settings.database_pool)
        self.bus = Bus(settings)
        self.assertions = ServiceAssertions(settings.service, load_private(settings.service_key_file.read_bytes()))
        self._resources: dict[type, Any] = {}
        self.use_peers(Peers(settings.peers, self.assertions))
        self.use_jwks(self._jwks_of_identity)

    def use_peers(self, peers: Peers) -> None:
        """Talk to these peers."""
        self.peers = peers
        self.section_store = Sections(self.database, peers, self.settings.service)

    def use_jwks(self, fetch: JwksFetch) -> None:
        """Verify people's tokens against the keys that this function brings."""
        self.verifier = Authenticator(
            PersonVerifier(fetch, issuer=self.settings.issuer, audience="paet"),
            ServiceVerifier(self.settings.trust_dir, audience=self.settings.service),
        )

    async def _jwks_of_identity(self) -> dict[str, Any]:
        answer: dict[str, Any] = await self.peers.get("identity", "/.well-known/jwks.json")
        return answer

    async def claim(self, owner: str, name: str, ids: Sequence[UUID]) -> dict[str, Any]:
        """Ask a claim (``Asking``)."""
        return await self.peers.claim(owner, name, ids)

    async def sections(self, definitions: Sequence[str]) -> dict[str, Section]:
        """Own sections of definitions (``Asking``)."""
        return await self.section_store.many(definitions)

    async def section(self, definition: str) -> Section:
        """Own section of one definition."""
        return await self.section_store.get(definition)

    def provide(self, resource: object, kind: type | None = None) -> None:
        """Keep something a service opened at start, found again by its type."""
        self._resources[kind or type(resource)] = resource

    def resource(self, kind: type[R]) -> R:
        """What was provided under that type."""
        found: R = self._resources[kind]
        return found


Resources = Callable[[Kit], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings,
    *,
    title: str,
    routers: Sequence[APIRouter] = (),
    consumers: ModuleType | None = None,
    work: Mapping[str, AnyWork] | None = None,
    check: Check | None = None,
    claims: Mapping[str, Claimed] | None = None,
    gauges: Mapping[str, AnyGauge] | None = None,
    resources: Resources | None = None,
    larger: Mapping[str, int] | None = None,
) -> FastAPI:
    """Wire a service.

    ``consumers`` has ``HANDOVER`` and ``REACTIONS``; ``work`` maps kinds of due work to functions;
    ``check`` finds the faults of the service's section of a bundle; ``claims`` are what others may
    ask; ``gauges`` are further metrics by name; ``resources`` opens what lives as long as the process; ``larger``
    are the limits of bodies that differ (``kit.problems.install``).
    """
    telemetry.configure_logging(settings)
    clock.configure(settings.clock_offset_file, settings.environment)
    crashpoint.configure(settings.crash_file)
    kit = Kit(settings)
    provider = telemetry.configure_tracing(settings)
    table = table_of(settings.service, consumers)
    metrics = Metrics(settings, consumes=bool(table.filters()), kinds=work or (), gauges=gauges or {})

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(kit.database.dispose)
            stack.push_async_callback(kit.peers.close)
            if resources is not None:
                await stack.enter_async_context(resources(kit))
            if settings.role in ("worker", "all"):
                await stack.enter_async_context(_working(app, kit, table, work or {}, metrics))
            yield
        await asyncio.to_thread(provider.shutdown)
        await asyncio.to_thread(metrics.provider.shutdown)

    # The interactive page loads its script from elsewhere; the OpenAPI document itself is served.
    app = FastAPI(title=title, lifespan=lifespan, docs_url=None, redoc_url=None, responses=problems.RESPONSES)
    app.state.kit = kit
    app.state.worker = None
    problems.install(app, settings.max_body_bytes, larger)
    for router in (_health(app, kit), metrics.router(), internal.router(check, claims or {}), *routers):
        app.include_router(router)
    app.add_middleware(ServerSpans, traces=provider, meters=metrics.provider)
    return app


@asynccontextmanager
async def _working(
    app: FastAPI, kit: Kit, table: Table, work: Mapping[str, AnyWork], metrics: Metrics
) -> AsyncIterator[None]:
    """Run relay, consumer, due work and the reading of metrics beside the API until the process stops."""
    in_process = kit.settings.role == "all"
    worker = Worker(kit, table)
    relay = Relay(kit.database, kit.bus, poll_seconds=2.0 if in_process else 0.2)
    loop = DueWorkLoop(kit, work, poll_seconds=1.0 if in_process else 0.3)
    connecting = asyncio.create_task(kit.bus.connect_for_ever())
    tasks = [asyncio.create_task(each) for each in (worker.run(), relay.run(), metrics.run(kit), *loop.runners())]
    app.state.worker = worker
    try:
        yield
    finally:
        await _cancel(connecting, *tasks)
        await kit.bus.close()


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    """Cancel until they are done: before Python 3.12 ``wait_for`` may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)


def _health(app: FastAPI, kit: Kit) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        """The process runs."""
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        """The process can do its work: database, bus and consumer answer."""
        checks: dict[str, bool] = {"database": await _database_answers(kit)}
        worker: Worker | None = app.state.worker
        if worker is not None:
            checks["bus"] = kit.bus.is_connected
            checks["consumer"] = worker.is_pulling or not worker.table.filters()
        if not all(checks.values()):
            response.status_code = 503
        return {"status": "ready" if all(checks.values()) else "unready", "checks": checks}

    return router


async def _database_answers(kit: Kit) -> bool:
    try:
        async with asyncio.timeout(2), kit.database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001 - any failure means: not ready
        telemetry.log.warning("database does not answer", error=type(error).__name__)
        return False
    return True
