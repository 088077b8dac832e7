"""Where a journey stands, read from its events in whatever order: its steps, what to do next, what is promised."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import journeys, labels
from gateway.domain.journeys import StepState
from kit.contracts.events import (
    CATALOGUE,
    Accepted,
    Completed,
    Corrected,
    DefectRecorded,
    Fact,
    Granted,
    HandOver,
    Invoiced,
    Paid,
    Recommended,
    RefundDue,
    Refused,
    Reminded,
    Returned,
    StruckOff,
    Submitted,
    Underpaid,
    Withdrawn,
)
from kit.contracts.journey import Outcome, Process
from kit.workdays import Calendar
from tests.bundles import DELIVERY, REQUEST, SEARCH, bundle, information_bundle, licence_bundle

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass
class Told:
    type: str
    step: str | None
    data: dict[str, Any] = field(default_factory=dict)
    time: datetime = MONDAY


def ends(fact: type[Fact], step: str, outcome: Outcome = Outcome.PASSED) -> Told:
    return Told(fact.type(), step, {"outcome": outcome})


SUBMITTED = ends(Submitted, "request")
RECOMMENDED = ends(Recommended, "review")
GRANTED = ends(Granted, "approval")
PAID = ends(Paid, "licence-fee")
REFUSED = ends(Refused, "approval", Outcome.REFUSED)
WITHDRAWN = ends(Withdrawn, "request", Outcome.WITHDRAWN)
COMPLETED = ends(Completed, "delivery")
INVOICED = Told(Invoiced.type(), "licence-fee", {"invoice": "11111111-1111-4111-8111-111111111111", "amount_satang": 5})
LICENCE = licence_bundle().definition  # search identity request review approval licence-fee issuance delivery


@pytest.mark.req("J7", part="the plan with the state of every step")
@pytest.mark.parametrize(
    ("told", "states"),
    [
        ([], "DDCUUUUU"),
        ([SUBMITTED], "DDDCUUUU"),
        ([SUBMITTED, RECOMMENDED, GRANTED], "DDDDDCUU"),
        ([GRANTED, SUBMITTED], "DDDDDCUU"),
        ([SUBMITTED, RECOMMENDED, REFUSED], "DDDDDSSC"),
        ([SUBMITTED, RECOMMENDED, REFUSED, ends(Completed, "delivery", Outcome.REFUSED)], "DDDDDSSD"),
        ([SUBMITTED, WITHDRAWN], "DDDSSSSC"),
        ([WITHDRAWN, SUBMITTED, ends(Completed, "delivery", Outcome.WITHDRAWN)], "DDDSSSSD"),
        ([ends(Completed, "delivery", Outcome.REFUSED)], "DDSSSSSD"),
        ([SUBMITTED, COMPLETED], "DDDDDDDD"),
    ],
)
def test_the_state_of_every_step_follows_from_the_set_of_events(told, states):
    letters = {StepState.DONE: "D", StepState.CURRENT: "C", StepState.UPCOMING: "U", StepState.SKIPPED: "S"}
    standing = journeys.standing_of(LICENCE.steps, told)
    assert "".join(letters[state] for state in standing.states) == states


@given(st.permutations([SUBMITTED, RECOMMENDED, GRANTED, INVOICED, PAID]), st.integers(0, 5))
def test_the_order_of_arrival_does_not_matter_and_events_twice_change_nothing(told, again):
    standing = journeys.standing_of(LICENCE.steps, [*told, *told[:again]])
    assert standing.current is not None
    assert standing.current.process is Process.ISSUANCE


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_ends_that_meet_the_earlier_is_shown_whichever_was_heard_first(order):
    later = replace(WITHDRAWN, time=MONDAY + timedelta(seconds=1))
    assert journeys.standing_of(LICENCE.steps, [REFUSED, later][::order]).outcome is Outcome.REFUSED


def action(told: list[Told], definition=LICENCE, *, is_opened: bool = True) -> tuple[str, str | None]:
    standing = journeys.standing_of(definition.steps, told)
    found = journeys.next_action(JOURNEY, definition, standing, told, is_opened=is_opened, calendar=Calendar())
    assert found.text.th
    return found.code, found.link


JOURNEY = uuid4()
BASE = f"/v1/journeys/{JOURNEY}"


@pytest.mark.req("J7", part="what the applicant must do next")
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], ("submit", f"{BASE}/application")),
        ([SUBMITTED], ("wait", None)),
        ([SUBMITTED, RECOMMENDED, GRANTED], ("wait", None)),
        ([SUBMITTED, RECOMMENDED, GRANTED, INVOICED], ("pay", "/v1/invoices/11111111-1111-4111-8111-111111111111")),
        ([SUBMITTED, RECOMMENDED, GRANTED, INVOICED, PAID], ("wait", None)),
        ([SUBMITTED, COMPLETED], ("download", f"{BASE}/document")),
        ([SUBMITTED, REFUSED, ends(Completed, "delivery", Outcome.REFUSED)], ("read", f"{BASE}/notices")),
    ],
)
def test_the_applicant_is_told_what_to_do_next(told, expected):
    assert action(told) == expected


def test_after_a_part_what_is_missing_is_to_be_paid_in_whatever_order_it_is_heard():
    def told(kind, minutes, **data):
        bill = {"invoice": INVOICED.data["invoice"]} | data
        return Told(kind.type(), "licence-fee", bill, time=MONDAY + timedelta(minutes=minutes))

    heard = [
        told(Invoiced, 0, amount_satang=500), told(Underpaid, 1, amount_satang=200, missing_satang=300),
        told(RefundDue, 2, amount_satang=10, reason="duplicate"),
        told(RefundDue, 3, amount_satang=200, reason="part-paid"), told(Reminded, 4, amount_satang=500),
        told(Underpaid, 5, amount_satang=100, missing_satang=400),
    ]  # fmt: skip
    for known, missing in ((1, 500), (2, 300), (3, 300), (4, 500), (5, 500), (6, 400)):
        for order in (1, -1):
            happened = [SUBMITTED, RECOMMENDED, GRANTED, *heard[:known][::order]]
            standing = journeys.standing_of(LICENCE.steps, happened)
            found = journeys.next_action(JOURNEY, LICENCE, standing, happened, is_opened=True, calendar=Calendar())
            assert (found.code, found.invoice["amount_satang"]) == ("pay", missing)


def test_before_the_application_stands_there_is_nothing_to_do():
    assert action([], is_opened=False) == ("wait", None)


def test_who_asked_for_information_downloads_the_public_document():
    told = [SUBMITTED, COMPLETED]
    assert action(told, information_bundle().definition) == ("download", f"{BASE}/public-document")
    without = bundle(SEARCH, REQUEST, DELIVERY, appeal=None).definition
    assert action(told, without) == ("read", f"{BASE}/notices")


@pytest.mark.req("J7", part="promised date")
def test_the_promise_is_the_earlier_period_until_review_says_its_own():
    calendar = Calendar()
    assert journeys.promise_of(LICENCE.periods, [], calendar) is None
    before = journeys.promise_of(LICENCE.periods, [SUBMITTED], calendar)
    assert before is not None
    assert before.counted_from == "submission"
    # 30 calendar days (the Act) end before 30 working days (the manual).
    assert before.due_at == calendar.add(MONDAY, 30, "calendar_days") < calendar.add(MONDAY, 30, "working_days")
    accepted = Told(Accepted.type(), "review", {"due_at": "2026-12-24T09:30:00Z"})
    after = journeys.promise_of(LICENCE.periods, [SUBMITTED, accepted], calendar)
    assert after == journeys.Promise(datetime(2026, 12, 24, 9, 30, tzinfo=UTC), "completeness")


def test_the_promise_counts_from_legal_receipt_and_heeds_proclaimed_holidays():
    evening = Told(Submitted.type(), "request", {"outcome": "passed"}, MONDAY + timedelta(hours=12))
    calendar = Calendar({date(2026, 11, 24): False})
    promise = journeys.promise_of(LICENCE.periods.model_copy(update={"act": None}), [evening], calendar)
    assert promise is not None
    assert promise.due_at == Calendar({date(2026, 11, 24): False}).add(MONDAY + timedelta(days=2), 30, "working_days")


MINUTE = timedelta(minutes=1)
ACCEPTED = Told(Accepted.type(), "review", {"due_at": "2026-12-24T09:30:00Z"})
AGAIN = replace(ACCEPTED, data={"due_at": "2027-01-20T09:30:00Z"}, time=MONDAY + 9 * MINUTE)


def recorded(which: int) -> Told:
    data = {"defect": str(UUID(int=which)), "case": str(JOURNEY), "due_at": f"2026-12-{14 + which}T16:59:59.999999Z"}
    return Told(DefectRecorded.type(), "review", data, MONDAY + which * MINUTE)


def corrected(which: int) -> Told:
    return Told(Corrected.type(), "request", {"defect": str(UUID(int=which))}, MONDAY + (which + 3) * MINUTE)


@pytest.mark.req("J7", part="what the applicant must do next")
@pytest.mark.parametrize(
    ("told", "by"),
    [
        ([SUBMITTED, ACCEPTED, recorded(1)], "15 ธันวาคม 2569"),
        ([SUBMITTED, recorded(1), recorded(2)], "16 ธันวาคม 2569"),
        ([SUBMITTED, recorded(1), recorded(2), corrected(1)], "16 ธันวาคม 2569"),
        ([recorded(1)], "15 ธันวาคม 2569"),
        ([SUBMITTED, ACCEPTED, recorded(1), corrected(1)], None),
        ([SUBMITTED, recorded(1), AGAIN], None),
        ([SUBMITTED, recorded(1), RECOMMENDED], None),
        ([SUBMITTED, recorded(1), WITHDRAWN], None),
        ([SUBMITTED, recorded(1), ends(Returned, "request", Outcome.RETURNED)], None),
        ([SUBMITTED, recorded(1), ends(StruckOff, "request", Outcome.STRUCK_OFF)], None),
    ],
)
def test_while_a_record_of_defects_waits_the_applicant_is_to_correct_them_in_whatever_order_it_is_heard(told, by):
    for heard in (told, told[::-1], [*told, *told]):
        standing = journeys.standing_of(LICENCE.steps, heard)
        found = journeys.next_action(JOURNEY, LICENCE, standing, heard, is_opened=True, calendar=Calendar())
        assert (found.code, found.link) == (("correct", f"{BASE}/correction") if by else ("wait", None))
        if by:
            assert found.text.th == f"แก้ไขข้อบกพร่องของคำขอภายในวันที่ {by}"
            assert found.text.en == f"Correct the defects of the application by {by[:2]} December 2026"


@pytest.mark.req("J7", part="promised date")
@pytest.mark.parametrize(
    ("told", "promised"),
    [
        ([SUBMITTED, ACCEPTED, recorded(1)], None),
        ([SUBMITTED, recorded(1)], None),
        ([SUBMITTED, ACCEPTED, recorded(1), corrected(1)], None),
        ([SUBMITTED, ACCEPTED, recorded(1), corrected(1), AGAIN], "2027-01-20T09:30:00Z"),
        ([SUBMITTED, ACCEPTED, recorded(1), AGAIN, replace(recorded(2), time=MONDAY + 10 * MINUTE)], None),
    ],
)
def test_nothing_is_promised_from_a_record_of_defects_until_the_application_is_complete_anew(told, promised):
    expected = journeys.Promise(datetime.fromisoformat(promised), "completeness") if promised else None
    for heard in (told, told[::-1]):
        assert journeys.promise_of(LICENCE.periods, heard, Calendar()) == expected
        assert not journeys.is_reckoned(heard)


@pytest.mark.req("J7", part="every event has a name in Thai and English")
def test_every_fact_of_a_journey_process_and_outcome_has_a_label():
    of_journeys = {type_ for type_, fact in CATALOGUE.items() if fact.source != "gateway"}
    assert of_journeys == labels.FACTS.keys()
    assert set(labels.PROCESSES) == set(Process)
    assert set(labels.OUTCOMES) == set(Outcome)
    assert all(issubclass(fact, Fact) for fact in CATALOGUE.values())
    assert {fact.source for fact in CATALOGUE.values() if issubclass(fact, HandOver)} <= set(Process)


def test_what_is_under_way_is_said_for_every_step_after_the_gates():
    assert set(labels.WAITING) == set(Process) - {Process.SEARCH, Process.IDENTITY}
