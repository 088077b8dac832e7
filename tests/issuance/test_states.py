"""Documents and their numbers as a state machine on the database, and the live status alone.

Whatever withdrawals, repeats, operators and processes that die between two phases do, in any order: numbers run
without gap, a document has one that counts, what was withdrawn in time is never issued, and what was sealed is.
"""

import hashlib
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.auth import Principal
from kit.clock import clock
from kit.cloudevents import Event
from kit.documents import TemplateError
from kit.documents.seals import Seals
from kit.storage import Files
from services.issuance import commands, domain
from services.issuance.domain import State, Status
from services.issuance.duework import composing, issue
from tests.bundles import AGENCY
from tests.issuance.conftest import Registry, certificate, licence
from tests.machines import Stage, stage, walk

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
"""Numbers begin anew with each year: no example comes near its end."""
OPERATOR = Principal("officer", str(uuid4()), frozenset({"administrator"}), AGENCY)
FAULTS = {"template": TemplateError("the template has a fault"), "away": ConnectionError("the time-stamp is away")}


class Rules(RuleBasedStateMachine):
    """What a document is worth, after any acts of authority on any day."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.today, self.until = State.ISSUED, date(2026, 11, 2), date(2027, 11, 1)
        self.gone: Status | None = None

    @rule(days=st.sampled_from([1, 180, 200]))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(state=st.sampled_from([State.SUSPENDED, State.ISSUED, State.REVOKED, State.REPLACED]))
    def act(self, state: State) -> None:
        if self.gone is None:
            self.state = state
            self.gone = Status(state.value) if state in (State.REVOKED, State.REPLACED) else None

    @invariant()
    def it_holds_until_it_ends_or_is_taken(self) -> None:
        status = domain.status_of(self.state, self.until, self.today)
        is_over = self.today > self.until
        assert (status is Status.VALID) == (self.state is State.ISSUED and not is_over)
        assert status == (self.gone or (Status.EXPIRED if is_over else status))
        assert domain.status_of(self.state, None, self.today) == (self.gone or Status(status_word(self.state)))


def status_word(state: State) -> str:
    return "valid" if state is State.ISSUED else state.value


@pytest.mark.req("X4", part="issuance")
def test_status_of_a_document_agrees_with_what_was_done_to_it():
    walk(Rules, examples=60, steps=12)


class NoSeals:
    """Documents are not sealed here: what is tried is when they are made, not how."""

    def check(self) -> None:
        """They can always be had."""

    async def of(self, *_: Any) -> None:
        return None


class Press:
    """The service, request's seal and what becomes of each attempt to compose."""

    def __init__(self, desk: Stage) -> None:
        self.desk, self.registry = desk, Registry(desk.harness)
        desk.clear()
        desk.kit.provide(NoSeals(), Seals)
        desk.peers.answer("request", "POST", "/internal/seals", self.seal)
        self.fault: str | None = None
        self.sealed: set[UUID] = set()
        self.withdrawn: set[UUID] = set()
        self.events: dict[UUID, Event] = {}
        self.issued: dict[UUID, dict[str, Any]] = {}
        self.numbers: dict[tuple[Any, ...], dict[str, Any]] = {}

    async def compose(self, *_: Any) -> bytes:
        """Never the same twice, as a signature is not; or the fault of the day."""
        if self.fault:
            raise FAULTS[self.fault]
        return b"%PDF " + uuid4().bytes

    def come(self, *, is_licence: bool) -> UUID:
        self.desk.harness.publish(licence() if is_licence else certificate())
        event = self.registry.arrive()
        journey = event.journey
        self.events[journey] = event
        self.desk.at_once(self.desk.take(event, event), self.desk.take(event))
        return journey

    def seal(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Request's answer: what was withdrawn stays out, all else is past the point of no return."""
        ids = {UUID(each) for each in asked["ids"]}
        self.sealed |= ids - self.withdrawn
        return {"withdrawn": [str(each) for each in ids & self.withdrawn]}

    def document(self, journey: UUID) -> dict[str, Any]:
        (row,) = self.desk.rows(f"SELECT * FROM document WHERE journey_id = '{journey}'")
        return row

    async def make(self, document: dict[str, Any]) -> str | None:
        """One process at its work, alone or beside another."""
        try:
            await issue(self.desk.kit, f"{document['id']}:{document['attempt']}", {})
        except ConnectionError as error:
            return str(error)
        return None

    def check(self) -> None:
        documents = {row["id"]: row for row in self.desk.rows("SELECT * FROM document")}
        assert {row["journey_id"] for row in documents.values()} == self.events.keys()
        numbers, told = self.desk.rows("SELECT * FROM number"), self.desk.told()
        series: dict[str, list[int]] = {}
        for row in numbers:
            series.setdefault(row["series"], []).append(row["running"])
            self.check_number(row, documents[row["document_id"]])
        assert all(sorted(runs) == list(range(1, len(runs) + 1)) for runs in series.values())
        assert len(numbers) >= len(self.numbers)
        for row in documents.values():
            void = [each for each in numbers if each["document_id"] == row["id"] and each["state"] == "void"]
            facts = [*["voided"] * len(void), *["issued"] * (row["state"] == "issued")]
            assert told.get(row["journey_id"], []) == facts
            self.check_document(row)

    def check_number(self, row: dict[str, Any], document: dict[str, Any]) -> None:
        settled = {"void", "issued"}
        key = row["series"], row["year"], row["running"]
        before = self.numbers.get(key, row)
        assert before["document_id"] == row["document_id"]
        assert row == before or before["state"] not in settled
        self.numbers[key] = row
        if row["state"] != "void":
            assert document["state"] == {"given": "issuing", "issued": "issued"}[row["state"]]
            assert (document["year"], document["running"]) == key[1:]

    def check_document(self, row: dict[str, Any]) -> None:
        if row["journey_id"] in self.withdrawn:
            assert row["state"] in ("requested", "failed", "stopped")
            assert all(each["state"] == "void" for each in self.numbers.values() if each["document_id"] == row["id"])
        if row["state"] == "issued":
            assert row == self.issued.setdefault(row["id"], row)
            stored = self.desk.run(self.desk.kit.resource(Files).get(row["stored_as"]))
            assert hashlib.sha256(stored).hexdigest() == row["sha256"]
        assert row["id"] not in self.issued or row["state"] == "issued"
        assert row["running"] is None or row["state"] != "requested"


class Documents(RuleBasedStateMachine):
    """The service with its database, act after act, until the due work is done."""

    def __init__(self, press: Press, advance: Any) -> None:
        super().__init__()
        self.press, self.desk, self.advance = press, press.desk, advance
        self.journeys = [press.come(is_licence=each) for each in (True, False, True)]
        self.stopped: set[UUID] = set()

    @initialize(faults=st.tuples(*[st.sampled_from([None, "template", "away", "none"])] * 3))
    def begin(self, faults: tuple[str | None, ...]) -> None:
        """Each document has been tried once, or not yet."""
        for journey, fault in zip(self.journeys, faults, strict=True):
            self.press.fault = fault
            if fault != "none":
                self.desk.run(self.press.make(self.press.document(journey)))

    @rule(which=st.integers(0, 2))
    def withdraw(self, which: int) -> None:
        """At request, which lets nobody withdraw after the seal; issuance hears of it later or never."""
        if self.journeys[which] not in self.press.sealed:
            self.press.withdrawn.add(self.journeys[which])

    @rule(which=st.integers(0, 2))
    def hear(self, which: int) -> None:
        """An end, due or stray: what has a number goes on, everything else stops."""
        journey = self.journeys[which]
        event = self.press.registry.withdrawal(self.press.events[journey])
        before = self.press.document(journey)["state"]
        self.desk.deliver(event, event)
        stops = before in ("requested", "failed")
        assert self.press.document(journey)["state"] == ("stopped" if stops else before)
        self.stopped |= {journey} if stops else set()

    @rule(fault=st.sampled_from([None, None, "template", "away"]))
    def work(self, fault: str | None) -> None:
        self.press.fault = fault
        self.advance(timedelta(hours=1))
        self.desk.work()

    @rule(which=st.integers(0, 2), fault=st.sampled_from([None, "template", "away"]))
    def work_beside_the_loop(self, which: int, fault: str | None) -> None:
        """Two processes at one document at the same time, as after a process that was thought dead."""
        self.press.fault = fault
        document = self.press.document(self.journeys[which])
        self.desk.abreast("document", self.press.make(document), self.press.make(document))

    @rule(which=st.integers(0, 2))
    def retry(self, which: int) -> None:
        document = self.press.document(self.journeys[which])
        answer = self.desk.run(self.desk.asking(commands.retry, OPERATOR, document["id"]))
        is_unfinished = document["state"] in ("requested", "issuing", "failed")
        assert answer == (None if is_unfinished else "document-settled")

    @rule(which=st.integers(0, 2))
    def hand_over_again(self, which: int) -> None:
        self.desk.harness.publish(licence() if which != 1 else certificate())
        old = self.press.events[self.journeys[which]]
        again = self.desk.harness.handover(type(old.data), at=str(old.step), journey=old.journey)
        self.desk.deliver(again, old)

    @invariant()
    def numbers_and_documents_agree(self) -> None:
        self.press.check()

    def teardown(self) -> None:
        """In the end what was sealed is issued and what was withdrawn is stopped, whatever went wrong before."""
        self.press.fault = None
        for journey in self.journeys:
            if self.press.document(journey)["state"] == "failed":
                self.desk.run(self.desk.asking(commands.retry, OPERATOR, self.press.document(journey)["id"]))
        self.advance(timedelta(hours=1))
        self.desk.work()
        self.press.check()
        ends = {journey: self.press.document(journey)["state"] for journey in self.journeys}
        assert ends == {
            each: "stopped" if each in self.press.withdrawn | self.stopped else "issued" for each in self.journeys
        }


@contextmanager
def desk_of(servers, folder):
    with stage("issuance", servers, folder) as desk, clock.freeze(START) as advance:
        yield desk, advance


@pytest.mark.req("X4", part="issuance")
def test_of_two_that_meet_at_one_series_each_document_gets_its_number(servers, tmp_path, monkeypatch):
    with desk_of(servers, tmp_path) as (desk, _):
        press = Press(desk)
        monkeypatch.setattr(composing, "sealed", press.compose)
        first, *others = [press.document(press.come(is_licence=True)) for _ in range(5)]
        desk.run(press.make(first))
        desk.abreast("series", *(press.make(each) for each in others))
        press.check()
        assert all(press.document(journey)["state"] == "issued" for journey in press.events)


@pytest.mark.req("X4", part="issuance")
def test_documents_and_numbers_agree_whatever_comes_in_whatever_order(servers, tmp_path, monkeypatch):
    with desk_of(servers, tmp_path) as (desk, advance):

        def anew() -> Documents:
            press = Press(desk)
            monkeypatch.setattr(composing, "sealed", press.compose)
            return Documents(press, advance)

        walk(anew, examples=8, steps=20, shrinks=False)
