"""States, numbers, times, hash and the check of the section."""

import contextlib
import hashlib
import json
from datetime import UTC, date, datetime
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts.definition import Bundle, Periods, Section, section_for
from kit.contracts.journey import Process
from kit.errors import Conflict, InvalidFieldError, PreconditionFailed
from kit.workdays import Calendar
from services.request import domain
from services.request.domain import State
from tests.bundles import FORM_SCHEMA, licence_bundle, period

ENDS = {State.DRAFT: State.DRAFT, State.SUBMITTED: State.ENDED, State.SEALED: State.ENDED}


def at(words: str) -> datetime:
    return datetime.fromisoformat(words + "+07:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (State.DRAFT, domain.NotSubmitted), (State.SUBMITTED, None), (State.WITHDRAWN, None),
        (State.SEALED, domain.ApplicationSealed), (State.ENDED, domain.ApplicationEnded),
    ],
)  # fmt: skip
def test_withdrawal_is_possible_until_the_seal(state, problem):
    if problem is None:
        assert domain.withdrawn(state) is State.WITHDRAWN
    else:
        with pytest.raises(problem):
            domain.withdrawn(state)


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (State.DRAFT, domain.NotSubmitted), (State.SUBMITTED, None),
        (State.WITHDRAWN, domain.ApplicationWithdrawn), (State.ENDED, domain.ApplicationWithdrawn),
    ],
)  # fmt: skip
def test_only_what_is_filed_can_be_sealed(state, problem):
    if problem is None:
        assert domain.sealed(state, is_sealed=False) is State.SEALED
    else:
        with pytest.raises(problem):
            domain.sealed(state, is_sealed=False)


@pytest.mark.parametrize("state", [State.SEALED, State.ENDED])
def test_a_seal_may_be_asked_for_again_at_any_time(state):
    assert domain.sealed(state, is_sealed=True) is state


@pytest.mark.parametrize("state", State)
def test_an_end_closes_what_is_open_and_leaves_the_rest(state):
    assert domain.ended(state) is ENDS.get(state, state)


def test_no_order_of_withdrawal_and_seal_lets_both_happen():
    for first, second in product((domain.withdrawn, lambda s: domain.sealed(s, is_sealed=False)), repeat=2):
        if first is second:
            continue
        state = first(State.SUBMITTED)
        with pytest.raises((domain.ApplicationSealed, domain.ApplicationWithdrawn)):
            second(state)


STEPS = {
    "withdraw": lambda state, seen: domain.withdrawn(state),
    "seal": lambda state, seen: domain.sealed(state, is_sealed=State.SEALED in seen),
    "end": lambda state, seen: domain.ended(state),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
def test_whatever_happens_in_whatever_order_an_application_has_one_fate(steps):
    state, seen = State.SUBMITTED, [State.SUBMITTED]
    for name in steps:
        with contextlib.suppress(Conflict):
            state = STEPS[name](state, seen)
            seen.append(state)
    assert not {State.SEALED, State.WITHDRAWN} <= set(seen)
    assert State.DRAFT not in seen
    last_changes = [state for before, state in pairwise(seen) if before != state]
    assert len(last_changes) == len(set(last_changes))
    if State.ENDED in seen:
        assert seen[-1] is State.ENDED


@pytest.mark.parametrize("header", ['"3"', "*", '"1", "3"'])
def test_the_matching_tag_is_accepted(header):
    domain.require_revision(3, header)


@pytest.mark.parametrize("header", ['"2"', "3", 'W/"3"', "", '"33"'])
def test_any_other_tag_is_refused_and_told_the_right_one(header):
    with pytest.raises(PreconditionFailed) as raised:
        domain.require_revision(3, header)
    assert raised.value.headers["ETag"] == '"3"'


@pytest.mark.req("Q5", part="number and times")
def test_the_number_has_the_buddhist_year_of_thailand():
    last_hour = at("2026-12-31T23:30:00")
    assert domain.series_year(last_hour) == 2569
    assert domain.series_year(at("2027-01-01T00:30:00")) == 2570
    assert domain.number_of("22000000", "FOOD", 2569, 7) == "22000000-FOOD-69-000007"


PERIODS = Periods.model_validate({"manual": period(30), "act": period(30, "calendar_days")})


@pytest.mark.req("Q5", part="number and times")
@pytest.mark.parametrize(
    ("entered", "received"),
    [
        ("2026-11-24T10:15:00", "2026-11-24T10:15:00"),  # a Tuesday in office hours
        ("2026-11-21T20:00:00", "2026-11-23T08:30:00"),  # Saturday evening → Monday's opening
        ("2026-11-24T16:30:00", "2026-11-25T08:30:00"),  # at closing
        ("2026-11-24T06:00:00", "2026-11-24T08:30:00"),  # before opening
        ("2026-12-04T18:00:00", "2026-12-08T08:30:00"),  # Friday before a long weekend (5 December in lieu)
    ],
)
def test_received_at_the_next_opening_outside_office_hours(entered, received):
    filed = domain.times_of(at(entered), Calendar(), PERIODS)
    assert filed.entered_system_at == at(entered)
    assert filed.legally_received_at == at(received)


def test_the_earlier_of_both_periods_is_promised_counted_from_the_receipt():
    filed = domain.times_of(at("2026-11-21T20:00:00"), Calendar(), PERIODS)
    # 30 calendar days from Monday 23 November end on Wednesday 23 December; 30 working days end later.
    assert filed.promised_at.astimezone(UTC).date() == date(2026, 12, 23)
    only = Periods.model_validate({"manual": period(3)})
    assert domain.times_of(at("2026-11-23T09:00:00"), Calendar(), only).promised_at == at("2026-11-26T16:30:00")


def test_a_proclaimed_holiday_moves_receipt_and_promise():
    calendar = Calendar({date(2026, 11, 23): False})
    filed = domain.times_of(at("2026-11-21T20:00:00"), calendar, PERIODS)
    assert filed.legally_received_at == at("2026-11-24T08:30:00")


def test_the_hash_is_of_canonical_json():
    payload = {"b": [1, 2.5, None, True], "a": "ไทย"}
    canonical = '{"a":"ไทย","b":[1,2.5,null,true]}'
    assert domain.payload_digest(payload) == hashlib.sha256(canonical.encode()).hexdigest()
    assert domain.payload_digest({"a": "ไทย", "b": [1, 2.5, None, True]}) == domain.payload_digest(payload)


@pytest.mark.parametrize("address", ["a@b.co", "somchai.j+shop@example.or.th"])
def test_an_address_is_accepted(address):
    assert domain.contact_email(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b", "A <a@b.co>", "a@b.co\nBcc: x@y.zz", " a@b.co", '"a b"@b.co', "a@[127.0.0.1]", "ก@b.co",
     "a" * 250 + "@b.co"],
)  # fmt: skip
def test_no_address_is_refused(address):
    with pytest.raises(InvalidFieldError):
        domain.contact_email(address)


def nested(depth: int) -> dict:
    form: dict = {}
    for _ in range(depth):
        form = {"a": form}
    return form


def test_a_form_as_people_fill_them_can_be_stored():
    form = {"a": [{"b": "ไทย 😀"}, 1, 2.5, None, True], "ใบ": 10**30}
    assert domain.storable(form) is form
    assert domain.storable(nested(19))


@pytest.mark.parametrize(
    "form",
    [{"a": "x\x00y"}, {"a\x00": 1}, {"a": "\ud800"}, {"a": float("nan")}, {"a": [float("inf")]}, nested(20),
     nested(900), {"a": list(range(20_000))}],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused(form):
    with pytest.raises(InvalidFieldError):
        domain.storable(form)


def section(schema: object = FORM_SCHEMA, hints: str | None = None, **settings: object) -> Section:
    whole = section_for(licence_bundle(), Process.REQUEST).model_dump(mode="json")
    whole["files"]["form.schema.json"] = schema if isinstance(schema, str) else json.dumps(schema)
    if hints is not None:
        whole["files"]["form.ui.json"] = hints
    whole["steps"]["request"] |= settings
    return Section.model_validate(whole)


def paths(section: Section) -> list[str]:
    faults = domain.check_section(section)
    assert all(fault.message.th and fault.message.en for fault in faults)
    return sorted(fault.path for fault in faults)


def test_a_good_section_has_no_faults():
    assert paths(section()) == []
    assert paths(section(hints='{"order": []}', ui="form.ui.json")) == []
    assert paths(section(title_field="shop_name")) == []
    informing = section_for(licence_bundle(), Process.REQUEST).model_dump(mode="json")
    informing["steps"]["request"]["form"] = None
    informing["files"] = {}
    assert paths(Section.model_validate(informing)) == []


FILE = "/files/form.schema.json"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("{", [FILE]),
        ("[]", [FILE]),
        ("[" * 100_000, [FILE]),
        ({"type": "objekt"}, [FILE, f"{FILE}/type"]),
        ({"type": "string"}, [f"{FILE}/type"]),
        ({"properties": {"a": {"pattern": "("}}}, [FILE]),
        ({"properties": {"a": {"format": "no-such-format"}}}, [FILE]),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, [FILE]),
        ({"properties": {"a": {"$ref": "https://example.com/s.json"}}}, [f"{FILE}/properties/a/$ref"]),
        ({"$schema": "https://example.com/meta"}, [FILE]),
        ({"$id": "https://example.com/x", "$ref": "y"}, [f"{FILE}/$ref"]),
        ({"properties": {"a": {"x-title": {"th": "ก"}}}}, [f"{FILE}/properties/a/x-title"]),
        ({"properties": {"a": {"x-messages": "no"}}}, [f"{FILE}/properties/a/x-messages"]),
        ({"properties": {"x-title": {"type": "string"}}}, []),
    ],
)  # fmt: skip
def test_a_faulty_form_is_told_by_path(schema, expected):
    assert paths(section(schema)) == expected


def test_every_fault_is_found_at_once():
    faulty = section({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, hints="[]", title_field="name")
    whole = faulty.model_dump(mode="json")
    whole["steps"]["request"]["ui"] = "form.ui.json"
    whole["steps"]["other"] = whole["steps"]["request"] | {"id": "other", "form": "missing.json", "ui": None}
    assert paths(Section.model_validate(whole)) == [
        "/files/form.schema.json/properties/a/$ref",
        "/files/form.ui.json",
        "/steps/other/form",
        "/steps/request/title_field",
    ]


def test_a_step_of_another_process_is_a_fault():
    whole = section().model_dump(mode="json")
    whole["steps"]["delivery"] = {"id": "delivery", "process": "delivery"}
    assert paths(Section.model_validate(whole)) == ["/steps/delivery"]


def test_a_problem_names_both_languages():
    for problem in (domain.NotDraft, domain.ApplicationSealed, domain.DefinitionSuperseded, domain.FormInvalid):
        assert problem.title.th
        assert problem.title.en


@pytest.mark.req("D1", part="addresses of SMS, LINE and post")
@pytest.mark.parametrize("typed", ["0812345678", "081-234-5678", "(08) 1234 5678", "+66812345678"])
def test_a_number_that_takes_sms_is_kept_in_one_form(typed):
    assert domain.contact_phone(typed) == "+66812345678"


@pytest.mark.parametrize(
    "typed", ["", "02 123 4567", "081234567", "๐๘๑๒๓๔๕๖๗๘", "+0812345678", "+6621234567", "0812345678\n+66", "tel:1"]
)
def test_no_number_that_takes_sms_is_refused(typed):
    with pytest.raises(InvalidFieldError):
        domain.contact_phone(typed)


@pytest.mark.parametrize(
    "typed", ["", "@somchai", "U" + "0" * 31, "U" + "A" * 32, "C" + "0" * 32, "U" + "0" * 32 + "\n"]
)
def test_only_the_id_of_a_line_user_is_taken(typed):
    assert domain.contact_line("U" + "0" * 32) == "U" + "0" * 32
    with pytest.raises(InvalidFieldError):
        domain.contact_line(typed)


def test_an_address_is_written_line_by_line_as_far_as_it_was_given():
    form = {"name": " สมชาย  ใจดี\n", "place": {"house": "1/2", "moo": None, "road": {"th": "สุขุมวิท"}}, "n": 3}
    place = {"properties": {"house": {}, "moo": {}, "road": {}}}
    schema = {"properties": {"place": place}}
    assert domain.postal_address(form, ["/name", "/place", "/absent/x", "/n/x"], schema) == "สมชาย ใจดี\n1/2 สุขุมวิท"
    assert domain.postal_address(form, ["/n"], schema) == "3"
    assert domain.postal_address(form | {"n": True}, ["/n"], schema) is None
    assert domain.postal_address(form, [], schema) is None


def test_fields_of_an_address_must_be_in_the_form():
    bundle = licence_bundle().model_dump(mode="json")
    step = next(each for each in bundle["definition"]["plan"] if each["process"] == "request")
    step["postal_address"] = ["/shop_name", "/nowhere"]
    (fault,) = domain.check_section(section_for(Bundle.model_validate(bundle), Process.REQUEST))
    assert fault.path == "/steps/request/postal_address/1"
