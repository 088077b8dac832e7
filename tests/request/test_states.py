"""Applications as a state machine: the rules alone against their history, and the service on its database.

Whatever applicant, issuance and the ends of journeys do, in any order and at once: of withdrawal and seal one
happens, each act is told once, nothing is told of a refused call, numbers have no gap.
"""

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
from kit.contracts.events import Completed, Refused, ReviewRefused
from kit.contracts.journey import Outcome
from kit.errors import Conflict
from services.request import commands, domain
from services.request.domain import State
from services.request.schemas import Draft, NewJourney
from tests.bundles import licence_bundle
from tests.machines import Stage, explained, stage, walk

GOOD, BAD = {"shop_name": "ร้านข้าวแกง", "area": 120}, {"shop_name": "ร้านข้าวแกง"}
FACTS = {"refused by review": ReviewRefused, "refused": Refused}


class Rules(RuleBasedStateMachine):
    """The transitions against what they did before: the model is the list of acts that were let through."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.DRAFT
        self.done: list[str] = []

    @rule()
    def submit(self) -> None:
        self.attempt("submit", not self.done, domain.require_draft, self.state, to=State.SUBMITTED)

    @rule()
    def withdraw(self) -> None:
        may = "submit" in self.done and not {"seal", "end"} & set(self.done)
        self.attempt("withdraw", may or "withdraw" in self.done, domain.withdrawn, self.state)

    @rule()
    def seal(self) -> None:
        may = "submit" in self.done and not {"withdraw", "end"} & set(self.done)
        is_sealed = "seal" in self.done
        self.attempt("seal", may or is_sealed, domain.sealed, self.state, is_sealed=is_sealed)

    @rule()
    def end(self) -> None:
        before, self.state = self.state, domain.ended(self.state)
        if self.state is not before:
            self.done.append("end")

    def attempt(self, name: str, may: bool, act: Any, *arguments: Any, to: State | None = None, **rest: Any) -> None:
        try:
            found = act(*arguments, **rest)
        except Conflict:
            assert not may, (name, self.done)
        else:
            assert may, (name, self.done)
            self.state = to or found
            self.done.append(name)

    @invariant()
    def the_state_says_what_was_done(self) -> None:
        first = [name for index, name in enumerate(self.done) if name not in self.done[:index]]
        assert not {"withdraw", "seal"} <= set(first)
        assert not {"withdraw", "end"} <= set(first)
        words = {"submit": "submitted", "withdraw": "withdrawn", "seal": "sealed", "end": "ended"}
        assert self.state == (words[first[-1]] if first else "draft")
        assert self.state.is_open == (bool(first) and not {"withdraw", "end"} & set(first))


@pytest.mark.req("X4", part="request")
def test_rules_of_an_application_agree_with_its_history():
    walk(Rules, examples=80, steps=16)


@dataclass(frozen=True)
class Model:
    """One application as the test believes it to be."""

    state: str = "draft"
    revision: int = 1
    is_complete: bool = False
    key: str | None = None
    number: bool = False
    sealed: bool = False

    def moved(self, **change: Any) -> "Model":
        return replace(self, revision=self.revision + 1, **change)


def refused(code: str, status: int = 409) -> tuple[int, str]:
    return status, f"urn:paet:problem:{code}"


def save(model: Model, match: str, is_complete: bool) -> tuple[Model, Any]:
    if match not in ("*", f'"{model.revision}"'):
        return model, refused("precondition-failed", 412)
    if model.state != "draft":
        return model, refused("application-not-draft")
    return model.moved(is_complete=is_complete), (200, None)


def submit(model: Model, key: str | None) -> tuple[Model, Any]:
    if model.number:
        is_same = key is not None and key == model.key
        return model, refused("application-withdrawn") if model.state == "withdrawn" and not is_same else (200, None)
    if not model.is_complete:
        return model, refused("form-invalid", 422)
    return model.moved(state="submitted", number=True, key=key), (201, None)


def withdraw(model: Model) -> tuple[Model, Any]:
    late = {"draft": "not-submitted", "sealed": "sealed", "ended": "ended"}
    if model.state in late:
        return model, refused(f"application-{late[model.state]}")
    return (model if model.state == "withdrawn" else model.moved(state="withdrawn")), (200, None)


def seal(model: Model) -> tuple[Model, Any]:
    if model.sealed:
        return model, (200, None)
    if model.state == "draft":
        return model, refused("application-not-submitted")
    if model.state != "submitted":
        return model, (200, "withdrawn")
    return model.moved(state="sealed", sealed=True), (200, None)


def end(model: Model, _name: str) -> tuple[Model, Any]:
    return (model.moved(state="ended") if model.state in ("submitted", "sealed") else model), None


STEPS = {"save": save, "submit": submit, "withdraw": withdraw, "seal": seal, "end": end}
ACTS = st.one_of(
    st.sampled_from([("withdraw",), ("seal",)]),
    st.tuples(st.just("submit"), st.sampled_from([None, "k1", "k2"])),
    st.tuples(st.just("save"), st.sampled_from(["*", "*", '"1"', '"2"', '"3"']), st.sampled_from([True, True, False])),
    st.tuples(st.just("end"), st.sampled_from(["refused by review", "refused", "completed"])),
)
RIVALS = [("withdraw",), ("seal",), ("end", "refused"), ("submit", "k2"), ("save", "*", True)]


class Counter:
    """Where applicants, issuance and the ends of journeys come to, and what the test believes of each application."""

    def __init__(self, desk: Stage) -> None:
        self.desk = desk
        desk.clear()
        self.models: dict[UUID, Model] = {}
        self.people: dict[UUID, UUID] = {}

    def begun(self, *, is_filed: bool) -> UUID:
        """A journey that has come so far by the commands themselves, in one transaction."""
        new = NewJourney(journey_id=uuid7(), definition="test-licence@1", person=uuid4())
        journey, applicant = new.journey_id, Principal("citizen", str(new.person))

        async def begin(session: Any) -> None:
            section = await self.desk.kit.section(new.definition)
            await commands.open_draft(session, new, section)
            if is_filed:
                await commands.save_draft(session, applicant, journey, Draft(form=GOOD), "*")
                await commands.submit(session, applicant, journey, section, key="k1")

        self.desk.command(begin)
        filed = Model("submitted", 3, is_complete=True, key="k1", number=True)
        self.models[journey], self.people[journey] = filed if is_filed else Model(), new.person
        return journey

    async def doing(self, journey: UUID, act: tuple[Any, ...]) -> Any:
        name, *how = act
        harness, path = self.desk.harness, f"/journeys/{journey}"
        person = harness.citizen(self.people[journey])
        if name == "end":
            return await self.desk.take(self.ending(journey, how[0]), self.ending(journey, how[0]))
        if name == "save":
            body = {"form": GOOD if how[1] else BAD}
            return said(await self.desk.calling("PUT", f"{path}/application", person | {"If-Match": how[0]}, json=body))
        if name == "submit":
            key = {"Idempotency-Key": how[0]} if how[0] else {}
            return said(await self.desk.calling("POST", f"{path}/submission", person | key))
        if name == "seal":
            asked = {"ids": [str(journey)]}
            seal = await self.desk.calling("POST", "/internal/seals", harness.as_service("issuance"), json=asked)
            return (200, "withdrawn") if seal.json().get("withdrawn") == asked["ids"] else said(seal)
        return said(await self.desk.calling("POST", f"{path}/withdrawal", person))

    def ending(self, journey: UUID, name: str) -> Any:
        if name == "completed":
            return self.desk.harness.event(Completed(outcome=Outcome.PASSED), step="delivery", journey=journey)
        return self.desk.harness.handover(FACTS[name], at="review", journey=journey, outcome=Outcome.REFUSED)

    def standing(self) -> dict[UUID, tuple[str, int, str | None]]:
        rows = self.desk.rows("SELECT journey_id, state, revision, number FROM application")
        return {row["journey_id"]: (row["state"], row["revision"], row["number"]) for row in rows}

    def check(self) -> None:
        standing, told = self.standing(), self.desk.told()
        assert standing.keys() == told.keys() == self.models.keys()
        for journey, model in self.models.items():
            state, revision, number = standing[journey]
            assert (state, revision, number is not None) == (model.state, model.revision, model.number)
            facts = ["opened", *["submitted"] * model.number, *["withdrawn"] * (model.state == "withdrawn")]
            assert told[journey] == facts
        numbers = sorted(int(number.rpartition("-")[2]) for _, _, number in standing.values() if number)
        assert numbers == list(range(1, len(numbers) + 1))


class Applications(RuleBasedStateMachine):
    """The service with its database, act after act, on a draft and on what is filed."""

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.counter = Counter(desk)
        self.desk = desk
        self.journeys = [self.counter.begun(is_filed=False), self.counter.begun(is_filed=True)]

    @rule(which=st.booleans(), act=ACTS)
    def act(self, which: bool, act: tuple[Any, ...]) -> None:
        journey = self.journeys[which]
        self.counter.models[journey], expected = STEPS[act[0]](self.counter.models[journey], *act[1:])
        assert self.desk.run(self.counter.doing(journey, act)) == expected

    @rule(which=st.booleans(), is_own=st.booleans())
    def open_again(self, which: bool, is_own: bool) -> None:
        journey = self.journeys[which]
        person = self.counter.people[journey] if is_own else uuid4()
        body = {"journey_id": str(journey), "definition": "test-licence@1", "person": str(person)}
        answer = self.desk.call("POST", "/internal/journeys", self.desk.harness.as_service("gateway"), json=body)
        assert said(answer) == ((200, None) if is_own else refused("journey-taken"))

    @rule()
    def hear_its_own_facts(self) -> None:
        self.desk.deliver(*self.desk.facts())

    @invariant()
    def everything_is_as_believed(self) -> None:
        self.counter.check()


def said(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["type"] if answer.status_code >= 400 else None


@contextmanager
def desk_of(servers, folder):
    with stage("request", servers, folder) as desk:
        desk.harness.publish(licence_bundle())
        current = "/internal/definitions/test-licence/1/currency"
        desk.peers.answer("gateway", "GET", current, {"latest": 1, "differences": []})
        yield desk


@pytest.mark.req("X4", part="request")
def test_applications_agree_with_their_rules_whatever_comes_in_whatever_order(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        walk(lambda: Applications(desk), examples=8, steps=25, shrinks=False)


@pytest.mark.req("X4", part="request")
def test_of_any_two_that_meet_at_one_application_one_goes_first(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        counter = Counter(desk)
        for is_filed, first, second in product((True, False), RIVALS, RIVALS):
            journey = counter.begun(is_filed=is_filed)
            answers = desk.abreast("application", *(counter.doing(journey, each) for each in (first, second)))
            seen = counter.standing()[journey][:2]
            steps = [lambda model, each=each: STEPS[each[0]](model, *each[1:]) for each in (first, second)]
            model = explained(
                counter.models[journey], steps, answers, lambda m, seen=seen: (m.state, m.revision) == seen
            )
            counter.models[journey] = model
        counter.check()
