"""Applications as a state machine: the rules alone against their history, and the service on its database.

Whatever applicant, review, issuance, the ends of journeys and time do, in any order and at once: of withdrawal and seal
one happens, of correction and return one; each act is told once, of a refused call nothing, numbers have no gap.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement, product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from uuid_utils.compat import uuid7

from kit.auth import Principal
from kit.clock import clock
from kit.contracts.claims import Defect
from kit.contracts.events import Completed, DefectRecorded, Refused, ReviewRefused
from kit.contracts.journey import Outcome
from kit.duework import DueWorkLoop
from kit.errors import Conflict
from kit.workdays import Calendar
from services.request import commands, domain, duework
from services.request.domain import State
from services.request.schemas import Draft, NewJourney
from tests.bundles import licence_bundle
from tests.machines import Stage, explained, stage, walk
from tests.request.conftest import PLAN, record_of

GOOD, BAD = {"shop_name": "ร้านข้าวแกง", "area": 120}, {"shop_name": "ร้านข้าวแกง"}
MOVED = GOOD | {"shop_name": "ร้านข้าวแกงสาขาสอง"}
NEW_YEAR = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
WEEK, LATER = 7, timedelta(days=9)
DIGEST = "d" * 64
NAME = Defect(pointer="/shop_name", what="ชื่อไม่ตรงกับป้าย")
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
    record: str | None = None
    is_signed: bool = False
    due_at: datetime | None = None
    told: tuple[str, ...] = ("opened",)

    def moved(self, **change: Any) -> "Model":
        return replace(self, revision=self.revision + 1, **change)

    def telling(self, fact: str, **change: Any) -> "Model":
        return self.moved(told=(*self.told, fact), **change)


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
    return model.telling("submitted", state="submitted", number=True, key=key), (201, None)


def withdraw(model: Model) -> tuple[Model, Any]:
    late = {"draft": "not-submitted", "sealed": "sealed", "ended": "ended"}
    if model.state in late:
        return model, refused(f"application-{late[model.state]}")
    return (model if model.state == "withdrawn" else model.telling("withdrawn", state="withdrawn")), (200, None)


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


def record(model: Model) -> tuple[Model, Any]:
    due_at = Calendar().add(clock.now(), WEEK, "calendar_days")
    is_open = model.state == "submitted"
    return replace(model, record="waiting", is_signed=False, due_at=due_at) if is_open else model, None


def sign(model: Model, digest: str) -> tuple[Model, Any]:
    if model.record is None:
        return model, refused("no-defects-recorded", 404)
    if digest != DIGEST:
        return model, refused("defect-record-differs")
    if model.is_signed or model.state == "submitted":
        return replace(model, is_signed=True), (200, None)
    return model, refused("application-withdrawn" if model.state == "withdrawn" else "correction-closed")


def correct(model: Model, is_right: bool) -> tuple[Model, Any]:
    if model.record is None or model.due_at is None:
        return model, refused("no-defects-recorded", 404)
    if model.record == "corrected":
        return model, (200, None) if is_right else refused("correction-made")
    if model.state == "withdrawn":
        return model, refused("application-withdrawn")
    if clock.now() > model.due_at:
        return model, refused("correction-too-late")
    if model.state != "submitted":
        return model, refused("correction-closed")
    if not is_right:
        return model, refused("correction-invalid", 422)
    return model.telling("corrected", record="corrected", is_signed=True), (200, None)


def look(model: Model) -> tuple[Model, Any]:
    """Due work looks whether the time for a correction is over."""
    is_late = model.due_at is not None and clock.now() > model.due_at
    if is_late and model.record == "waiting" and model.state == "submitted":
        return model.telling("returned", record="returned", state="ended"), None
    return model, None


STEPS = {
    "save": save, "submit": submit, "withdraw": withdraw, "seal": seal, "end": end, "record": record, "sign": sign,
    "correct": correct, "look": look,
}  # fmt: skip
ACTS = st.one_of(
    st.sampled_from([("withdraw",), ("seal",), ("record",), ("record",)]),
    st.sampled_from([("correct", True), ("correct", False), ("sign", DIGEST), ("sign", "0" * 64)]),
    st.tuples(st.just("submit"), st.sampled_from([None, "k1", "k2"])),
    st.tuples(st.just("save"), st.sampled_from(["*", "*", '"1"', '"2"', '"3"']), st.sampled_from([True, True, False])),
    st.tuples(st.just("end"), st.sampled_from(["refused by review", "refused", "completed"])),
)
RIVALS = [("withdraw",), ("seal",), ("end", "refused"), ("submit", "k2"), ("save", "*", True)]
AT_THE_END = [("correct", True), ("sign", DIGEST), ("withdraw",), ("seal",), ("end", "refused"), ("look",), ("record",)]


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
        told = ("opened", "submitted")
        filed = Model("submitted", 3, is_complete=True, key="k1", number=True, told=told)
        self.models[journey], self.people[journey] = filed if is_filed else Model(), new.person
        return journey

    async def doing(self, journey: UUID, act: tuple[Any, ...]) -> Any:
        name, *how = act
        harness, path = self.desk.harness, f"/journeys/{journey}"
        person = harness.citizen(self.people[journey])
        if name == "end":
            return await self.desk.take(self.ending(journey, how[0]), self.ending(journey, how[0]))
        if name == "record":
            recorded = self.recorded(journey)
            return await self.desk.take(recorded, recorded)
        if name == "look":
            await DueWorkLoop(self.desk.kit, duework.WORK).run_some()
            return None
        if name in ("sign", "correct"):
            correcting = {"form": MOVED if how[0] else BAD, "remarks": "แก้แล้ว", "digest": DIGEST}
            body = {"digest": how[0]} if name == "sign" else correcting
            path += "/correction/acknowledgement" * (name == "sign") or "/correction"
            return said(await self.desk.calling("POST", path, person, json=body))
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

    def recorded(self, journey: UUID) -> Any:
        said = record_of(journey, NAME, PLAN, days=WEEK, digest=DIGEST)
        self.desk.peers.know("review", "defects", journey, said)
        fact = DefectRecorded(case=said.case, defect=said.defect, due_at=said.due_at)
        return self.desk.harness.event(fact, step="review", journey=journey)

    def standing(self) -> dict[UUID, tuple[str, int, str | None]]:
        rows = self.desk.rows("SELECT journey_id, state, revision, number FROM application")
        return {row["journey_id"]: (row["state"], row["revision"], row["number"]) for row in rows}

    def corrections(self) -> dict[UUID, tuple[str, bool]]:
        rows = self.desk.rows("SELECT journey_id, state, acknowledged_at FROM correction ORDER BY recorded_at, id")
        return {row["journey_id"]: (row["state"], row["acknowledged_at"] is not None) for row in rows}

    def check(self) -> None:
        standing, told, last = self.standing(), self.desk.told(), self.corrections()
        assert standing.keys() == told.keys() == self.models.keys()
        for journey, model in self.models.items():
            state, revision, number = standing[journey]
            assert (state, revision, number is not None) == (model.state, model.revision, model.number)
            assert tuple(told[journey]) == model.told
            assert last.get(journey, (None, False)) == (model.record, model.is_signed)
        numbers = sorted(int(number.rpartition("-")[2]) for _, _, number in standing.values() if number)
        assert numbers == list(range(1, len(numbers) + 1))


class Applications(RuleBasedStateMachine):
    """The service with its database, act after act, on a draft and on what is filed."""

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.frozen = clock.freeze(NEW_YEAR)
        self.advance = self.frozen.__enter__()
        self.counter = Counter(desk)
        self.desk = desk
        self.journeys = [self.counter.begun(is_filed=False), self.counter.begun(is_filed=True)]

    @rule(which=st.booleans(), act=ACTS)
    def act(self, which: bool, act: tuple[Any, ...]) -> None:
        journey = self.journeys[which]
        self.counter.models[journey], expected = STEPS[act[0]](self.counter.models[journey], *act[1:])
        assert self.desk.run(self.counter.doing(journey, act)) == expected

    @rule(by=st.sampled_from([timedelta(hours=1), timedelta(days=3), LATER]))
    def time_goes_on(self, by: timedelta) -> None:
        self.advance(by)
        self.desk.work()
        for journey, model in self.counter.models.items():
            self.counter.models[journey], _ = look(model)

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

    def teardown(self) -> None:
        self.frozen.__exit__(None, None, None)


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


@pytest.mark.req("Q7")
@pytest.mark.parametrize("is_late", [False, True], ids=["in time", "too late"])
def test_of_any_two_that_meet_at_recorded_defects_one_goes_first(servers, tmp_path, is_late):
    with desk_of(servers, tmp_path) as desk:
        for first, second in combinations_with_replacement(AT_THE_END, 2):
            with clock.freeze(NEW_YEAR) as advance:
                counter = Counter(desk)
                journey = counter.begun(is_filed=True)
                desk.run(counter.doing(journey, ("record",)))
                recorded, _ = record(counter.models[journey])
                advance(LATER if is_late else timedelta(days=1))
                answers = desk.abreast("application", *(counter.doing(journey, each) for each in (first, second)))
                seen = counter.standing()[journey][:2]
                steps = [lambda model, each=each: STEPS[each[0]](model, *each[1:]) for each in (first, second)]
                counter.models[journey] = explained(
                    recorded, steps, answers, lambda m, seen=seen: (m.state, m.revision) == seen
                )
                counter.check()
