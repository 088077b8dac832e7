"""What the state machines of the services stand on (``tests/<service>/test_states.py``).

Hypothesis drives a machine step by step and is not asynchronous; the service it drives is. So the event loop lives
in a thread beside, and the service runs there without loops of its own: the machine alone says when an event is
delivered and when due work is done, so that every run can be repeated.

The examples are the same each time. ``PAET_TEST_DEPTH=20`` tries twenty times as many, and others.
"""

import asyncio
import importlib.util
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.cloudevents import Event
from kit.contracts.events import Fact
from kit.database import plumbing
from kit.duework import DueWorkLoop
from kit.errors import Problem
from kit.testing import Servers, open_harness
from kit.worker import Worker, table_of

T = TypeVar("T")
M = TypeVar("M")
KEPT = {"section", "signing_key", "alembic_version"}
"""Tables that stay from one example to the next: nothing in them is a state."""

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
TOLD = (
    "SELECT (body::jsonb->>'journeyid')::uuid AS journey, split_part(address, '.', 4) AS fact FROM outbox ORDER BY seq"
)


def walk(machine: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int, shrinks: bool = True) -> None:
    """Run a machine for so many examples of up to so many steps; those that take their time show a fault unshrunk."""
    depth = int(os.environ.get("PAET_TEST_DEPTH", "0"))
    bounded = settings(
        max_examples=examples * max(depth, 1), stateful_step_count=steps, derandomize=not depth, database=None,
        deadline=None, print_blob=True, phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=bounded)


@dataclass
class Letter:
    """One delivery of an event as the bus hands it over, and what became of it.

    It stands in for the message of the bus because only so the machine decides what shares a batch.
    """

    event: Event
    deliveries: int = 1
    fate: str | None = None
    metadata: Any = field(init=False)

    def __post_init__(self) -> None:
        self.metadata = SimpleNamespace(num_delivered=self.deliveries, sequence=SimpleNamespace(stream=1))

    @property
    def data(self) -> bytes:
        """The event as it travels."""
        return self.event.to_json()

    @property
    def subject(self) -> str:
        """Where it was published."""
        return self.event.address

    async def in_progress(self) -> None:
        """It is being worked on."""

    async def ack(self) -> None:
        """It is done."""
        self.fate = "done"

    async def nak(self, delay: float) -> None:
        """It is to come again."""
        self.fate = f"again in {delay}"


class Stage:
    """One service on its real database, moved by nobody but the machine."""

    def __init__(self, harness: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.harness = harness
        self.kit = harness.kit
        self.peers = harness.peers
        self._loop = loop
        package = "gateway" if harness.service == "gateway" else f"services.{harness.service}"
        module = _module(f"{package}.consumers")
        self._worker = Worker(self.kit, table_of(harness.service, module))
        self._due = DueWorkLoop(self.kit, getattr(_module(f"{package}.duework"), "WORK", {}))
        tables = [*importlib.import_module(f"{package}.models").METADATA.tables, *plumbing.tables]
        self._clear = "".join(f'DELETE FROM "{name}";' for name in tables if name not in KEPT)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the loop of the service and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def at_once(self, *works: Awaitable[Any]) -> list[Any]:
        """Run several things at the same time; what each of them gave."""

        async def together() -> list[Any]:
            return await asyncio.gather(*works)

        return self.run(together())

    def abreast(self, table: str, *works: Awaitable[Any]) -> list[Any]:
        """Run several things so that each has read what it reads before any of them has written.

        Every row of the table is held by somebody else until each of them waits for it (or is done): who did not
        lock what it read then writes over what another has written meanwhile, every time and not once in a while.
        """
        return self.run(self._abreast(table, works))

    async def _abreast(self, table: str, works: Sequence[Awaitable[Any]]) -> list[Any]:
        tasks: list[asyncio.Future[Any]] = []
        async with self.kit.database.engine.connect() as watch:
            async with self.kit.database.engine.begin() as holder:
                await holder.execute(text(f'SELECT FROM "{table}" FOR UPDATE'))
                for work in works:
                    tasks.append(asyncio.ensure_future(work))
                    async with asyncio.timeout(10):
                        while await _waiting(watch) < sum(not task.done() for task in tasks):
                            await asyncio.sleep(0.002)
            return await asyncio.gather(*tasks)

    def clear(self) -> None:
        """Begin anew: nothing is in the tables. What only grows is emptied behind the back of its triggers."""

        async def empty() -> None:
            url = self.kit.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            connection = await asyncpg.connect(url)
            try:
                await connection.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {self._clear} COMMIT;")
            finally:
                await connection.close()

        self.run(empty())

    # ── what comes in ────────────────────────────────────────────────────────────────────────────

    async def take(self, *events: Event) -> None:
        """Deliver the events in one batch, and again what waits for another; each must be done in the end."""
        waiting = list(events)
        for attempt in range(1, 6):
            letters = [Letter(event, attempt) for event in waiting]
            await self._worker.handle(letters)
            waiting = [letter.event for letter in letters if letter.fate != "done"]
            if not waiting:
                return
        raise AssertionError(f"never done: {[event.type for event in waiting]}")

    def deliver(self, *events: Event) -> None:
        """The same from the machine."""
        self.run(self.take(*events))

    def call(self, method: str, path: str, headers: dict[str, str], **rest: Any) -> Any:
        """One HTTP call; its answer is never a 5xx."""
        return self.run(self.calling(method, path, headers, **rest))

    async def calling(self, method: str, path: str, headers: dict[str, str], **rest: Any) -> Any:
        """The same for ``at_once``."""
        answer = await self.harness.client.request(method, path, headers=headers, **rest)
        assert answer.status_code < 500, answer.text
        return answer

    def command(self, function: Callable[..., Awaitable[T]], *arguments: Any, **rest: Any) -> T:
        """One command in a transaction of its own."""
        return self.run(self.commanding(function, *arguments, **rest))

    async def commanding(self, function: Callable[..., Awaitable[T]], *arguments: Any, **rest: Any) -> T:
        """The same for ``at_once``."""
        async with self.kit.database.transaction() as session:
            return await function(session, *arguments, **rest)

    async def asking(self, function: Callable[..., Awaitable[Any]], *arguments: Any, **rest: Any) -> str | None:
        """One command in a transaction of its own: the code of the problem it ends with, None when it is done."""
        try:
            await self.commanding(function, *arguments, **rest)
        except Problem as problem:
            return problem.code
        return None

    def work(self) -> int:
        """Do the due work that is due now, and what it makes due; how many rows there were."""
        done = 0
        for _ in range(50):
            if not (some := self.run(self._due.run_some())):
                return done
            done += some
        raise AssertionError("due work that never ends")

    # ── what is seen ─────────────────────────────────────────────────────────────────────────────

    def facts(self, fact: type[Fact] | None = None) -> list[Event]:
        """What the service has told, in order."""
        return self.run(self.harness.facts(fact))

    def rows(self, statement: Any) -> list[dict[str, Any]]:
        """Rows of a select."""
        return self.run(self.harness.rows(text(statement) if isinstance(statement, str) else statement))

    def told(self) -> dict[UUID | None, list[str]]:
        """The names of the facts about each journey, in order."""
        found: dict[UUID | None, list[str]] = {}
        for row in self.rows(TOLD):
            found.setdefault(row["journey"], []).append(row["fact"])
        return found


async def _waiting(connection: AsyncConnection) -> int:
    found = int((await connection.execute(text(WAITING))).scalar_one())
    await connection.rollback()  # a transaction sees one picture of who waits
    return found


def _module(name: str) -> Any:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


@contextmanager
def stage(service: str, servers: Servers, folder: Path, **options: Any) -> Iterator[Stage]:
    """A service on the stage until the end of the block."""
    opened: Future[tuple[Stage, Callable[[], Any]]] = Future()

    async def stand() -> None:
        loop, closing = asyncio.get_running_loop(), asyncio.Event()
        # As "api" it has no loops of its own: no relay, no consumer, no due work but the machine's.
        async with open_harness(service, servers, folder, role="api", **options) as harness:
            opened.set_result((Stage(harness, loop), partial(loop.call_soon_threadsafe, closing.set)))
            await closing.wait()

    with ThreadPoolExecutor(1) as thread:
        standing = thread.submit(asyncio.run, stand())
        wait([opened, standing], return_when=FIRST_COMPLETED)
        if not opened.done():
            standing.result()
        found, close = opened.result()
        try:
            yield found
        finally:
            close()
            standing.result()


def explained(
    model: M, acts: Sequence[Callable[[M], tuple[M, Any]]], answers: Sequence[Any], fits: Callable[[M], bool]
) -> M:
    """What the model is after acts done at once, if one order of them explains the answers and what is seen."""
    tried = []
    for order in permutations(range(len(acts))):
        now, said = model, {}
        for index in order:
            now, said[index] = acts[index](now)
        if [said[index] for index in range(len(acts))] == list(answers) and fits(now):
            return now
        tried.append((order, said, now))
    raise AssertionError(f"no order explains {list(answers)}: {tried}")
