"""A part of the fault matrix, drawn anew in every run; `make faults` runs the whole."""

import os
import random
import secrets

import pytest

from tests.faults import invariants, matrix
from tests.faults.acts import FAULTS, STEPS

SEED = int(os.environ.get("PAET_FAULT_SEED") or secrets.randbelow(10**6))
"""Printed where something is lost; PAET_FAULT_SEED draws the same part again."""
KINDS = ("kill -9 ", "dies: ", "pause ", "duplicate", "reordering", "clock jump")
"""One cell of each kind, and one more crash point: what no operator's hand is needed for."""


def part(seed):
    """The cells of a short run."""
    chance = random.Random(seed)
    cells = matrix.schedule(seed)
    chosen = [next(each for each in cells if each.fault.startswith(kind)) for kind in KINDS]
    servers = [each for each in cells if each.fault in ("kill -9 NATS", "kill -9 PostgreSQL")]
    chosen += [chance.choice(servers), *[each for each in cells if each.fault.startswith("dies: ")][1:3]]
    return list({(each.fault, each.step): each for each in chosen}.values())


@pytest.mark.req("X1", part="a part of the matrix drawn by chance; the whole is `make faults`")
@pytest.mark.timeout(240)
async def test_whatever_breaks_every_journey_ends_once(stage):
    cells = part(SEED)
    wrong = await matrix.run(stage, cells, journeys=2, lanes=3)
    again = f"PAET_FAULT_SEED={SEED} draws the same again"
    assert [each for each in cells if not each.is_sound] == [], again
    assert wrong == {}, again


def test_a_seed_draws_one_schedule():
    assert matrix.schedule(7) == matrix.schedule(7)
    assert matrix.schedule(7) != matrix.schedule(8)
    assert part(7) == part(7)


def test_the_schedule_has_every_fault_at_every_step_it_can_strike():
    drawn = {(each.fault, each.step) for each in matrix.schedule(1)}
    assert drawn == {(fault.name, step) for fault in FAULTS for step in fault.steps}
    everywhere = {fault.name for fault in FAULTS if set(fault.steps) == set(STEPS)}
    assert {f"kill -9 {name}" for name in ("gateway", "identity", "search", *STEPS, "NATS", "PostgreSQL")} <= everywhere


def test_a_journey_that_is_lost_or_doubled_is_counted():
    cell = matrix.Cell("kill -9 review", "review", 1)
    cell.walks = [matrix.Walk("plain", "a", "passed"), matrix.Walk("withdrawn", "b", "withdrawn")]
    assert cell.is_sound
    assert not matrix.Cell("x", "review", 1, [matrix.Walk("plain", "a", "withdrawn")]).is_sound
    assert not matrix.Cell("x", "review", 1, [matrix.Walk("plain", "a", None, "TimeoutError")]).is_sound
    assert not matrix.Cell("x", "review", 1, cell.walks, doubled={"a": ["receipt"]}).is_sound
    assert not matrix.Cell("x", "review", 1, cell.walks, not_struck="nobody came").is_sound


@pytest.mark.req("X1", part="duplicates and reordering")
async def test_every_event_of_the_stream_again_in_any_order_changes_nothing(stage):
    from tests.faults import bus
    from tests.faults.test_rebuild import counted

    await invariants.is_quiet(stage)
    before = await counted(stage)
    assert await bus.publish_again(stage, 0, random.Random(SEED)) > 0
    await invariants.is_quiet(stage)
    assert await counted(stage) == before, f"seed {SEED}"
    assert await invariants.violations(stage, ()) == {}
