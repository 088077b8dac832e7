"""One service of the floor as a process: bare asyncpg and nats-py, driven by the profile.

`python -m bench.floor.worker SERVICE CONFIG`; the configuration is JSON. Whoever would wait for an HTTP answer sends
the line ``<call> <journey id>`` on a Unix socket and gets it back when its transaction has committed.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import nats
import uvloop
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingThere
from nats.js.api import Header
from uuid_utils.compat import uuid7

from bench.floor import tables
from bench.floor.calls import Caller
from bench.floor.profile import COUNTERS, EVENT_BYTES, JOURNEY, LATER, SIZES, Transaction

EVENTS = "EVENTS"
BATCH = 64
LANES = 3


class Connections:
    """A few connections, kept without asyncpg's pool: that sends a reset after every use."""

    def __init__(self, free: list[Any]) -> None:
        self._free = free
        self._permits = asyncio.Semaphore(len(free))

    @classmethod
    async def open(cls, url: str) -> "Connections":
        """Ten of them, as many as a process of the suite has."""
        return cls([await asyncpg.connect(url) for _ in range(10)])

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """The one that was used last: its statements are prepared."""
        async with self._permits:
            connection = self._free.pop()
            try:
                yield connection
            finally:
                self._free.append(connection)


class Worker:
    """The loops of one service."""

    def __init__(self, service: str, config: dict[str, Any]) -> None:
        self.service, self.config = service, config
        self.alone: dict[str, list[Transaction]] = defaultdict(list)
        self.of_fact: dict[str, Transaction] = {}
        for each in JOURNEY:
            if each.service == service and each.is_alone:
                self.alone[each.cause].append(each)
            elif each.service == service:
                self.of_fact[each.cause] = each
        self.bodies = {name: tables.body_of(name) for name in SIZES}
        self.fills = {fact: tables.text_of(size - 330) for fact, size in EVENT_BYTES.items()}
        self.told = asyncio.Event()
        self.planned: asyncio.Queue[None] = asyncio.Queue()
        self.linger = float(config["linger"])
        self.peers: dict[str, Caller] = {}
        self.running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Connect, say so by making the socket, work until killed."""
        self.pool = await Connections.open(self.config["databases"][self.service])
        self.bus = await nats.connect(
            self.config["nats"],
            user=self.service,
            password=self.config["passwords"][self.service],
            inbox_prefix=f"_INBOX_{self.service}",
        )
        self.jetstream = self.bus.jetstream(timeout=5, publish_async_max_pending=4096)
        loops = [self.consume(), self.relay(), *(self.work() for _ in range(LANES))]
        server = await asyncio.start_unix_server(self.serve, self.socket(self.service))
        async with server:
            await asyncio.gather(*loops)

    def socket(self, service: str) -> str:
        """Where a service listens."""
        return f"{self.config['folder']}/{service}.socket"

    # calls -------------------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do each line's transaction and send the line back."""
        while line := await reader.readline():
            task = asyncio.create_task(self.answer(line, writer))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        """One call."""
        name, *journeys = line.decode().split()
        for each in self.alone[f"call:{name}"]:
            await self.transact(each, [UUID(journey) for journey in journeys])
        writer.write(line)

    async def transact(self, transaction: Transaction, journeys: Sequence[UUID]) -> None:
        """A transaction that is no event's."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.write_all(connection, transaction, journeys)
        self.wake(transaction, len(journeys))

    # events ------------------------------------------------------------------------------------

    async def consume(self) -> None:
        """Fetch, one transaction a batch, acknowledge."""
        subscription = await self.jetstream.pull_subscribe_bind(consumer=self.service, stream=EVENTS)
        while True:
            messages: list[Msg] = []
            await asyncio.sleep(self.linger)
            with suppress(NothingThere, TimeoutError):
                messages = await subscription.fetch(BATCH, timeout=5)
            if messages:
                await self.handle(messages)
            for message in messages:
                await message.ack()

    async def handle(self, messages: Sequence[Msg]) -> None:
        """All events of a batch in one transaction, each table written once."""
        events = [json.loads(each.data) for each in messages]
        caused: dict[str, list[UUID]] = defaultdict(list)
        async with self.pool.acquire() as connection, connection.transaction():
            ids = sorted(UUID(each["id"]) for each in events)
            fresh = {row["id"] for row in await connection.fetch(tables.INSERT_INBOX, ids)}
            events = [each for each in events if UUID(each["id"]) in fresh]
            for each in events:
                caused[each["type"]].append(UUID(each["journeyid"]))
            if self.service == "gateway":
                await self.project(connection, events)
            for fact, journeys in caused.items():
                if transaction := self.of_fact.get(fact):
                    await self.write_all(connection, transaction, journeys)
        for fact, journeys in caused.items():
            if transaction := self.of_fact.get(fact):
                self.wake(transaction, len(journeys))

    async def project(self, connection: Any, events: Sequence[dict[str, Any]]) -> None:
        """The timeline of every journey, a batch in one statement."""
        journeys, ids = ([UUID(each[name]) for each in events] for name in ("journeyid", "id"))
        types = [each["type"] for each in events]
        await connection.execute(tables.PROJECT, journeys, ids, types, self.bodies["timeline"])

    async def write_all(self, connection: Any, transaction: Transaction, journeys: Sequence[UUID]) -> None:
        """The same transaction for many journeys."""
        for write in transaction.writes:
            await self.write(connection, transaction, write, journeys)
        if transaction.tells:
            await connection.executemany(tables.INSERT_OUTBOX, self.events(transaction, journeys))

    # writing -----------------------------------------------------------------------------------

    async def write(self, connection: Any, of: Transaction, write: str, journeys: Sequence[UUID]) -> None:
        """One write of the profile for the journeys."""
        kind, name = write[0], write[1:]
        if name == "due_work":
            statement, rows = self.due_work(kind, of, journeys)
        elif kind == "+":
            statement = tables.insert(name)
            rows = [(uuid7(), journey, self.bodies[name]) for journey in journeys]
        else:
            statement = tables.update(name)
            rows = [() if name in COUNTERS else (journey,) for journey in journeys]
        if len(rows) == 1:
            await connection.execute(statement, *rows[0])
        else:
            await connection.executemany(statement, rows)

    def due_work(self, kind: str, of: Transaction, journeys: Sequence[UUID]) -> tuple[str, list[tuple[Any, ...]]]:
        """Plan work, or cancel what is not wanted any more."""
        is_later = (of.service, of.cause) in LATER
        if kind == "-":
            return tables.CANCEL_WORK, [("later", journey) for journey in journeys]
        name = "later" if is_later else next(cause for cause in self.alone if cause.startswith("due:"))
        return tables.PLAN_WORK, [(name, journey, 1 if is_later else 0) for journey in journeys]

    def events(self, transaction: Transaction, journeys: Sequence[UUID]) -> list[tuple[UUID, str, str]]:
        """The outbox rows of a transaction."""
        return [self.event(fact, journey) for journey in journeys for fact in transaction.tells]

    def event(self, fact: str, journey: UUID) -> tuple[UUID, str, str]:
        """One event, as long as the real one."""
        identifier = uuid7()
        body = {
            "specversion": "1.0", "id": str(identifier), "source": f"/services/{self.service}", "type": fact,
            "subject": str(journey), "journeyid": str(journey), "data": self.fills[fact],
        }  # fmt: skip
        return identifier, f"events.22000000.{fact}.none", json.dumps(body, ensure_ascii=False, separators=(",", ":"))

    def wake(self, transaction: Transaction, journeys: int = 1) -> None:
        """Tell relay and due work what was committed."""
        if transaction.tells:
            self.told.set()
        if "+due_work" in transaction.writes and (transaction.service, transaction.cause) not in LATER:
            for _ in range(journeys):
                self.planned.put_nowait(None)

    # relay and due work ------------------------------------------------------------------------

    async def relay(self) -> None:
        """Publish what is unsent, pipelined, and mark it when the acknowledgements are in."""
        async with self.pool.acquire() as connection:
            while True:
                await self.told.wait()
                await asyncio.sleep(self.linger)
                self.told.clear()
                rows = await connection.fetch(tables.UNSENT)
                sending = [
                    await self.jetstream.publish_async(
                        row["address"],
                        row["body"].encode(),
                        headers={Header.MSG_ID: str(row["id"]), Header.EXPECTED_STREAM: EVENTS},
                    )
                    for row in rows
                ]
                await asyncio.gather(*sending)
                await connection.execute(tables.MARK_SENT, [row["seq"] for row in rows])
                if len(rows) == tables.SENT_AT_ONCE:
                    self.told.set()

    async def work(self) -> None:
        """Do due work, what there is of it together, under its row locks."""
        while True:
            await self.planned.get()
            count = 1
            while count < BATCH and not self.planned.empty():
                self.planned.get_nowait()
                count += 1
            async with self.pool.acquire() as connection:
                await self.do(connection, count)

    async def do(self, connection: Any, count: int) -> None:
        """So many due rows, all of one kind; the work itself commits on connections of its own."""
        async with connection.transaction():
            rows = await connection.fetch(tables.TAKE_WORK, count)
            (kind,) = {row["kind"] for row in rows}
            journeys = [row["journey_id"] for row in rows]
            if kind == "due:issue":
                await self.peer("request").call("seal", *journeys)
            for each in self.alone[kind]:
                if each.writes != ("-due_work",):
                    await self.transact(each, journeys)
            await connection.execute(tables.DROP_WORK, [row["id"] for row in rows])

    def peer(self, service: str) -> Caller:
        """The way to call another service."""
        if service not in self.peers:
            self.peers[service] = Caller(self.socket(service))
        return self.peers[service]


if __name__ == "__main__":
    uvloop.run(Worker(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())).run())
