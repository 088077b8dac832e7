"""Decisions as a state machine, alone against their history and on the database.

Whoever decides in whatever order: the first decision stands as it was signed, a second never contradicts it, the
reviewer never makes it, and what was closed undecided stays so.
"""

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from uuid_utils.compat import uuid7

from kit.auth import Principal
from kit.contracts.events import Recommended, Withdrawn
from kit.contracts.journey import Outcome
from kit.errors import Problem
from services.approval import commands, domain
from services.approval.domain import Keyring, Standing, State
from tests.approval.conftest import REASONS, REVIEWER, reviewed
from tests.bundles import AGENCY, automatic_bundle, licence_bundle
from tests.machines import Stage, explained, stage, walk

OFFICERS = {"reviewer": REVIEWER, "malee": uuid4(), "wichai": uuid4()}
NAMES = st.sampled_from(sorted(OFFICERS))
DECIDED = {"grant": State.GRANTED, "refuse": State.REFUSED}
OTHER_REASONS = REASONS | {"facts": "ไม่มีถังดับเพลิง"}
BUNDLES = {False: licence_bundle(), True: automatic_bundle(identifier="test-automatic")}
"""Decided by an officer, and by a rule where the review favours it."""


class Rules(RuleBasedStateMachine):
    """The transitions against the one thing that was let through first."""

    def __init__(self) -> None:
        super().__init__()
        self.decision = Standing(REVIEWER)
        self.first: tuple[State, UUID | None] | None = None

    @rule(name=NAMES, state=st.sampled_from(sorted(DECIDED.values())))
    def decide(self, name: str, state: State) -> None:
        may = self.first is None and name != "reviewer"
        self.attempt(may, (state, OFFICERS[name]), domain.decide, OFFICERS[name], state)

    @rule()
    def grant_by_rule(self) -> None:
        self.attempt(self.first is None, (State.GRANTED, None), domain.grant_by_rule)

    @rule()
    def close(self) -> None:
        self.decision = domain.close(self.decision)
        self.first = self.first or (State.CLOSED, None)

    def attempt(self, may: bool, outcome: tuple[State, UUID | None], act: Any, *arguments: Any) -> None:
        try:
            found = act(self.decision, *arguments)
        except Problem:
            assert not may
        else:
            assert may
            self.decision, self.first = found, outcome

    @invariant()
    def the_first_stands(self) -> None:
        assert (self.decision.state, self.decision.decided_by) == (self.first or (State.WAITING, None))
        assert self.decision.reviewer == REVIEWER


@pytest.mark.req("X4", part="approval")
def test_rules_of_a_decision_agree_with_its_history():
    walk(Rules, examples=80, steps=10)


@dataclass(frozen=True)
class Model:
    """One decision as the test believes it to be."""

    state: str = "waiting"
    by: str | None = None
    reasons: int | None = None


def decide(model: Model, state: str, name: str, reasons: int | None = None) -> tuple[Model, Any]:
    if model == Model(state, name, reasons):
        return model, None
    if model.state != "waiting":
        return model, "decision-closed" if model.state == "closed" else "decision-made"
    if name == "reviewer":
        return model, "approver-is-reviewer"
    return Model(state, name, reasons), None


def grant(model: Model, name: str) -> tuple[Model, Any]:
    return decide(model, "granted", name)


def refuse(model: Model, name: str, reasons: int) -> tuple[Model, Any]:
    return decide(model, "refused", name, reasons)


def withdrawn(model: Model) -> tuple[Model, Any]:
    return (replace(model, state="closed") if model.state == "waiting" else model), None


def again(model: Model) -> tuple[Model, Any]:
    return model, None


STEPS = {"grant": grant, "refuse": refuse, "withdrawn": withdrawn, "again": again}
ACTS = st.one_of(
    st.tuples(st.just("grant"), NAMES),
    st.tuples(st.just("refuse"), NAMES, st.sampled_from([0, 1])),
    st.sampled_from([("withdrawn",), ("again",), ("again",)]),
)


class Bench:
    """The service, its decisions, and what the test believes of each of them."""

    def __init__(self, desk: Stage) -> None:
        self.desk = desk
        desk.clear()
        self.models: dict[UUID, Model] = {}
        self.decisions: dict[UUID, UUID] = {}
        self.signed: dict[UUID, tuple[Any, ...]] = {}

    def opened(self, *, by_rule: bool = False, recommends: bool = True) -> UUID:
        """A decision about a reviewed case; its hand-over came in two batches at once."""
        self.desk.harness.publish(BUNDLES[by_rule])
        event = reviewed(self.desk.harness, result="recommended" if recommends else "refused")
        self.desk.at_once(self.desk.take(event, event), self.desk.take(event))
        self.models[event.journey] = Model("granted") if by_rule and recommends else Model()
        self.decisions[event.journey] = self.row(event.journey)["id"]
        return event.journey

    async def doing(self, journey: UUID, act: tuple[Any, ...]) -> str | None:
        name, *how = act
        harness = self.desk.harness
        if name in ("withdrawn", "again"):
            harness.publish(BUNDLES[False])
            fact, at = (Withdrawn, "request") if name == "withdrawn" else (Recommended, "review")
            outcome = Outcome.WITHDRAWN if name == "withdrawn" else Outcome.PASSED
            event = harness.handover(fact, at=at, journey=journey, outcome=outcome)
            return await self.desk.take(event, event)
        officer = Principal("officer", str(OFFICERS[how[0]]), frozenset({"approver"}), AGENCY)
        reasons = (REASONS, OTHER_REASONS)[how[1]] if name == "refuse" else dict.fromkeys(domain.REASONS, "")
        keys = self.desk.kit.resource(Keyring)
        return await self.desk.asking(getattr(commands, name), keys, self.decisions[journey], officer, reasons)

    def row(self, journey: UUID) -> dict[str, Any]:
        (row,) = self.desk.rows(f"SELECT * FROM decisions WHERE journey_id = '{journey}'")
        return row

    def check(self) -> None:
        told, rows = self.desk.told(), self.desk.rows("SELECT * FROM decisions")
        assert {row["journey_id"] for row in rows} == told.keys() == self.models.keys()
        for row in rows:
            journey, model = row["journey_id"], self.models[row["journey_id"]]
            assert (row["state"], row["decided_by"]) == (model.state, OFFICERS[model.by] if model.by else None)
            is_decided = model.state in ("granted", "refused")
            assert told[journey] == ["opened", *[model.state] * is_decided]
            signed = tuple(row[name] for name in ("content", "digest", "signature", "decided_at", "facts"))
            assert (signed[2] is not None) == is_decided
            if is_decided:
                assert signed == self.signed.setdefault(journey, signed)
                assert f'"result":"{model.state}"' in row["content"]


class Decisions(RuleBasedStateMachine):
    """The service with its database, act after act, on decisions of an officer and of a rule."""

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.bench, self.desk = Bench(desk), desk
        by_rule = [self.bench.opened(by_rule=True, recommends=each) for each in (True, False)]
        self.journeys = [*by_rule, self.bench.opened(), self.bench.opened(recommends=False)]

    @rule(which=st.integers(0, 3), act=ACTS)
    def act(self, which: int, act: tuple[Any, ...]) -> None:
        journey = self.journeys[which]
        self.bench.models[journey], expected = STEPS[act[0]](self.bench.models[journey], *act[1:])
        assert self.desk.run(self.bench.doing(journey, act)) == expected

    @rule(recommends=st.booleans(), by_rule=st.booleans())
    def end_before_it_is_opened(self, recommends: bool, by_rule: bool) -> None:
        journey = uuid7()
        self.desk.run(self.bench.doing(journey, ("withdrawn",)))
        self.desk.harness.publish(BUNDLES[by_rule])
        late = reviewed(self.desk.harness, journey, result="recommended" if recommends else "refused")
        self.desk.deliver(late, late)

    @invariant()
    def everything_is_as_believed(self) -> None:
        self.bench.check()


@contextmanager
def desk_of(servers, folder):
    with stage("approval", servers, folder, officer_key_encryption_key=secrets.token_urlsafe(32)) as desk:
        yield desk


@pytest.mark.req("X4", part="approval")
def test_decisions_agree_with_their_rules_whatever_comes_in_whatever_order(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        walk(lambda: Decisions(desk), examples=8, steps=25, shrinks=False)


RIVALS = [("grant", "malee"), ("grant", "wichai"), ("refuse", "malee", 0), ("refuse", "malee", 1), ("withdrawn",)]


@pytest.mark.req("X4", part="approval")
def test_of_any_two_that_meet_at_one_decision_one_goes_first(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        bench = Bench(desk)
        for first, second in product(RIVALS, RIVALS):
            journey = bench.opened()
            answers = desk.abreast("decisions", *(bench.doing(journey, each) for each in (first, second)))
            row = bench.row(journey)
            steps = [lambda model, each=each: STEPS[each[0]](model, *each[1:]) for each in (first, second)]
            seen = row["state"], row["decided_by"]
            bench.models[journey] = explained(
                bench.models[journey], steps, answers, lambda m, seen=seen: (m.state, OFFICERS.get(m.by)) == seen
            )
        bench.check()
