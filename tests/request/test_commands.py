"""What changes an application, on a real database: drafts on two devices, submission, numbers, withdrawal, seal."""

import asyncio
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sql
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.contracts.events import CalendarChanged, Opened, Submitted, Withdrawn
from kit.database import CALENDAR_OVERRIDE
from services.request.domain import payload_digest
from services.request.models import Application, NumberSeries
from tests.bundles import licence_bundle
from tests.request.conftest import FORM

TUESDAY = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)  # 10.15 in Thailand
SATURDAY = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)  # 20.00 in Thailand


async def test_opening_a_journey_twice_opens_one_draft(desk):
    person, journey = uuid4(), uuid7()
    await asyncio.gather(*(desk.open(person, journey=journey) for _ in range(5)))
    assert len(await desk.harness.rows(sql.select(Application))) == 1
    (opened,) = await desk.harness.facts(Opened)
    assert (opened.journeyid, opened.next, opened.step) == (journey, "none", "request")


async def test_a_journey_has_one_owner(desk):
    journey = await desk.open(uuid4())
    body = {"journey_id": str(journey), "definition": "test-licence@1", "person": str(uuid4())}
    headers = desk.harness.as_service("gateway")
    answer = await desk.client.post("/internal/journeys", json=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:journey-taken")


async def test_a_draft_is_stored_however_incomplete_and_tells_what_is_missing(desk):
    person = uuid4()
    journey = await desk.open(person)
    answer = await desk.save(journey, person, {"area": "มาก", "shop_name": "๑"})
    assert answer.status_code == 200
    assert {each["pointer"] for each in answer.json()["warnings"]} == {"/form/area", "/form/shop_name"}
    again = (await desk.get(journey, person)).json()
    assert again["form"] == {"area": "มาก", "shop_name": "๑"}
    assert again["warnings"] == answer.json()["warnings"]


async def test_two_devices_cannot_overwrite_each_other(desk):
    person = uuid4()
    journey = await desk.open(person)
    tag = (await desk.get(journey, person)).headers["ETag"]
    answers = await asyncio.gather(*(desk.save(journey, person, {"area": n}, match=tag) for n in range(1, 7)))
    assert sorted(each.status_code for each in answers) == [200, 412, 412, 412, 412, 412]
    won = next(each for each in answers if each.status_code == 200)
    stands = await desk.get(journey, person)
    assert stands.json()["form"] == won.json()["form"]
    assert stands.headers["ETag"] == won.headers["ETag"] != tag
    lost = next(each for each in answers if each.status_code == 412)
    assert lost.headers["ETag"] == won.headers["ETag"]


async def test_a_draft_is_not_saved_blindly(desk):
    person = uuid4()
    journey = await desk.open(person)
    headers = desk.harness.citizen(person)
    answer = await desk.client.put(f"/journeys/{journey}/application", json={"form": FORM}, headers=headers)
    assert answer.status_code == 428
    assert (await desk.get(journey, person)).json()["form"] == {}


@pytest.mark.req("Q5", part="idempotent, numbered, all members")
async def test_submission_gives_a_number_times_promise_unit_and_hash(desk):
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person, email="somchai@example.org", language="en")
    with clock.freeze(SATURDAY):
        answer = await desk.submit(journey, person)
    assert answer.status_code == 201
    said = answer.json()
    payload = {
        "journey": str(journey), "definition": "test-licence@1", "form": FORM,
        "email": "somchai@example.org", "language": "en",
    }  # fmt: skip
    assert said["number"] == "22000000-FOOD-69-000001"
    assert said["entered_system_at"] == "2026-11-21T13:00:00Z"
    assert said["legally_received_at"] == "2026-11-23T01:30:00Z"
    assert said["promised_date"] == "2026-12-23"
    assert said["responsible_unit"]["en"] == "Sanitation section"
    assert said["payload_sha256"] == payload_digest(payload)
    assert said["documents_received"] == [
        {
            "name": {"th": "แบบคำขอ", "en": "Application form"}, "form_code": None,
            "sha256": payload_digest(payload),
        }
    ]  # fmt: skip
    assert said["status_url"] == f"http://127.0.0.1:8000/v1/journeys/{journey}"
    (event,) = await desk.harness.facts(Submitted)
    assert (event.next, event.nextstep, event.data.outcome) == ("review", "review", "passed")
    assert event.address == "events.22000000.request.submitted.review"
    assert (await desk.get(journey, person, "acknowledgement")).json() == said


@pytest.mark.req("Q5", part="idempotent, numbered, all members")
async def test_submitting_twice_at_once_gives_one_number_and_the_same_acknowledgement(desk):
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person)
    answers = await asyncio.gather(*(desk.submit(journey, person, **{"Idempotency-Key": str(n % 2)}) for n in range(6)))
    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    assert len({each.text for each in answers}) == 1
    assert len(await desk.harness.facts(Submitted)) == 1
    assert (await desk.harness.rows(sql.select(NumberSeries.last)))[0]["last"] == 1


@pytest.mark.req("Q5", part="idempotent, numbered, all members")
async def test_numbers_have_no_gap_and_no_double_under_concurrency(desk):
    people = [uuid4() for _ in range(20)]
    journeys = [await desk.open(person) for person in people]
    for index, (journey, person) in enumerate(zip(journeys, people, strict=True)):
        form = FORM if index % 4 else {"shop_name": "ไม่ครบ"}  # every fourth is refused and must use no number
        await desk.save(journey, person, form)
    with clock.freeze(TUESDAY):
        answers = await asyncio.gather(
            *(desk.submit(journey, person) for journey, person in zip(journeys, people, strict=True))
        )
    numbers = sorted(each.json()["number"] for each in answers if each.status_code == 201)
    assert [each.status_code for each in answers].count(422) == 5
    assert numbers == [f"22000000-FOOD-69-{n:06d}" for n in range(1, 16)]


async def test_every_year_begins_anew_in_thailand(desk):
    numbers = []
    for moment in (datetime(2026, 12, 31, 16, 59, tzinfo=UTC), datetime(2026, 12, 31, 17, 0, tzinfo=UTC)):
        person = uuid4()
        journey = await desk.open(person)
        await desk.save(journey, person)
        with clock.freeze(moment):
            numbers.append((await desk.submit(journey, person)).json()["number"])
    assert numbers == ["22000000-FOOD-69-000001", "22000000-FOOD-70-000001"]


async def test_a_proclaimed_holiday_counts_at_submission(desk):
    day = CalendarChanged(day=date(2026, 11, 24), is_workday=False)
    await desk.harness.deliver(desk.harness.event(day))
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person)
    with clock.freeze(TUESDAY):
        said = (await desk.submit(journey, person)).json()
    assert said["legally_received_at"] == "2026-11-25T01:30:00Z"
    assert len(await desk.harness.rows(sql.select(CALENDAR_OVERRIDE))) == 1


async def test_a_faulty_form_is_refused_with_every_fault_and_nothing_is_filed(desk):
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person, {"shop_name": "ก", "extra": 1})
    answer = await desk.submit(journey, person, **{"Accept-Language": "en"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:paet:problem:form-invalid")
    assert {(each["pointer"], each["code"]) for each in problem["errors"]} == {
        ("/form/shop_name", "too-short"), ("/form/area", "required"), ("/form/extra", "unknown-field"),
    }  # fmt: skip
    assert "Area (square metres): is required" in {each["detail"] for each in problem["errors"]}
    assert await desk.state(journey, person) == "draft"
    assert await desk.harness.facts(Submitted) == []
    assert await desk.harness.rows(sql.select(NumberSeries)) == []


async def test_thai_digits_are_filed_as_numbers_and_shown_back_as_typed(desk):
    person = uuid4()
    journey = await desk.open(person)
    typed = FORM | {"area": "๑๒๐"}
    await desk.save(journey, person, typed)
    assert (await desk.submit(journey, person)).status_code == 201
    assert (await desk.get(journey, person)).json()["form"] == typed
    headers = desk.harness.as_service("review")
    claims = await desk.client.post("/internal/claims/applications", json={"ids": [str(journey)]}, headers=headers)
    assert claims.json()["items"][str(journey)]["form"] == FORM | {"area": 120}


async def test_what_was_filed_cannot_be_edited(desk):
    person = uuid4()
    journey = await desk.filed(person)
    answer = await desk.save(journey, person, {"area": 1})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:application-not-draft")
    assert (await desk.get(journey, person)).json()["form"] == FORM


async def test_submission_may_insist_on_the_version_it_saw(desk):
    person = uuid4()
    journey = await desk.open(person)
    seen = (await desk.save(journey, person)).headers["ETag"]
    await desk.save(journey, person, FORM | {"area": 5})
    assert (await desk.submit(journey, person, **{"If-Match": seen})).status_code == 412
    assert await desk.state(journey, person) == "draft"
    assert (await desk.submit(journey, person)).status_code == 201


@pytest.mark.req("Q12", part="the service's side: pinned at submission, differences shown")
async def test_a_draft_under_a_superseded_version_is_answered_with_the_differences(desk):
    person = uuid4()
    drafted, filed = await desk.open(person), await desk.filed(person)
    await desk.save(drafted, person)
    differences = [{"path": "/plan/licence-fee", "th": "เพิ่มค่าธรรมเนียม", "en": "a fee was added"}]
    desk.current("test-licence@1", 2, differences)
    answer = await desk.submit(drafted, person)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:paet:problem:definition-superseded")
    assert problem["latest"] == "test-licence@2"
    assert problem["differences"] == differences
    assert await desk.state(drafted, person) == "draft"
    # What was filed before stays under its own version, and a repeat does not ask again.
    assert (await desk.submit(filed, person)).status_code == 200
    assert (await desk.get(filed, person)).json()["definition"] == "test-licence@1"


async def test_nothing_is_filed_while_the_version_in_force_cannot_be_known(desk):
    person = uuid4()
    desk.harness.publish(licence_bundle(version=3))
    journey = await desk.open(person, definition="test-licence@3")
    await desk.save(journey, person)
    answer = await desk.submit(journey, person)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert await desk.state(journey, person) == "draft"


async def test_an_anonymous_application_without_a_form(desk):
    journey = await desk.open(None, "test-information@1")
    headers = desk.harness.holder(journey)
    answer = await desk.client.post(f"/journeys/{journey}/submission", headers=headers)
    assert answer.status_code == 201
    assert "-INFO-" in answer.json()["number"]
    (event,) = await desk.harness.facts(Submitted)
    assert event.next == "delivery"


async def test_withdrawal_goes_to_delivery_once(desk):
    person = uuid4()
    journey = await desk.filed(person)
    answers = await asyncio.gather(*(desk.withdraw(journey, person) for _ in range(4)))
    assert [each.status_code for each in answers] == [200] * 4
    assert {each.json()["state"] for each in answers} == {"withdrawn"}
    (event,) = await desk.harness.facts(Withdrawn)
    assert (event.next, event.nextstep, event.data.outcome) == ("delivery", "delivery", "withdrawn")


async def test_a_draft_cannot_be_withdrawn(desk):
    person = uuid4()
    journey = await desk.open(person)
    answer = await desk.withdraw(journey, person)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:application-not-submitted")


async def test_after_a_withdrawal_only_the_same_call_is_repeated(desk):
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person)
    first = await desk.submit(journey, person, **{"Idempotency-Key": "k1"})
    await desk.withdraw(journey, person)
    repeat = await desk.submit(journey, person, **{"Idempotency-Key": "k1"})
    assert (repeat.status_code, repeat.json()) == (200, first.json())
    for headers in ({}, {"Idempotency-Key": "k2"}):
        anew = await desk.submit(journey, person, **headers)
        assert (anew.status_code, anew.json()["type"]) == (409, "urn:paet:problem:application-withdrawn")


async def test_after_the_seal_nothing_is_withdrawn_and_the_seal_may_be_repeated(desk):
    person = uuid4()
    journey = await desk.filed(person)
    assert [(await desk.seal(journey)).json() for _ in range(2)] == [{"withdrawn": []}] * 2
    answer = await desk.withdraw(journey, person)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:application-sealed")
    assert await desk.state(journey, person) == "sealed"
    assert await desk.harness.facts(Withdrawn) == []


async def test_what_was_withdrawn_cannot_be_sealed(desk):
    person = uuid4()
    journey = await desk.filed(person)
    await desk.withdraw(journey, person)
    assert (await desk.seal(journey)).json() == {"withdrawn": [str(journey)]}
    assert await desk.state(journey, person) == "withdrawn"


async def test_several_are_sealed_together_save_those_withdrawn_and_none_with_an_unknown_one(desk):
    person = uuid4()
    first, second, gone = [await desk.filed(person) for _ in range(3)]
    await desk.withdraw(gone, person)
    assert (await desk.seal(first, uuid7())).status_code == 404
    assert await desk.state(first, person) == "submitted"
    assert (await desk.seal(second, gone, first)).json() == {"withdrawn": [str(gone)]}
    assert [await desk.state(each, person) for each in (first, second, gone)] == ["sealed", "sealed", "withdrawn"]


async def test_of_seal_and_withdrawal_at_once_exactly_one_wins(desk):
    for _ in range(8):
        person = uuid4()
        journey = await desk.filed(person)
        sealed, withdrawn = await asyncio.gather(desk.seal(journey), desk.withdraw(journey, person))
        is_sealed = sealed.json() == {"withdrawn": []}
        assert withdrawn.status_code == (409 if is_sealed else 200)
        expected = "sealed" if is_sealed else "withdrawn"
        assert await desk.state(journey, person) == expected
