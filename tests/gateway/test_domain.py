"""The pure part: what may be published, where a journey stands, tracking numbers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import definitions, journeys, labels, tracking
from gateway.domain.journeys import StepState
from kit.contracts.definition import Bundle, Fault, files_of
from kit.contracts.events import (
    CATALOGUE,
    Accepted,
    Completed,
    Fact,
    Granted,
    HandOver,
    Invoiced,
    Paid,
    Recommended,
    RefundDue,
    Refused,
    Reminded,
    Submitted,
    Underpaid,
    Withdrawn,
)
from kit.contracts.journey import Outcome, Process
from kit.contracts.text import Text
from kit.workdays import Calendar
from tests.bundles import (
    APPROVAL,
    DELIVERY,
    IDENTITY,
    REQUEST,
    REVIEW,
    SEARCH,
    bundle,
    information_bundle,
    licence_bundle,
)

WRONG = Text(th="ผิด", en="wrong")
MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


# ── definitions ──────────────────────────────────────────────────────────────────────────────────


def raw(of: Bundle) -> dict[str, Any]:
    return of.model_dump(mode="json", exclude_unset=True)


def paths_of(error: pytest.ExceptionInfo[definitions.DefinitionFaulty]) -> list[str]:
    return [fault["path"] for fault in error.value.extensions["faults"]]


@pytest.mark.req("J2", part="every fault of the shape, by path, in Thai and English")
def test_faults_of_the_shape_are_told_by_pointer_in_both_languages():
    body = raw(licence_bundle())
    del body["definition"]["title"]["th"]
    body["definition"]["plan"][5]["fees"][0]["bands"][1]["amount"] = -1
    body["definition"]["plan"][3]["tabel"] = "rules/review.json"
    body["definition"]["plan"][2]["process"] = "baking"
    with pytest.raises(definitions.DefinitionFaulty) as error:
        definitions.parse(body)
    assert paths_of(error) == [
        "/definition/title/th", "/definition/plan/2", "/definition/plan/3/tabel",
        "/definition/plan/5/fees/0/bands/1/amount",
    ]  # fmt: skip
    assert all(fault["message"]["th"] and fault["message"]["en"] for fault in error.value.extensions["faults"])


@pytest.mark.parametrize("body", [None, [], 7, "x", {}, {"definition": None}, {"definition": [], "files": 3}])
def test_rubbish_is_a_fault_never_a_crash(body):
    with pytest.raises(definitions.DefinitionFaulty):
        definitions.parse(body)


def test_text_that_the_database_cannot_keep_is_a_fault():
    body = raw(licence_bundle())
    body["files"]["document.typ"] = "a\x00b"
    with pytest.raises(definitions.DefinitionFaulty) as error:
        definitions.parse(body)
    assert paths_of(error) == ["/files/document.typ"]


def test_half_a_pair_of_surrogates_is_a_fault_wherever_it_stands():
    body = raw(licence_bundle())
    body["files"]["document.typ"] += "\ud800"
    body["definition"]["periods"]["manual"]["source"]["section"] = "\ud800"
    body["definition"]["plan"][0]["keywords"] = ["\udfff"]
    body["definition"]["plan"][6]["public_fields"] = ["\ud800"]
    with pytest.raises(definitions.DefinitionFaulty) as error:
        definitions.parse(body)
    assert len(paths_of(error)) == 4


def test_a_named_file_that_is_absent_is_a_fault_of_the_step_that_names_it():
    whole = licence_bundle()
    files = {name: text for name, text in whole.files.items() if name != "rules/review.json"}
    found = definitions.own_faults(Bundle(definition=whole.definition, files=files))
    assert [(fault.path, fault.service) for fault in found] == [("/definition/plan/3/table", "gateway")]


def test_every_field_that_names_a_file_is_looked_for():
    step = licence_bundle().definition.plan[3].model_copy(update=dict.fromkeys(definitions.NAMING_FIELDS, "x"))
    assert len(files_of(step)) == len(definitions.NAMING_FIELDS)


def test_an_impossible_plan_is_a_fault():
    found = definitions.own_faults(bundle(SEARCH, IDENTITY, REVIEW, REQUEST, APPROVAL))
    assert len(found) >= 2
    assert {fault.path for fault in found} == {"/definition/plan"}


def test_the_services_of_the_plan_are_asked_and_search_always():
    assert definitions.services_to_ask(information_bundle().definition) == ("search", "request", "delivery")
    assert definitions.services_to_ask(bundle(REQUEST, DELIVERY).definition) == ("search", "request", "delivery")


@pytest.mark.parametrize(
    ("path", "rebased"),
    [
        ("/steps/review/table", "/definition/plan/3/table"),
        ("/steps/licence-fee/fees/0/bands", "/definition/plan/5/fees/0/bands"),
        ("/steps/review", "/definition/plan/3"),
        ("/files/rules~1review.json", "/files/rules~1review.json"),
        ("/appeal/days", "/definition/appeal/days"),
        ("/steps/unknown/table", "/definition/steps/unknown/table"),
        ("", "/definition"),
    ],
)
def test_paths_into_a_section_become_paths_into_the_bundle(path, rebased):
    fault = definitions.rebase(Fault(path=path, message=WRONG), licence_bundle().definition, "review")
    assert (fault.path, fault.service) == (rebased, "review")


@pytest.mark.parametrize(
    ("kind", "of", "may"),
    [
        ("officer", "22000000", True), ("officer", "12007000", False), ("officer", None, False),
        ("client", "22000000", True), ("client", "12007000", False), ("client", None, True),
        ("client", "platform", True), ("officer", "platform", False),
    ],
)  # fmt: skip
def test_only_the_agency_itself_or_the_platforms_client_publishes(kind, of, may):
    assert definitions.may_publish(kind, of, "22000000") is may


def test_versions_are_numbered_without_gaps_and_never_change():
    first = licence_bundle()
    published = {1: definitions.digest_of(first)}
    assert not definitions.is_repeat(first, {})
    assert definitions.is_repeat(first, published)
    assert not definitions.is_repeat(licence_bundle(version=2), published)
    with pytest.raises(definitions.VersionOutOfTurn) as gap:
        definitions.is_repeat(licence_bundle(version=3), published)
    with pytest.raises(definitions.VersionImmutable) as change:
        definitions.is_repeat(licence_bundle(kind="certificate"), published)
    assert gap.value.extensions == change.value.extensions == {"expected": 2}


def test_a_default_that_is_written_out_is_the_same_text():
    said = raw(licence_bundle())
    said["definition"]["plan"][3]["priority"] = 5
    assert definitions.digest_of(definitions.parse(said)) == definitions.digest_of(licence_bundle())


@pytest.mark.req("J6", part="counted")
def test_levels_are_counted_also_where_there_is_none():
    assert definitions.count_levels(["L3", "L1", "L3"]) == {"L0": 0, "L1": 1, "L2": 0, "L3": 2}


# ── tracking numbers ─────────────────────────────────────────────────────────────────────────────


def test_a_tracking_number_is_read_as_people_write_it():
    number, secret = tracking.new_tracking_number(), tracking.secret_for("k" * 32, uuid4())
    sloppy = f" {number.lower().replace('-', ' ')}.{secret.lower().replace('0', 'o').replace('1', 'l')} "
    read = tracking.read_credentials(sloppy)
    assert read is not None
    assert read[0] == number
    assert tracking.hash_of(read[1]) == tracking.hash_of(secret)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text):
    read = tracking.read_credentials(text)
    assert read is None or read[0].startswith("PT-")


def test_secrets_differ_by_key_and_journey_and_repeat_for_both():
    journey, key = uuid4(), "k" * 32
    secrets = {
        tracking.secret_for(key, journey),
        tracking.secret_for("l" * 32, journey),
        tracking.secret_for(key, uuid4()),
    }
    assert len(secrets) == 3
    assert tracking.secret_for(key, journey) in secrets
    assert all(len(secret) == 32 and set(secret) <= set(tracking.ALPHABET) for secret in secrets)


@pytest.mark.parametrize("key", ["short", "has a space in it", "ไทยไทยไทย", "x" * 201])
def test_a_poor_idempotency_key_is_refused(key):
    with pytest.raises(tracking.IdempotencyKeyInvalid):
        tracking.checked_key(key, is_anonymous=False)


def test_an_anonymous_key_must_be_hard_to_guess():
    assert tracking.checked_key("order-0001", is_anonymous=False)
    with pytest.raises(tracking.IdempotencyKeyInvalid):
        tracking.checked_key("order-0001", is_anonymous=True)
    assert tracking.checked_key(str(uuid4()), is_anonymous=True)


# ── journeys ─────────────────────────────────────────────────────────────────────────────────────


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
    found = journeys.next_action(JOURNEY, definition, standing, told, is_opened=is_opened)
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
            found = journeys.next_action(JOURNEY, LICENCE, standing, happened, is_opened=True)
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
