"""Deliveries, notices and mails as a state machine on the database.

Whatever hand-overs and facts come, in any order, twice and in any batches: a journey ends once and as the first
hand-over said, after its end nobody is asked to pay, each notice is written once and settled once by its channel.
"""

from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.events import (
    Corrected,
    DefectRecorded,
    Granted,
    HandOver,
    Invoiced,
    Issued,
    Paid,
    Refused,
    Returned,
    ReviewRefused,
    StruckOff,
    Submitted,
    Withdrawn,
)
from kit.contracts.journey import Outcome
from kit.duework import Later
from services.delivery import commands
from services.delivery.channels import Channels, Message, RefusedByChannel, Taken
from services.delivery.channels.email import Email
from services.delivery.domain import SHIPPED_RULES
from services.delivery.duework import climb
from services.delivery.models import Notice
from tests.bundles import licence_bundle
from tests.delivery.conftest import tell
from tests.machines import Stage, stage, walk

ENDS: dict[str, tuple[type[HandOver], str, Outcome]] = {
    "issued": (Issued, "issuance", Outcome.PASSED), "withdrawn": (Withdrawn, "request", Outcome.WITHDRAWN),
    "refused": (Refused, "approval", Outcome.REFUSED), "refused by review": (ReviewRefused, "review", Outcome.REFUSED),
    "returned": (Returned, "request", Outcome.RETURNED), "struck off": (StruckOff, "request", Outcome.STRUCK_OFF),
}  # fmt: skip
FACTS: dict[str, tuple[type[HandOver], str]] = {"received": (Submitted, "request"), "granted": (Granted, "approval")}
ON_THE_WAY = ("granted", "pay", "defect", "corrected")
"""What nobody is told of after the end."""
KINDS = st.sampled_from([*ENDS, *FACTS, *ON_THE_WAY, "pay", "received", "passed on"])


class Mail(Email):
    """A mail server that takes a message, refuses it for good, is away, or takes it and its answer is lost."""

    def __init__(self) -> None:
        self.mood = "takes"
        self.taken: dict[str, str] = {}

    async def send(self, message: Message) -> Taken:
        if self.mood == "refuses":
            raise RefusedByChannel("550")
        if self.mood == "away":
            raise ConnectionError("mail server is away")
        assert self.taken.setdefault(message.id, message.body) == message.body
        if self.mood == "answer lost":
            raise ConnectionError("mail server is gone")
        return Taken("250")


class Hall:
    """The service, its mail server, and what the test believes of each journey."""

    def __init__(self, desk: Stage) -> None:
        self.desk, self.mail = desk, Mail()
        desk.clear()
        desk.kit.provide(Channels(self.mail))
        self.notices: dict[UUID, list[str]] = {}
        self.ends: dict[UUID, str] = {}
        self.settled: dict[UUID, dict[str, Any]] = {}
        self.read: dict[UUID, Any] = {}

    def event(self, kind: str, journey: UUID) -> Event:
        harness = self.desk.harness
        if kind == "pay":
            due = clock.now() + timedelta(days=15)
            fact = Invoiced(invoice=uuid4(), amount_satang=100_000, currency="THB", due_at=due)
            event = harness.event(fact, step="licence-fee", journey=journey)
        elif kind in ("defect", "corrected"):
            recorded = DefectRecorded(case=uuid4(), defect=journey, due_at=clock.now())
            fact, step = (recorded, "review") if kind == "defect" else (Corrected(defect=journey), "request")
            event = harness.event(fact, step=step, journey=journey)
        elif kind == "passed on":
            event = harness.handover(Paid, at="licence-fee", journey=journey)
        else:
            fact_of, at, *outcome = ENDS.get(kind) or FACTS[kind]
            event = harness.handover(fact_of, at=at, journey=journey, outcome=(outcome or [Outcome.PASSED])[0])
        return tell(harness, event, person=UUID(int=journey.int))

    def believe(self, kind: str, journey: UUID) -> None:
        """What a new event does."""
        told = self.notices.setdefault(journey, [])
        if kind in ENDS and journey not in self.ends:
            self.ends[journey] = kind
            told.append(ENDS[kind][2].value if kind != "issued" else kind)
        elif kind == "passed on":
            told.append("paid")
        elif kind == "pay" and "paid" in told:
            pass  # nobody is asked for what was paid
        elif kind == "received" or (kind in ON_THE_WAY and journey not in self.ends):
            told.append(kind)

    def check(self) -> None:
        notices, told = self.desk.rows("SELECT * FROM notice ORDER BY id"), self.desk.told()
        dispatches = {
            row["notice_id"]: row for row in self.desk.rows("SELECT * FROM dispatch WHERE state <> 'sending'")
        }
        ended = {row["journey_id"]: row["outcome"] for row in self.desk.rows("SELECT * FROM delivery")}
        assert ended == {journey: ENDS[end][2].value for journey, end in self.ends.items()}
        for journey, kinds in self.notices.items():
            mine = [row for row in notices if row["journey_id"] == journey]
            assert sorted(row["kind"] for row in mine) == sorted(kinds)
            assert all(row["person_id"] == journey for row in mine)
            sent = [dispatches[row["id"]]["state"] for row in mine if row["id"] in dispatches]
            outcomes = ["dispatched" if state == "sent" else state for state in sent]
            end = ["completed", "delivered"] if journey in self.ends else []
            opened = ["read" for row in mine if row["read_at"]]
            assert sorted(told.get(journey, [])) == sorted([*outcomes, *opened, *end])
        for row in dispatches.values():
            assert row == self.settled.setdefault(row["id"], row)
        for row in notices:
            self.read[row["id"]] = self.read.get(row["id"]) or row["read_at"]
            assert row["read_at"] == self.read[row["id"]]


class Deliveries(RuleBasedStateMachine):
    """The service with its database, event after event, until every mail is settled."""

    def __init__(self, desk: Stage, advance: Any) -> None:
        super().__init__()
        self.hall, self.desk, self.advance = Hall(desk), desk, advance
        self.journeys = [uuid7(), uuid7()]
        self.told: list[Event] = []

    @rule(news=st.lists(st.tuples(st.booleans(), KINDS), min_size=1, max_size=4), is_one_batch=st.booleans())
    def tell(self, news: list[tuple[bool, str]], is_one_batch: bool) -> None:
        events = [self.hall.event(kind, self.journeys[which]) for which, kind in news]
        for which, kind in news:
            self.hall.believe(kind, self.journeys[which])
        for batch in [events] if is_one_batch else [[event] for event in events]:
            self.desk.deliver(*batch, *self.told[-2:], batch[0])
        self.told += events

    @rule(mood=st.sampled_from(["takes", "refuses", "away", "answer lost"]))
    def send(self, mood: str) -> None:
        self.hall.mail.mood = mood
        self.advance(timedelta(hours=1))
        self.desk.work()

    @rule(which=st.integers(0, 50), mood=st.sampled_from(["takes", "refuses"]))
    def send_beside_the_loop(self, which: int, mood: str) -> None:
        """Two processes at one mail at the same time, as after a process that was thought dead."""
        self.hall.mail.mood = mood
        rows = self.desk.rows("SELECT id FROM notice ORDER BY id")
        if rows:
            notice = str(rows[which % len(rows)]["id"])
            self.desk.at_once(*(self.climb(notice) for _ in range(2)))

    async def climb(self, notice: str) -> None:
        with suppress(Later):
            await climb(self.desk.kit, notice, {})

    @rule(which=st.integers(0, 50))
    def read(self, which: int) -> None:
        rows = self.desk.rows("SELECT id FROM notice ORDER BY id")
        self.advance(timedelta(seconds=1))

        async def open_it(session: Any, notice: UUID) -> None:
            await commands.mark_read(session, await session.get_one(Notice, notice), SHIPPED_RULES)

        if rows:
            self.desk.command(open_it, rows[which % len(rows)]["id"])

    @invariant()
    def everything_is_as_believed(self) -> None:
        self.hall.check()

    def teardown(self) -> None:
        """In the end every notice is settled by its channel, whatever the mail server did before."""
        self.hall.mail.mood = "takes"
        self.advance(timedelta(hours=1))
        self.desk.work()
        self.hall.check()
        settled = "SELECT notice_id FROM dispatch WHERE state <> 'sending' AND decision = 'end'"
        open_ones = f"SELECT id FROM notice WHERE read_at IS NULL AND id NOT IN ({settled})"
        assert self.desk.rows(open_ones) == []


@contextmanager
def desk_of(servers, folder):
    with stage("delivery", servers, folder) as desk, clock.freeze(clock.now()) as advance:
        desk.harness.publish(licence_bundle())
        yield desk, advance


@pytest.mark.req("X4", part="delivery")
def test_a_journey_ends_once_and_is_told_once_whatever_comes_in_whatever_order(servers, tmp_path):
    with desk_of(servers, tmp_path) as (desk, advance):
        walk(lambda: Deliveries(desk, advance), examples=8, steps=15, shrinks=False)


@pytest.mark.req("X4", part="delivery")
def test_of_any_two_ends_that_come_at_once_one_stands(servers, tmp_path):
    with desk_of(servers, tmp_path) as (desk, _):
        hall = Hall(desk)
        for first, second in product(ENDS, ENDS):
            journey = uuid7()
            events = [hall.event(kind, journey) for kind in (first, second)]
            desk.at_once(*(desk.take(event, event) for event in (*events, *events)))
            (row,) = desk.rows(f"SELECT outcome FROM delivery WHERE journey_id = '{journey}'")
            assert row["outcome"] in {ENDS[kind][2].value for kind in (first, second)}
            assert sorted(desk.told()[journey]) == ["completed", "delivered"]
            assert len(desk.rows(f"SELECT id FROM notice WHERE journey_id = '{journey}'")) == 1
