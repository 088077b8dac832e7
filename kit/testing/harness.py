"""One service in process on real servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from uuid_utils.compat import uuid7

from kit.app import Kit
from kit.auth import ACCESS, ServiceAssertions, load_private, sign, thumbprint
from kit.clock import clock
from kit.cloudevents import Event, Position, compose
from kit.contracts.definition import Bundle, Section, section_for
from kit.contracts.events import Fact, HandOver
from kit.contracts.journey import Outcome, Process, Slip
from kit.database import OUTBOX
from kit.messaging import EVENTS
from kit.testing.peers import PeersDouble
from kit.testing.servers import Servers

AGENCY = "22000000"


STILL_LOOKS = 10
"""How often a consumer is looked at that has nothing to do, where the last event may be none of its own."""


class Harness:
    """One service in process on real servers: client, bus, database, people."""

    def __init__(self, service: str, servers: Servers, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.service = service
        self.servers = servers
        self.app = app
        self.client = client
        self.kit: Kit = app.state.kit
        self.peers: PeersDouble = self.kit.peers
        self.bundle: Bundle | None = None

    # connections -------------------------------------------------------------------------------

    @asynccontextmanager
    async def one_connection(self) -> AsyncIterator[None]:
        """Leave one connection in the pool: whoever holds it while waiting for something else keeps everybody out."""
        own = 0 if self.kit.settings.role == "api" else 1  # the relay keeps one, with its lock
        async with AsyncExitStack() as stack:
            for _ in range(self.kit.settings.database_pool - own - 1):
                await stack.enter_async_context(self.kit.database.reading())
            yield

    async def read_beside(self) -> None:
        """Take a connection as another request would; TimeoutError when none comes free."""
        async with asyncio.timeout(5), self.kit.database.reading():
            pass

    # people ------------------------------------------------------------------------------------

    def bearer(self, kind: str, subject: str, **claims: Any) -> dict[str, str]:
        """Headers with an access token as identity would issue it."""
        now = int(clock.now().timestamp())
        body = {
            "iss": "urn:paet:identity", "sub": subject, "aud": "paet", "iat": now, "exp": now + 600,
            "jti": str(uuid4()), "sid": str(uuid4()), "kind": kind, "ial": "2.3", "aal": "2.2", "roles": [],
            "scope": "",
        }  # fmt: skip
        key = load_private(self.servers.keys["identity"])
        token = sign(body | claims, key, kid=thumbprint(key.public_key()), typ=ACCESS)
        return {"Authorization": f"Bearer {token}"}

    def citizen(self, person: UUID | None = None, **claims: Any) -> dict[str, str]:
        """Headers of a citizen."""
        return self.bearer("citizen", str(person or uuid4()), **claims)

    def officer(self, *roles: str, officer: UUID | None = None, agency: str = AGENCY, **claims: Any) -> dict[str, str]:
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
            jetstream, last = client.jetstream(), 0
            for turn in range(times):
                for event in events:
                    headers = {"Nats-Msg-Id": f"{event.id}-{turn}-{uuid4()}"}
                    last = (await jetstream.publish(event.address, event.to_json(), headers=headers)).seq
            async with asyncio.timeout(60):
                looks = 0
                while looks < STILL_LOOKS:
                    info = await jetstream.consumer_info(EVENTS, self.service)
                    is_at_rest = not info.num_pending and not info.num_ack_pending
                    # The server counts what is pending a moment after it has taken an event, which may not be heard.
                    if is_at_rest and info.delivered and info.delivered.stream_seq >= last:
                        return
                    looks = looks + 1 if is_at_rest else 0
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
