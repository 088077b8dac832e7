"""Cases as a state machine: leases, defects, results and ends, alone against their history and on the database.

Whoever acts in whatever order: one officer holds a case at a time, its result is told once and stands, what ended
opens and tells nothing any more, and a clock that has stopped stands still.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from kit.auth import Principal
from kit.clock import clock
from kit.contracts.definition import section_for
from kit.contracts.events import Granted, Submitted, Withdrawn
from kit.contracts.journey import Outcome, Process
from kit.errors import Conflict
from services.review import commands, domain
from services.review.domain import Result, Standing, State
from services.review.models import DefectRecord
from tests.bundles import AGENCY, document_bundle, licence_bundle
from tests.machines import Stage, explained, stage, walk
from tests.review.conftest import LARGE, REASONS, RECEIVED, SMALL, filed
from tests.review.conftest import corrected as fact_of_correction

BUNDLES = {True: licence_bundle(), False: document_bundle(identifier="test-document")}
"""With an approval to come, and without."""
LEASE = timedelta(hours=1)
OFFICERS = {name: uuid4() for name in ("somsri", "malee")}
UNTOUCHABLE = ("reviewed", "closed", "defective")
LISTED = ([{"pointer": None, "what": "ขาดหนังสือยินยอม", "law": ""}], 15, ("สมศรี ใจดี", "นักวิชาการสุขาภิบาล"))
NAMES, RESULTS = st.sampled_from(sorted(OFFICERS)), st.sampled_from(list(Result))
WAITS = st.sampled_from([LEASE - timedelta(minutes=1), LEASE])


class Rules(RuleBasedStateMachine):
    """The transitions against the last claim that still counts and the one thing that ended the case."""

    def __init__(self) -> None:
        super().__init__()
        self.now = RECEIVED
        self.open("somsri")

    @precondition(lambda self: self.ended is not None)
    @rule(name=NAMES)
    def open(self, name: str) -> None:
        """Another case, claimed at once."""
        self.case = Standing()
        self.claimed: tuple[UUID, datetime] | None = None
        self.ended: tuple[State, Result | None] | None = None
        self.claim(name)

    @property
    def holder(self) -> UUID | None:
        return self.claimed[0] if self.claimed and self.now - self.claimed[1] < LEASE else None

    @rule(by=WAITS)
    def wait(self, by: timedelta) -> None:
        self.now += by

    @rule(name=NAMES)
    def claim(self, name: str) -> None:
        officer = OFFICERS[name]
        may = self.ended is None and self.holder in (None, officer)
        if self.attempt(may, domain.claim, officer, self.now, LEASE):
            self.claimed = officer, self.now

    @rule(name=NAMES)
    def release(self, name: str) -> None:
        if self.attempt(self.is_held_by(name), domain.release, OFFICERS[name], self.now):
            self.claimed = None

    @rule(name=NAMES, result=RESULTS)
    def conclude(self, name: str, result: Result) -> None:
        if self.attempt(self.is_held_by(name), domain.conclude, OFFICERS[name], self.now, result):
            self.ended = State.REVIEWED, result

    @rule()
    def lapse(self) -> None:
        lapsed = domain.lapse(self.case, self.now)
        assert (lapsed is not None) == bool(self.ended is None and self.claimed and not self.holder)
        if lapsed is not None:
            self.case, self.claimed = lapsed, None

    @rule()
    def close(self) -> None:
        self.case = domain.close(self.case)
        self.ended = self.ended or (State.CLOSED, None)

    def is_held_by(self, name: str) -> bool:
        return self.ended is None and self.holder == OFFICERS[name]

    def attempt(self, may: bool, act: Any, *arguments: Any) -> bool:
        try:
            found = act(self.case, *arguments)
        except Conflict:
            assert not may
            return False
        assert may
        self.case = found
        return True

    @invariant()
    def the_case_is_where_it_was_left(self) -> None:
        assert (self.case.lease_until is not None) == (self.case.state is State.CLAIMED)
        if self.ended is not None:
            assert (self.case.state, self.case.result) == self.ended
        else:
            assert self.case.state is (State.CLAIMED if self.claimed else State.WAITING)
            assert self.case.holder == (self.claimed and self.claimed[0])
            assert self.case.is_held(self.now) == (self.holder is not None)


@pytest.mark.req("X4", part="review")
def test_rules_of_a_case_agree_with_its_history():
    walk(Rules, examples=80, steps=25)


@dataclass(frozen=True)
class Model:
    """One case as the test believes it to be."""

    has_approval: bool
    state: str = "waiting"
    holder: str | None = None
    until: datetime | None = None
    result: str | None = None
    is_stopped: bool = False
    told: tuple[str, ...] = ()  # between the opening and the result

    @property
    def is_over(self) -> bool:
        return self.is_stopped and self.state != "defective"

    def fault_of(self, name: str) -> str | None:
        """Why this officer may not act on the case now."""
        if self.state in UNTOUCHABLE:
            return f"case-{self.state}"
        is_held = self.holder == name and self.until is not None and clock.now() < self.until
        return None if is_held else "case-not-claimed"

    def ended(self, result: str) -> "Model":
        stopped = self.is_stopped or not self.has_approval
        return replace(self, state="reviewed", until=None, result=result, is_stopped=stopped)


def defects(model: Model, name: str) -> tuple[Model, Any]:
    fault = model.fault_of(name) or ("defects-recorded-already" if model.told else None)
    if fault:
        return model, fault
    waits = replace(model, state="defective", holder=None, until=None, is_stopped=True)
    return replace(waits, told=(*model.told, "defect_recorded")), None


def corrected(model: Model) -> tuple[Model, Any]:
    if model.state != "defective":
        return model, None
    return replace(model, state="waiting", is_stopped=False, told=(*model.told, "accepted")), None


def claim(model: Model, name: str) -> tuple[Model, Any]:
    if model.state in UNTOUCHABLE:
        return model, f"case-{model.state}"
    if model.holder not in (None, name) and model.until is not None and clock.now() < model.until:
        return model, "case-claimed"
    return replace(model, state="claimed", holder=name, until=clock.now() + LEASE), None


def release(model: Model, name: str) -> tuple[Model, Any]:
    fault = model.fault_of(name)
    return (model, fault) if fault else (replace(model, state="waiting", holder=None, until=None), None)


def recommend(model: Model, name: str, result: str) -> tuple[Model, Any]:
    if result == "refuse" and not model.has_approval:
        return model, "reviewer-decides"
    fault = model.fault_of(name)
    return (model, fault) if fault else (model.ended(result), None)


def refuse(model: Model, name: str) -> tuple[Model, Any]:
    if model.has_approval:
        return model, "approval-decides"
    fault = model.fault_of(name)
    return (model, fault) if fault else (model.ended("refuse"), None)


def withdrawn(model: Model) -> tuple[Model, Any]:
    if model.state != "defective" and (model.is_stopped or model.state == "reviewed"):
        return replace(model, is_stopped=True), None
    return replace(model, state="closed", holder=None, until=None, is_stopped=True), None


def granted(model: Model) -> tuple[Model, Any]:
    return (replace(model, is_stopped=True) if model.state == "reviewed" else model), None


def again(model: Model) -> tuple[Model, Any]:
    return model, None


STEPS = {
    "claim": claim, "release": release, "recommend": recommend, "refuse": refuse, "withdrawn": withdrawn,
    "granted": granted, "again": again, "defects": defects, "corrected": corrected,
}  # fmt: skip
ACTS = st.one_of(
    st.tuples(st.just("claim"), NAMES),
    st.tuples(st.sampled_from(["release", "refuse", "defects", "defects"]), NAMES),
    st.tuples(st.just("recommend"), NAMES, RESULTS),
    st.sampled_from([("withdrawn",), ("granted",), ("again",), ("corrected",), ("corrected",)]),
    st.sampled_from([("withdrawn",), ("granted",)]),
)


class Office:
    """The service, its cases, and what the test believes of each of them."""

    def __init__(self, desk: Stage) -> None:
        self.desk = desk
        desk.clear()
        self.models: dict[UUID, Model] = {}
        self.cases: dict[UUID, UUID] = {}
        self.stopped: dict[UUID, Any] = {}

    def queued(self, *, has_approval: bool) -> UUID:
        """A case that waits for an officer; its hand-over came in two batches at once."""
        self.desk.harness.publish(BUNDLES[has_approval])
        event = filed(self.desk.harness, LARGE)
        self.desk.at_once(self.desk.take(event, event), self.desk.take(event))
        ((case, _),) = self.standing(event.journey).items()
        self.models[event.journey], self.cases[event.journey] = Model(has_approval), case
        return event.journey

    async def doing(self, journey: UUID, act: tuple[Any, ...]) -> str | None:
        name, *how = act
        if name in ("withdrawn", "granted", "again", "corrected"):
            return await self.hearing(journey, name)
        officer = Principal("officer", str(OFFICERS[how[0]]), frozenset({"reviewer"}), AGENCY)
        if name == "defects":
            section = section_for(BUNDLES[self.models[journey].has_approval], Process.REVIEW)
            return await self.desk.asking(commands.record_defects, self.cases[journey], officer, section, *LISTED)
        rest = {
            "claim": (LEASE,), "release": (), "refuse": (REASONS,), "recommend": (how[-1], REASONS),
        }[name]  # fmt: skip
        return await self.desk.asking(getattr(commands, name), self.cases[journey], officer, *rest)

    async def hearing(self, journey: UUID, name: str) -> None:
        harness = self.desk.harness
        harness.publish(BUNDLES[self.models[journey].has_approval])
        if name == "withdrawn":
            event = harness.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN)
        elif name == "again":
            event = harness.handover(Submitted, at="request", journey=journey)
        elif name == "corrected":
            event = await self.correction(journey)
        elif self.models[journey].state != "reviewed" or not self.models[journey].has_approval:
            return  # nobody grants what nobody has recommended
        else:
            event = harness.handover(Granted, at="approval", journey=journey)
        await self.desk.take(event, event)

    async def correction(self, journey: UUID) -> Any:
        """What request tells once the applicant has corrected; of a journey without a record it is another's defect."""
        found = await self.desk.harness.rows(select(DefectRecord.id).where(DefectRecord.journey_id == journey))
        defect = found[0]["id"] if found else uuid4()
        self.stopped.pop(journey if self.models[journey].state == "defective" else None, None)
        return fact_of_correction(self.desk.harness, journey, defect, clock.now())

    def standing(self, journey: UUID) -> dict[UUID, dict[str, Any]]:
        rows = self.desk.rows(f"SELECT * FROM cases WHERE journey_id = '{journey}'")
        return {row["id"]: row for row in rows}

    def check(self) -> None:
        told = self.desk.told()
        assert told.keys() == self.models.keys()
        rows = {row["journey_id"]: row for row in self.desk.rows("SELECT * FROM cases")}
        stops = self.desk.rows("SELECT case_id FROM case_acts WHERE act IN ('journey-ended', 'granted')")
        assert len({row["case_id"] for row in stops}) == len(stops)
        assert rows.keys() == self.models.keys()
        for journey, model in self.models.items():
            row = rows[journey]
            end = "refused" if model.result == "refuse" and not model.has_approval else "recommended"
            holder = OFFICERS[model.holder] if model.holder else None
            seen = (row["state"], row["holder"], row["lease_until"], row["result"])
            assert seen == (model.state, holder, model.until, model.result)
            assert told[journey] == ["opened", "accepted", *model.told, *[end] * (model.state == "reviewed")]
            assert (row["clock_stopped_at"] is not None) == model.is_stopped
            stopped = self.stopped.setdefault(journey, row["clock_stopped_at"]) or row["clock_stopped_at"]
            self.stopped[journey] = stopped
            assert row["clock_stopped_at"] == stopped


class Cases(RuleBasedStateMachine):
    """The service with its database, act after act, with an approval to come and without."""

    def __init__(self, desk: Stage, advance: Any) -> None:
        super().__init__()
        self.office, self.desk, self.advance = Office(desk), desk, advance
        self.journeys = [self.office.queued(has_approval=each) for each in (True, False)]

    @rule(which=st.booleans(), act=ACTS)
    def act(self, which: bool, act: tuple[Any, ...]) -> None:
        journey = self.journeys[which]
        answer = self.desk.run(self.office.doing(journey, act))
        self.office.models[journey], expected = STEPS[act[0]](self.office.models[journey], *act[1:])
        assert answer == expected

    @precondition(lambda self: any(self.office.models[each].is_over for each in self.journeys))
    @rule(name=NAMES)
    def take_the_next(self, name: str) -> None:
        """Another case in the place of one that is over, claimed at once."""
        self.journeys = [self.next(each, name) for each in self.journeys]

    def next(self, journey: UUID, name: str) -> UUID:
        if not self.office.models[journey].is_over:
            return journey
        journey = self.office.queued(has_approval=self.office.models[journey].has_approval)
        assert self.desk.run(self.office.doing(journey, ("claim", name))) is None
        self.office.models[journey], _ = claim(self.office.models[journey], name)
        return journey

    @rule(by=WAITS)
    def wait(self, by: timedelta) -> None:
        self.advance(by)
        self.desk.work()
        for journey, model in self.office.models.items():
            if model.state == "claimed" and clock.now() >= model.until:
                self.office.models[journey] = replace(model, state="waiting", holder=None, until=None)

    @invariant()
    def everything_is_as_believed(self) -> None:
        self.office.check()


@contextmanager
def office(servers, folder):
    with stage("review", servers, folder) as desk, clock.freeze(RECEIVED) as advance:
        yield desk, advance


@pytest.mark.req("X4", part="review")
def test_cases_agree_with_their_rules_whatever_comes_in_whatever_order(servers, tmp_path):
    with office(servers, tmp_path) as (desk, advance):
        walk(lambda: Cases(desk, advance), examples=8, steps=30, shrinks=False)


RIVALS = [
    ("claim", "malee"), ("release", "somsri"), ("recommend", "somsri", "grant"),
    ("refuse", "somsri"), ("withdrawn",), ("defects", "somsri"),
]  # fmt: skip


@pytest.mark.req("X4", part="review")
def test_of_any_two_that_meet_at_one_case_one_goes_first(servers, tmp_path):
    with office(servers, tmp_path) as (desk, _):
        one = Office(desk)
        for has_approval, first, second in product((True, False), RIVALS, RIVALS):
            journey = one.queued(has_approval=has_approval)
            assert desk.run(one.doing(journey, ("claim", "somsri"))) is None
            one.models[journey], _ = claim(one.models[journey], "somsri")
            answers = desk.abreast("cases", *(one.doing(journey, each) for each in (first, second)))
            (row,) = one.standing(journey).values()
            steps = [lambda model, each=each: STEPS[each[0]](model, *each[1:]) for each in (first, second)]
            seen = row["state"], row["result"], row["clock_stopped_at"] is not None
            one.models[journey] = explained(
                one.models[journey], steps, answers, lambda m, seen=seen: (m.state, m.result, m.is_stopped) == seen
            )
        one.check()


@pytest.mark.req("X4", part="review")
def test_end_that_is_heard_first_opens_nothing_in_whatever_batches(servers, tmp_path):
    with office(servers, tmp_path) as (desk, _):
        desk.clear()
        desk.harness.publish(BUNDLES[True])
        for form, is_first, batches in product((SMALL, LARGE), (True, False), ("one", "two", "two at once")):
            opening = filed(desk.harness, form)
            journey = opening.journey
            end = desk.harness.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN)
            events = [end, opening] if is_first else [opening, end]
            if batches == "one":
                desk.deliver(*events, *events)
            elif batches == "two":
                for event in (*events, *events):
                    desk.deliver(event)
            else:
                desk.at_once(*(desk.take(event, event) for event in events))
            rows = desk.rows(f"SELECT state FROM cases WHERE journey_id = '{journey}'")
            told = desk.told().get(journey, [])
            whole = ["opened", "accepted", *["recommended"] * (form is SMALL)]
            nothing, opened = ([], []), ([{"state": "reviewed" if form is SMALL else "closed"}], whole)
            expected = [nothing, opened] if batches == "two at once" else [nothing if is_first else opened]
            assert (rows, told) in expected
