"""The published page of the whole matrix is of this matrix, and nothing on it was lost or doubled."""

import re
from pathlib import Path

import pytest

from tests.faults.acts import FAULTS, STEPS
from tests.faults.invariants import INVARIANTS
from tests.faults.matrix import schedule

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
SUMMARY = re.compile(
    r"\*\*Seed \d+: (\d+) cells, (\d+) journeys tried, (\d+) survived, (\d+) lost, (\d+) doubled\.\*\*"
)


def table() -> dict[str, list[str]]:
    """The cells of each fault, as published."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if "|" in line]
    return {cells[0]: cells[1:] for cells in lines if cells[0] in {fault.name for fault in FAULTS}}


@pytest.mark.req("X1", part="the published run was of the whole matrix, and lost and doubled nothing")
def test_every_fault_was_struck_at_every_step_it_can_strike_and_nothing_was_lost_or_doubled():
    found = table()
    assert found.keys() == {fault.name for fault in FAULTS}
    for fault in FAULTS:
        *steps, tried, survived, lost, doubled = found[fault.name]
        assert {step for step, shown in zip(STEPS, steps, strict=True) if shown != "-"} == set(fault.steps), fault.name
        assert sum(int(shown) for shown in steps if shown != "-") == int(tried) == int(survived) > 0, fault.name
        assert (lost, doubled) == ("0", "0"), fault.name


def test_the_summary_counts_what_the_table_shows():
    said = SUMMARY.search(PAGE.read_text(encoding="utf-8"))
    assert said is not None
    cells, tried, survived, lost, doubled = map(int, said.groups())
    assert cells == len(schedule(1))
    assert (tried, survived) == tuple(sum(int(row[place]) for row in table().values()) for place in (-4, -3))
    assert tried >= 500
    assert (lost, doubled) == (0, 0)


def test_every_invariant_was_checked_and_held():
    page = PAGE.read_text(encoding="utf-8")
    told = [str(invariant.__doc__).partition("\n")[0] for invariant in INVARIANTS]
    assert [said for said in told if f"- {said}\n" not in page] == [], "or it was violated"


@pytest.mark.req("X2", part="what cannot be proven here is said")
def test_what_no_run_on_one_machine_can_prove_is_said():
    _, _, said = PAGE.read_text(encoding="utf-8").partition("## What cannot be proven here")
    for each in ("Power loss", "Disks that lie", "Several nodes"):
        assert f"**{each}.**" in said
