"""Fault × step: journeys are walked, a fault strikes when one of them has come to a step, all must end as they should.

A schedule is drawn from a seed and nothing else, and so is every chance within a cell: the same seed gives the same
faults to the same journeys at the same steps. When exactly two processes meet is the machine's to say.
"""

import asyncio
import random
import re
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import asyncpg
import httpx
from nats.errors import Error as BusError

from kit.local.faults import LocalError
from tests.faults import bus, invariants
from tests.faults.acts import BEFORE, FAULTS, SERVERS, STEPS, Fault, NotStruck, Scene
from tests.faults.stage import Stage
from tests.faults.tables import column
from tests.faults.walking import Observer, PatientVisitor, Walk, citizen_of, kinds, walk

T = TypeVar("T")
WAVE = 4
AWAY = (OSError, asyncpg.PostgresError, BusError, LocalError)
"""Errors of a server that is just coming back."""


@dataclass
class Cell:
    """One fault at one step, and what became of the journeys that were under way."""

    fault: str
    step: str
    seed: int
    walks: list[Walk] = field(default_factory=list)
    not_struck: str | None = None
    doubled: dict[str, list[str]] = field(default_factory=dict)
    """What came twice, by journey."""
    errors: list[str] = field(default_factory=list)
    """Answers 500: the platform told a caller that it was at fault itself."""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    is_repeat: bool = False
    """Whether it was played once more, because at first the fault had found nothing to strike."""

    @property
    def lost(self) -> list[Walk]:
        """Journeys that did not end, or not as they should."""
        allowed = {"withdrawn": {"withdrawn", "passed"}}
        return [each for each in self.walks if each.outcome not in allowed.get(each.kind, {"passed"})]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost or doubled, and the fault did strike."""
        return not (self.lost or self.doubled or self.not_struck)

    def as_json(self) -> dict[str, Any]:
        """For the record of a run."""
        return asdict(self)


def schedule(seed: int, faults: Iterable[Fault] = FAULTS, times: int = 1) -> list[Cell]:
    """Every fault at every step it can strike, ``times`` over, in an order drawn from the seed."""
    chance = random.Random(seed)
    cells = [Cell(fault.name, step, 0) for fault in faults for step in fault.steps for _ in range(times)]
    chance.shuffle(cells)
    for cell in cells:
        cell.seed = chance.randrange(2**32)
    return cells


@dataclass
class Play:
    """A suite with somebody who walks through it and somebody who watches its bus."""

    stage: Stage
    citizen: PatientVisitor
    observer: Observer
    struck: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """One a process, held while a fault strikes it: journeys and faults of several cells are under way at once."""
    looked_at: float = 0.0

    async def cell(self, cell: Cell, journeys: int = WAVE) -> Cell:
        """Walk the journeys of one cell, strike, wait until all is well again, and judge."""
        began, chance = time.monotonic(), random.Random(cell.seed)
        fault = next(each for each in FAULTS if each.name == cell.fault)
        scene = await self._scene(cell, chance)
        cell.walks = [Walk(kind) for kind in kinds(journeys, chance)]
        delays = [(chance.uniform(0, 0.4), chance.uniform(0, 1.2)) for _ in cell.walks]
        walking = [
            asyncio.create_task(self._walk(each, *delay)) for each, delay in zip(cell.walks, delays, strict=True)
        ]
        scene.is_over = lambda: all(each.done() for each in walking)
        await self._strike(fault, cell, scene)
        await asyncio.gather(*walking)
        await self._judge(cell, scene)
        cell.notes = scene.notes
        # Several cells share the citizen: an answer 500 is told with the cell that ends first.
        cell.errors, self.citizen.errors[:] = [self._explained(each) for each in self.citizen.errors], []
        cell.seconds = round(time.monotonic() - began, 1)
        return cell

    @asynccontextmanager
    async def _alone_with(self, *processes: str) -> AsyncIterator[None]:
        """While no fault of another cell strikes these; taken in one order, so that nobody waits in a ring."""
        async with AsyncExitStack() as stack:
            for name in processes:
                await stack.enter_async_context(self.struck[name])
            yield

    def _explained(self, answer: str) -> str:
        """An answer 500 with what the log says of its incident."""
        incident = re.search(r'"incident":"(\w+)"', answer)
        for log in sorted((self.stage.suite.state.folder / "logs").glob("*.log")) if incident else ():
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                if incident and incident[1] in line:
                    return f"{answer[:90]}… {log.stem}: …{line[-700:]}"
        return answer

    async def _walk(self, going: Walk, delay: float, pause: float) -> None:
        await asyncio.sleep(delay)
        await walk(self.stage, self.citizen, going, pause)

    async def _strike(self, fault: Fault, cell: Cell, scene: Scene) -> None:
        trigger = BEFORE[cell.step] if fault.is_early else cell.step
        try:
            if trigger is not None:
                await self._until_seen(cell.walks[0], STEPS[trigger])
            async with self._alone_with(*fault.targets(cell.step)):
                await fault.act(scene)
        except (NotStruck, TimeoutError, *AWAY) as error:
            cell.not_struck = str(error) or f"{type(error).__name__}: no journey came to {cell.step}"

    async def _until_seen(self, observed: Walk, fact: str) -> None:
        async with asyncio.timeout(60):
            while (observed.journey or "", fact) not in self.observer.seen:
                await asyncio.sleep(0.002)
                if observed.journey and time.monotonic() - self.looked_at > 1:
                    self.looked_at = time.monotonic()
                    await self._look(observed.journey)

    async def _look(self, journey: str) -> None:
        """What was told while another cell's fault kept the observer from the bus stands on the timeline."""
        with suppress(OSError, asyncpg.PostgresError):
            query = "SELECT type FROM timeline WHERE journey_id = $1::text::uuid"
            for name in await column(self.stage, "gateway", query, journey):
                self.observer.seen.add((journey, name.removeprefix("paet.").removesuffix(".v1")))

    async def _scene(self, cell: Cell, chance: random.Random) -> Scene:
        async with self._alone_with(*SERVERS):
            since = await _patiently(lambda: bus.last_sequence(self.stage))
            return Scene(self.stage, cell.step, chance, since)

    async def _judge(self, cell: Cell, scene: Scene) -> None:
        journeys = [each.journey for each in cell.walks if each.journey]
        async with self._alone_with(*SERVERS):
            if cell.fault == "duplicate delivery":
                await _patiently(lambda: bus.publish_again(self.stage, scene.since, scene.chance))
            cell.doubled = await _patiently(lambda: doubled(self.stage, journeys))


async def _patiently(look: Callable[[], Awaitable[T]]) -> T:
    """Look until the servers answer: they may have been struck a moment ago."""
    for _ in range(60):
        with suppress(TimeoutError, *AWAY):
            return await look()
        await asyncio.sleep(0.5)
    return await look()


async def doubled(stage: Stage, journeys: Sequence[str]) -> dict[str, list[str]]:
    """What these journeys have twice that may come once: facts, receipts, numbers that count, notices."""
    told = [each for each in await invariants.nothing_is_told_twice(stage, ()) if any(one in each for one in journeys)]
    twice = {
        "payment": "SELECT concat(journey_id, ' receipt') FROM receipt WHERE replaces IS NULL"
        " GROUP BY journey_id, step HAVING count(*) > 1",
        "issuance": "SELECT concat(d.journey_id, ' number') FROM number n JOIN document d ON d.id = n.document_id"
        " WHERE n.state <> 'void' GROUP BY d.journey_id, d.step HAVING count(*) > 1",
        "delivery": "SELECT concat(journey_id, ' notice ', kind) FROM notice GROUP BY journey_id, kind"
        " HAVING count(*) > 1",
    }
    for service, query in twice.items():
        told += await column(stage, service, query)
    found = {one: [each for each in told if one in each] for one in journeys}
    return {one: each for one, each in found.items() if each}


@asynccontextmanager
async def playing(stage: Stage) -> AsyncIterator[Play]:
    """Sign somebody in, and watch the bus."""
    observer = Observer(stage.seen)
    client = await stage.operator()
    await client.subscribe("events.>", cb=observer.see)
    headers = {"Accept-Language": "en"}
    try:
        async with httpx.AsyncClient(base_url=stage.suite.url("gateway"), timeout=10, headers=headers) as http:
            yield Play(stage, await citizen_of(stage, http), observer)
    finally:
        await client.close()


async def run(
    stage: Stage,
    cells: Sequence[Cell],
    journeys: int = WAVE,
    lanes: int = 2,
    tell: Callable[[Cell], None] = lambda _: None,
) -> dict[str, list[str]]:
    """Play the cells, some at a time, live through every deadline, and return what violates the invariants."""
    waiting = deque(cells)
    async with playing(stage) as play:

        async def lane() -> None:
            while waiting:
                cell = await play.cell(waiting.popleft(), journeys)
                tell(cell)
                if cell.not_struck and not cell.is_repeat:
                    cell.not_struck, cell.is_repeat = None, True
                    waiting.append(cell)

        await asyncio.gather(*(lane() for _ in range(lanes)))
    await stage.everybody_is_up()
    ended = [each.journey for cell in cells for each in cell.walks if each.journey and each not in cell.lost]
    await invariants.is_quiet(stage, 120)
    stage.jump(18 * 86_400)
    await invariants.is_quiet(stage, 180)
    return await invariants.violations(stage, ended)
