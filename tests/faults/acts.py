"""The faults: what is done to a running suite, each ending with everything that was taken away given back."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from kit import crashpoint
from services.issuance.duework import issuing
from services.payment import duework as paying
from tests.faults import bus, disk
from tests.faults.stage import ACK_WAIT, SERVICES, Stage

STEPS = {
    "request": "request.opened",
    "review": "request.submitted",
    "approval": "review.recommended",
    "payment": "approval.granted",
    "issuance": "payment.paid",
    "delivery": "issuance.issued",
}
"""The steps of a journey, each with the event after which it is that step's turn."""
BEFORE = dict(zip(STEPS, [None, *STEPS], strict=False))
"""The step before a step: a process is armed while its own turn is still to come."""
STEP = "the step's"
"""Stands for the service of the step that is struck."""
SERVERS = ("nats", "postgres")
GRACE = 10.0
"""Seconds in which an armed process may still come to its point after the last journey has ended."""
JUMP = 18 * 86_400.0
"""Past the day a fee is due, the bank's last look, the legal period, the lease of a case, and every session."""


@dataclass
class Scene:
    """Where a fault strikes."""

    stage: Stage
    step: str
    chance: random.Random
    since: int
    """The last message of the stream before these journeys."""
    is_over: Callable[[], bool] = lambda: False
    """Whether nobody walks any more."""
    notes: list[str] = field(default_factory=list)


Act = Callable[[Scene], Awaitable[None]]


class NotStruck(Exception):
    """The fault found nothing to strike: the cell was not tried."""


@dataclass(frozen=True)
class Fault:
    """A row of the matrix."""

    name: str
    act: Act
    steps: tuple[str, ...] = tuple(STEPS)
    is_early: bool = False
    """Whether it is prepared one step before: it strikes the moment the step's own work is done."""
    on: tuple[str, ...] = (STEP,)
    """The processes that it strikes, which no other fault may strike meanwhile."""

    def targets(self, step: str) -> list[str]:
        """The same by name, always in one order."""
        return sorted({step if each == STEP else each for each in self.on})


async def kill(scene: Scene, name: str) -> None:
    """Kill -9, and start again after a moment."""
    await scene.stage.kill(name)
    await asyncio.sleep(scene.chance.uniform(0, 1.5))
    await scene.stage.restart(name)


async def pause(scene: Scene, name: str | None = None) -> None:
    """SIGSTOP for longer than the bus waits for an acknowledgement; connections stay open meanwhile."""
    who = name or scene.step
    scene.stage.suite.pause(who)
    try:
        await asyncio.sleep(ACK_WAIT + 1.5)
    finally:
        scene.stage.suite.resume(who)


async def die_at(scene: Scene, point: str, name: str | None = None) -> None:
    """Let the step's process kill itself at a point; it is started again as an orchestrator would."""
    who = name or scene.step
    scene.stage.arm(point, who)
    left = GRACE
    while not scene.stage.has_died(who):
        await asyncio.sleep(0.05)
        left -= 0.05 if scene.is_over() else 0
        if left < 0:
            scene.stage.disarm(who)
            raise NotStruck(f"{who} did not come to: {point}")


async def duplicate(scene: Scene) -> None:
    """Publish every event of these journeys again, under another message id."""
    await bus.publish_again(scene.stage, scene.since, chance=None)


async def reorder(scene: Scene) -> None:
    """While the step's process is away, take out of the stream what it has not had, and put it back in another order.

    For that process it is the first delivery, out of order; for all others a duplicate.
    """
    await scene.stage.kill(scene.step)
    await asyncio.sleep(2)
    scene.notes.append(f"{await bus.shuffle_undelivered(scene.stage, scene.step, scene.chance)} events shuffled")
    await scene.stage.restart(scene.step)


async def slow_disk(scene: Scene) -> None:
    """Every fsync and fdatasync of PostgreSQL and NATS takes 30 ms longer."""
    delayed = await disk.slow(scene.stage, seconds=4, milliseconds=30)
    if not delayed:
        raise NotStruck("no sync was delayed")
    scene.notes.append(f"{delayed} syncs delayed")


async def full_disk(scene: Scene) -> None:
    """No byte is free on the disk that holds everything."""
    said = await disk.full(scene.stage, seconds=4)
    if not any(said.values()):
        raise NotStruck("nobody wrote while the disk was full")
    scene.notes.append(f"no space: PostgreSQL {said['postgres']} times, NATS {said['nats']} times")


async def jump(scene: Scene) -> None:
    """The clock of all processes goes past every deadline."""
    scene.stage.jump(JUMP)
    await asyncio.sleep(1)


async def wipe(scene: Scene) -> None:
    """The broker loses everything it had: streams, consumers, store; they are rebuilt from the databases."""
    scene.notes.append(f"{await bus.wipe_and_rebuild(scene.stage)} events rebuilt")


_CRASHES: Mapping[str, tuple[str, ...]] = {
    crashpoint.BEFORE_ANSWER: ("request", "payment"),
    crashpoint.BEFORE_PUBLISH: tuple(STEPS),
    crashpoint.BEFORE_MARK: tuple(STEPS),
    crashpoint.BEFORE_COMMIT: tuple(STEPS),
    crashpoint.BEFORE_ACK: tuple(STEPS),
    crashpoint.BETWEEN_ACKS: tuple(STEPS),
    crashpoint.BEFORE_DONE: ("payment", "issuance", "delivery"),
    paying.INQUIRED: ("payment",),
    issuing.SEALED: ("issuance",),
    issuing.NUMBERED: ("issuance",),
    issuing.STORED: ("issuance",),
}

FAULTS: tuple[Fault, ...] = (
    *(Fault(f"kill -9 {name}", partial(kill, name=name), on=(name,)) for name in SERVICES),
    Fault("kill -9 NATS", partial(kill, name="nats"), on=("nats",)),
    Fault("kill -9 PostgreSQL", partial(kill, name="postgres"), on=("postgres",)),
    *(Fault(f"dies: {point}", partial(die_at, point=point), at, is_early=True) for point, at in _CRASHES.items()),
    Fault(
        "gateway dies: handled, not yet acknowledged",
        partial(die_at, point=crashpoint.BEFORE_ACK, name="gateway"),
        on=("gateway",),
    ),
    Fault("pause of the step's service", pause),
    Fault("pause of the gateway", partial(pause, name="gateway"), on=("gateway",)),
    Fault("duplicate delivery", duplicate, on=SERVERS),
    Fault("reordering", reorder, on=(STEP, *SERVERS)),
    Fault("slow disk", slow_disk, on=SERVERS),
    Fault("full disk", full_disk, on=(*SERVICES, *SERVERS)),
    Fault("clock jump", jump, on=()),
    Fault("broker wiped and rebuilt", wipe, on=SERVERS),
)
