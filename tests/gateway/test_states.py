"""Journeys, their timelines and the versions of definitions as state machines.

Whatever order events come in, what a journey shows does not depend on it and never goes back; a version is published
once and for ever; a start repeated under its key is the same journey, opened once whoever is away meanwhile.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from uuid_utils.compat import uuid7

from gateway.commands import definitions
from gateway.domain.journeys import StepState, standing_of
from gateway.queries.definitions import Versions
from kit.auth import Principal
from kit.clients import PeerUnavailable
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.events import (
    Completed,
    Dispatched,
    Granted,
    Issued,
    Opened,
    Paid,
    Recommended,
    Refused,
    Submitted,
    Withdrawn,
)
from kit.contracts.events import ReviewRefused as RefusedByReview
from kit.contracts.journey import Outcome
from tests.bundles import AGENCY, OTHER_AGENCY, information_bundle, licence_bundle, text
from tests.machines import Stage, explained, stage, walk

PLAN = licence_bundle().definition.steps
PASSING = {"request": Submitted, "review": Recommended, "approval": Granted, "licence-fee": Paid, "issuance": Issued}
REFUSING = {"review": RefusedByReview, "approval": Refused}
NAMES = [step.id for step in PLAN]


@dataclass(frozen=True)
class Told:
    """One event of a journey, as the timeline keeps it."""

    type: str
    time: datetime
    step: str
    data: dict[str, Any]


class Standings(RuleBasedStateMachine):
    """A journey that goes on as services let it, heard of in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.position = datetime(2026, 11, 2, tzinfo=UTC), NAMES.index("request")
        self.ends: list[Outcome] = []
        self.is_completed = False
        self.unheard: list[Told] = []
        self.heard: list[Told] = []
        self.done: set[int] = set()

    def tell(self, fact: type, step: str, outcome: Outcome) -> None:
        self.now += timedelta(minutes=1)
        self.unheard.append(Told(fact.type(), self.now, step, {"outcome": outcome.value}))

    @initialize(steps=st.integers(0, len(PASSING)))
    def begin(self, steps: int) -> None:
        for _ in range(steps):
            self.go_on()

    @rule()
    def go_on(self) -> None:
        if not self.ends and NAMES[self.position] in PASSING:
            name = NAMES[self.position]
            self.tell(PASSING[name], name, Outcome.PASSED)
            self.position += 1

    @rule()
    def refuse(self) -> None:
        if Outcome.REFUSED not in self.ends and NAMES[self.position] in REFUSING:
            self.tell(REFUSING[NAMES[self.position]], NAMES[self.position], Outcome.REFUSED)
            self.ends.append(Outcome.REFUSED)

    @rule()
    def withdraw(self) -> None:
        """Also while somebody refuses: neither knows of the other."""
        if Outcome.WITHDRAWN not in self.ends and NAMES.index("request") < self.position < len(PLAN) - 1:
            self.tell(Withdrawn, "request", Outcome.WITHDRAWN)
            self.ends.append(Outcome.WITHDRAWN)

    @rule()
    def complete(self) -> None:
        if not self.is_completed and (self.ends or self.position == len(PLAN) - 1):
            self.is_completed = True
            self.tell(Completed, "delivery", self.ends[-1] if self.ends else Outcome.PASSED)

    @rule(which=st.integers(0, 9))
    def hear(self, which: int) -> None:
        if self.unheard:
            self.heard.append(self.unheard.pop(which % len(self.unheard)))

    @invariant()
    def it_stands_where_what_was_heard_puts_it(self) -> None:
        standing = standing_of(PLAN, self.heard)
        assert standing == standing_of(PLAN, self.heard[::-1]) == standing_of(PLAN, sorted(self.heard, key=by_step))
        done = {index for index, state in enumerate(standing.states) if state is StepState.DONE}
        assert done >= self.done
        self.done = done
        self.check_end(standing)

    def check_end(self, standing: Any) -> None:
        end = next((each for each in self.heard if each.type == Completed.type()), None)
        negative = [each for each in self.heard if each.data["outcome"] != "passed"]
        assert (standing.ended_at, standing.current is None) == (end and end.time, end is not None)
        if end is not None:
            assert standing.outcome == end.data["outcome"]
        elif negative:
            assert standing.outcome == min(negative, key=lambda each: each.time).data["outcome"]
            assert standing.current == PLAN[-1]
        else:
            furthest = max((NAMES.index(each.step) for each in self.heard), default=1)
            assert (standing.outcome, standing.current) == (None, PLAN[furthest + 1])
            assert [state is StepState.DONE for state in standing.states] == [n <= furthest for n in range(len(PLAN))]


def by_step(told: Told) -> str:
    return told.step


@pytest.mark.req("X4", part="gateway")
def test_standing_of_a_journey_does_not_depend_on_the_order_of_its_events():
    walk(Standings, examples=100, steps=25)


class Timelines(RuleBasedStateMachine):
    """The projection on its database: events of two journeys in any batches, twice and at once."""

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.desk = desk
        desk.clear()
        self.journeys = [uuid7(), uuid7()]
        self.told: list[Event] = []
        self.seen: dict[UUID, list[UUID]] = {each: [] for each in self.journeys}

    def event(self, which: bool, kind: str) -> Event:
        facts = {"opened": Opened(), "sent": Dispatched(notice="issued", channel="email")}
        fact = facts.get(kind) or Completed(outcome=Outcome.PASSED)
        event = self.desk.harness.event(fact, step="delivery", journey=self.journeys[which])
        self.told.append(event)
        return event

    @rule(
        news=st.lists(st.tuples(st.booleans(), st.sampled_from(["opened", "sent", "ended"])), min_size=1, max_size=5),
        old=st.lists(st.integers(0, 30), max_size=3),
        is_at_once=st.booleans(),
    )
    def tell(self, news: list[tuple[bool, str]], old: list[int], is_at_once: bool) -> None:
        events = [self.event(*each) for each in news]
        events += [self.told[which % len(self.told)] for which in old]
        half = len(events) // 2 or 1
        if is_at_once:
            self.desk.at_once(self.desk.take(*events[half:], *events[:1]), self.desk.take(*events[:half]))
        else:
            known = {each for seen in self.seen.values() for each in seen}
            self.desk.deliver(*events)
            for journey in self.journeys:
                mine = dict.fromkeys(event.id for event in events if event.journey == journey)
                self.seen[journey] = self.seen[journey] + [each for each in mine if each not in known]

    @invariant()
    def every_event_has_one_number_and_keeps_it(self) -> None:
        rows = self.desk.rows("SELECT journey_id, seq, event_id, type FROM timeline ORDER BY journey_id, seq")
        assert {row["event_id"] for row in rows} == {event.id for event in self.told}
        progress = {row["journey_id"]: row for row in self.desk.rows("SELECT * FROM progress")}
        for journey, before in self.seen.items():
            mine = [row for row in rows if row["journey_id"] == journey]
            assert [row["seq"] for row in mine] == list(range(1, len(mine) + 1))
            now = [row["event_id"] for row in mine]
            assert now[: len(before)] == before
            self.seen[journey] = now
            if mine:
                ended = any(row["type"] == Completed.type() for row in mine)
                assert (progress[journey]["last_seq"], progress[journey]["is_ended"]) == (len(mine), ended)


@dataclass(frozen=True)
class Shelf:
    """The published versions of one definition: the text of each, and whose it is."""

    texts: tuple[str, ...] = ()
    agency: str | None = None


def publish(shelf: Shelf, version: int, title: str, agency: str) -> tuple[Shelf, str | None]:
    if shelf.agency not in (None, agency):
        return shelf, "definition-of-another-agency"
    if version <= len(shelf.texts):
        return shelf, None if shelf.texts[version - 1] == title else "version-immutable"
    if version != len(shelf.texts) + 1:
        return shelf, "version-out-of-turn"
    return replace(shelf, texts=(*shelf.texts, title), agency=agency), None


OFFERS = [*product((1, 2, 3), ("A", "B"), (AGENCY,)), (1, "A", OTHER_AGENCY), (2, "A", OTHER_AGENCY)]
BUNDLES = {each: information_bundle(version=each[0], title=text(each[1], each[1]), agency=each[2]) for each in OFFERS}
OFFER = st.sampled_from([*OFFERS, *((version, "A", AGENCY) for version in (1, 2, 3))])
WISHES = st.sampled_from(["test-information", "test-information", "test-information@1", "test-information@3"])


@dataclass
class Begun:
    """A journey that was started under a key."""

    wish: tuple[str, str]
    definition: str
    id: str | None = None
    is_opened: bool = False


@dataclass
class Clerk:
    """Who publishes and starts, and what the test believes."""

    desk: Stage
    shelf: Shelf = field(default_factory=Shelf)
    begun: dict[tuple[Any, str], Begun] = field(default_factory=dict)
    is_away: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk.clear()
        self.desk.kit.provide(Versions())
        self.desk.peers.answer("request", "POST", "/internal/journeys", self.open)

    def open(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.is_away:
            raise PeerUnavailable(retry_after=5)
        self.asked.append(body)
        return {}

    async def publish(self, offer: tuple[int, str, str]) -> str | None:
        by = Principal("client", str(uuid4()), scopes=frozenset({"definitions.publish"}), agency=offer[2])
        return await self.desk.asking(definitions.publish, BUNDLES[offer], by)

    def expected(self, who: Any, key: str, wish: tuple[str, str]) -> tuple[int, str | None]:
        """What a start will answer."""
        if (who, key) in self.begun:
            known = self.begun[who, key]
            if known.wish != wish:
                return 422, "idempotency-key-reused"
            return (503, "service-unavailable") if self.is_away and not known.is_opened else (201, None)
        latest, wanted = len(self.shelf.texts), int(wish[0].partition("@")[2] or 0)
        if not latest or wanted > latest:
            return 404, "definition-not-found"
        if wanted and wanted < latest:
            return 409, "definition-superseded"
        self.begun[who, key] = Begun(wish, f"test-information@{latest}")
        return (503, "service-unavailable") if self.is_away else (201, None)


class Beginnings(RuleBasedStateMachine):
    """Versions and starts on their database, act after act and at once."""

    def __init__(self, desk: Stage, advance: Any) -> None:
        super().__init__()
        self.clerk, self.desk, self.advance = Clerk(desk), desk, advance
        self.people = [uuid4(), None]

    @initialize(is_published=st.sampled_from([True, True, False]), is_away=st.booleans())
    def begin(self, is_published: bool, is_away: bool) -> None:
        self.clerk.is_away = is_away
        if is_published:
            self.publish((1, "A", AGENCY))

    @rule(offer=OFFER)
    def publish(self, offer: tuple[int, str, str]) -> None:
        self.clerk.shelf, expected = publish(self.clerk.shelf, *offer)
        assert self.desk.run(self.clerk.publish(offer)) == expected

    @rule(offers=st.tuples(OFFER, OFFER))
    def publish_at_once(self, offers: tuple[Any, Any]) -> None:
        answers = self.desk.at_once(*(self.clerk.publish(each) for each in offers))
        titles = [row["title"] for row in self.desk.rows("SELECT title->>'th' AS title FROM definition_version")]
        steps = [lambda shelf, each=each: publish(shelf, *each) for each in offers]
        fits = lambda shelf: sorted(shelf.texts) == sorted(titles)  # noqa: E731
        self.clerk.shelf = explained(self.clerk.shelf, steps, answers, fits)

    @rule(who=st.integers(0, 1), key=st.sampled_from("ab"), wish=WISHES, language=st.sampled_from(["th", "th", "en"]))
    def start(self, who: int, key: str, wish: str, language: str) -> None:
        person = self.people[who]
        expected = self.clerk.expected(person, key, (wish, language))
        calls = [self.starting(person, key, wish, language) for _ in range(2)]
        for answer in self.desk.at_once(*calls):
            found = answer.json()
            code = found["type"].rpartition(":")[2] if answer.status_code >= 400 else None
            assert (answer.status_code, code) == expected
            if code is None:
                begun = self.clerk.begun[person, key]
                assert begun.id in (None, found["id"])
                begun.id, begun.is_opened = found["id"], True
                assert found["definition"] == begun.definition

    async def starting(self, person: UUID | None, key: str, wish: str, language: str) -> Any:
        headers = {"Idempotency-Key": key * 32} | (self.desk.harness.citizen(person) if person else {})
        body = {"definition": wish, "language": language}
        return await self.desk.harness.client.post("/v1/journeys", json=body, headers=headers)

    @rule(is_away=st.booleans())
    def request_goes_or_comes(self, is_away: bool) -> None:
        self.clerk.is_away = is_away

    @rule()
    def work(self) -> None:
        self.advance(timedelta(hours=1))
        self.desk.work()
        for begun in self.clerk.begun.values():
            begun.is_opened = begun.is_opened or not self.clerk.is_away

    @invariant()
    def everything_is_as_believed(self) -> None:
        rows = self.desk.rows("SELECT version, title->>'th' AS title FROM definition_version ORDER BY version")
        assert [(row["version"], row["title"]) for row in rows] == list(enumerate(self.clerk.shelf.texts, 1))
        assert self.desk.told().get(None, []) == ["definition_published"] * len(rows)
        journeys = {row["journey_id"]: row for row in self.desk.rows("SELECT * FROM journey")}
        found = sorted((row["definition"], row["opened_at"] is not None) for row in journeys.values())
        assert found == sorted((each.definition, each.is_opened) for each in self.clerk.begun.values())
        asked = {body["journey_id"]: body for body in self.clerk.asked}
        assert all(asked[body["journey_id"]] == body for body in self.clerk.asked)
        assert asked.keys() == {str(each) for each, row in journeys.items() if row["opened_at"]}

    def teardown(self) -> None:
        """In the end every journey is open, whoever was away before."""
        self.clerk.is_away = False
        self.work()
        self.everything_is_as_believed()


@contextmanager
def desk_of(servers, folder):
    with stage("gateway", servers, folder, resume_seconds=60) as desk, clock.freeze(clock.now()) as advance:
        desk.harness.bundle = licence_bundle()
        yield desk, advance


@pytest.mark.req("X4", part="gateway")
def test_timelines_number_every_event_once_in_whatever_batches(servers, tmp_path):
    with desk_of(servers, tmp_path) as (desk, _):
        walk(lambda: Timelines(desk), examples=8, steps=12, shrinks=False)


@pytest.mark.req("X4", part="gateway")
def test_versions_and_starts_agree_with_their_rules_whatever_comes_in_whatever_order(servers, tmp_path):
    with desk_of(servers, tmp_path) as (desk, advance):
        walk(lambda: Beginnings(desk, advance), examples=8, steps=25, shrinks=False)
