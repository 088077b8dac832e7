"""Applications as a state machine: the rules alone against their history, and the service on its database.

Whatever applicant, issuance and the ends of journeys do, in any order and at once: of withdrawal and seal one
happens, each act is told once, nothing is told of a refused call, numbers have no gap.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
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


@pytest.mark.req("X4")
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
        return model, (204, None)
    if model.state != "submitted":
        return model, refused("application-not-submitted" if model.state == "draft" else "application-withdrawn")
    return model.moved(state="sealed", sealed=True), (204, None)


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
"""What may meet: any two of them, in either order, on a draft or on what is filed."""


class Applications(RuleBasedStateMachine):
    """The service with its database: acts alone, repeated and at once."""

    journeys: Bundle[UUID] = Bundle("journeys")

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.desk = desk
        desk.clear()
        self.models: dict[UUID, Model] = {}
        self.people: dict[UUID, UUID] = {}

    @initialize(target=journeys)
    def begin(self) -> Any:
        return multiple(self.begun(is_filed=False), self.begun(is_filed=True))

    @rule(target=journeys)
    def open(self) -> UUID:
        journey = uuid7()
        self.people[journey] = uuid4()
        assert self.opened(journey, self.people[journey]) == (201, None)
        assert self.opened(journey, self.people[journey]) == (200, None)
        assert self.opened(journey, uuid4()) == refused("journey-taken")
        self.models[journey] = Model()
        return journey

    @rule(journey=journeys, act=ACTS)
    def act(self, journey: UUID, act: tuple[Any, ...]) -> None:
        self.models[journey], expected = STEPS[act[0]](self.models[journey], *act[1:])
        assert self.desk.run(self.doing(journey, act)) == expected

    @rule(target=journeys, is_filed=st.booleans(), turn=st.permutations(RIVALS))
    def act_at_once(self, is_filed: bool, turn: list[tuple[Any, ...]]) -> UUID:
        journey, acts = self.begun(is_filed), turn[:2]
        answers = self.desk.abreast("application", *(self.doing(journey, each) for each in acts))
        seen = self.standing()[journey][:2]
        steps = [lambda now, each=each: STEPS[each[0]](now, *each[1:]) for each in acts]
        fits = lambda now: (now.state, now.revision) == seen  # noqa: E731
        self.models[journey] = explained(self.models[journey], steps, answers, fits)
        return journey

    @rule(journey=journeys)
    def deliver_its_own_facts_again(self, journey: UUID) -> None:
        for event in self.desk.facts():
            if event.journey == journey:
                model, _ = self.models[journey], self.desk.deliver(event, event)
                assert self.standing()[journey][0] == model.state

    def begun(self, is_filed: bool) -> UUID:
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

    def opened(self, journey: UUID, person: UUID) -> tuple[int, str | None]:
        body = {"journey_id": str(journey), "definition": "test-licence@1", "person": str(person)}
        headers = self.desk.harness.as_service("gateway")
        return said(self.desk.call("POST", "/internal/journeys", headers, json=body))

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
            return said(await self.desk.calling("POST", f"/internal{path}/seal", harness.as_service("issuance")))
        return said(await self.desk.calling("POST", f"{path}/withdrawal", person))

    def ending(self, journey: UUID, name: str) -> Any:
        if name == "completed":
            return self.desk.harness.event(Completed(outcome=Outcome.PASSED), step="delivery", journey=journey)
        return self.desk.harness.handover(FACTS[name], at="review", journey=journey, outcome=Outcome.REFUSED)

    def standing(self) -> dict[UUID, tuple[str, int, str | None]]:
        rows = self.desk.rows("SELECT journey_id, state, revision, number FROM application")
        return {row["journey_id"]: (row["state"], row["revision"], row["number"]) for row in rows}

    @invariant()
    def everything_is_as_believed_and_told_once(self) -> None:
        standing, told = self.standing(), self.desk.told()
        assert standing.keys() == told.keys() == self.models.keys()
        for journey, model in self.models.items():
            state, revision, number = standing[journey]
            assert (state, revision, number is not None) == (model.state, model.revision, model.number)
            facts = ["opened", *["submitted"] * model.number, *["withdrawn"] * (model.state == "withdrawn")]
            assert told[journey] == facts
        numbers = sorted(int(number.rpartition("-")[2]) for _, _, number in standing.values() if number)
        assert numbers == list(range(1, len(numbers) + 1))


def said(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["type"] if answer.status_code >= 400 else None


@pytest.mark.req("X4")
def test_applications_agree_with_their_rules_whatever_comes_in_whatever_order(servers, tmp_path):
    with stage("request", servers, tmp_path) as desk:
        desk.harness.publish(licence_bundle())
        current = "/internal/definitions/test-licence/1/currency"
        desk.peers.answer("gateway", "GET", current, {"latest": 1, "differences": []})
        walk(lambda: Applications(desk), examples=10, steps=20, shrinks=False)
