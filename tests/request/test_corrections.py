"""Recorded defects at the applicant's desk: read, signed, corrected, and told to review."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sql

from kit.clients import PeerUnavailable
from kit.clock import clock
from kit.contracts.events import Corrected, Returned, Withdrawn
from services.request.models import Application
from tests.request.conftest import ADDRESS, CORRECTED, FORM, PLAN, record_of
from tests.request.defects import LAST, MOMENT, SATURDAY, TUESDAY, claimed, end_of_time, faults, kept, said

pytestmark = pytest.mark.req("Q7", part="the applicant reads, signs and corrects the record")


async def test_the_applicant_reads_the_whole_record_of_the_defects(desk, filed):
    journey, person = filed
    assert said(await desk.get(journey, person, "correction")) == (404, "no-defects-recorded")
    record = await desk.record(journey, ADDRESS, PLAN)
    view = (await desk.get(journey, person, "correction")).json()
    assert view["items"] == [each.model_dump() for each in (ADDRESS, PLAN)]
    assert (view["state"], view["days"], view["due_at"]) == ("waiting", 7, "2026-12-01T16:59:59.999999Z")
    assert (view["officer_name"], view["officer_position"]) == (record.officer_name, record.officer_position)
    assert (view["uncorrected"], view["law"]["en"], view["appeal"]["en"]) == (
        "returned", "Test Act, section 9", "Appeal within 15 days",
    )  # fmt: skip
    assert (view["defect"], view["digest"]) == (str(record.defect), record.digest)
    assert [view[name] for name in ("acknowledged_at", "corrected_at", "legally_received_at")] == [None] * 3
    assert len(await kept(desk, journey)) == 1  # though it was told twice


async def test_a_record_waits_while_review_is_down(desk, filed, monkeypatch):
    journey, person = filed
    claim, tries = desk.harness.peers.claim, []

    async def away(*asked):
        tries.append(asked)
        if len(tries) < 4:
            raise PeerUnavailable()
        return await claim(*asked)

    monkeypatch.setattr(desk.harness.peers, "claim", away)
    await desk.record(journey)
    assert len(tries) > 3
    assert (await desk.get(journey, person, "correction")).status_code == 200


async def test_signing_keeps_who_signed_and_how_and_a_repeat_changes_nothing(desk, filed):
    journey, person = filed
    record = await desk.record(journey)
    first = await desk.sign(journey, person, record.digest)
    assert (first.status_code, first.json()["acknowledged_at"]) == (200, "2026-11-24T03:15:00Z")
    with clock.freeze(SATURDAY):
        assert (await desk.sign(journey, person, record.digest)).json() == first.json()
    (row,) = await kept(desk, journey)
    signature = row["signature"]
    assert UUID(signature.pop("session"))
    assert signature == {"kind": "citizen", "ial": "2.3", "aal": "2.2"}
    assert first.json()["state"] == "waiting"


async def test_only_the_digest_of_the_record_signs_it(desk, filed):
    journey, person = filed
    assert said(await desk.sign(journey, person, "0" * 64)) == (404, "no-defects-recorded")
    await desk.record(journey)
    assert said(await desk.sign(journey, person, "0" * 64)) == (409, "defect-record-differs")
    for digest in ("", "0" * 63, "G" * 64, "0" * 64 + "\n", None, 5):
        assert ("/digest" in {pointer for pointer, _ in faults(await desk.sign(journey, person, digest))}) is True
    assert (await kept(desk, journey))[0]["acknowledged_at"] is None


async def test_correcting_signs_the_record_that_was_read_and_no_other(desk, filed):
    journey, person = filed
    first = await desk.record(journey)
    assert faults(await desk.correct(journey, person, digest=None)) == {("/digest", "required")}
    assert said(await desk.correct(journey, person, digest="0" * 64)) == (409, "defect-record-differs")
    assert (await kept(desk, journey))[0]["acknowledged_at"] is None
    await desk.sign(journey, person, first.digest)
    assert (await desk.correct(journey, person, remarks="แก้แล้ว", digest=None)).status_code == 200
    await desk.record(journey, PLAN, recorded_at=TUESDAY + timedelta(days=1))
    repeated = await desk.correct(journey, person, remarks="แก้แล้ว", digest=first.digest)
    assert said(repeated) == (409, "defect-record-differs"), "the repeat answers nothing of a newer record"
    assert faults(await desk.correct(journey, person, remarks="แก้แล้ว", digest=None)) == {("/digest", "required")}
    assert [each["state"] for each in await kept(desk, journey)] == ["corrected", "waiting"]


async def test_a_correction_is_read_as_the_form_is_and_told_to_review(desk, filed):
    journey, person = filed
    acknowledged = (await desk.get(journey, person, "acknowledgement")).json()
    record = await desk.record(journey)
    with clock.freeze(SATURDAY):
        answer = await desk.correct(journey, person, remarks="  แก้เลขที่แล้ว ")
    view = answer.json()
    assert (answer.status_code, view["state"], view["remarks"]) == (200, "corrected", "แก้เลขที่แล้ว")
    assert (view["corrected_at"], view["legally_received_at"]) == ("2026-11-28T13:00:00Z", "2026-11-30T01:30:00Z")
    assert (view["acknowledged_at"], view["changed"]) == ("2026-11-28T13:00:00Z", ["/place_address"])
    assert (await desk.get(journey, person)).json()["form"] == CORRECTED
    (told,) = await desk.harness.facts(Corrected)
    assert (told.journey, told.data.defect, told.next) == (journey, record.defect, "none")
    assert (await desk.get(journey, person, "acknowledgement")).json() == acknowledged
    claim = (await claimed(desk, journey))[str(journey)]
    assert (claim["defect"], claim["legally_received_at"]) == (str(record.defect), "2026-11-30T01:30:00Z")
    assert (claim["remarks"], claim["changed"]) == ("แก้เลขที่แล้ว", ["/place_address"])
    (row,) = await kept(desk, journey)
    assert row["form_before"] == FORM
    assert row["payload_sha256"] not in (None, acknowledged["payload_sha256"])


async def test_thai_digits_in_a_correction_are_read_as_numbers_and_what_was_filed_is_kept(desk, filed):
    journey, person = filed
    await desk.record(journey, ADDRESS.model_copy(update={"pointer": "/area"}))
    assert (await desk.correct(journey, person, FORM | {"area": "๑๔๐"})).status_code == 200
    (row,) = await desk.harness.rows(sql.select(Application).where(Application.journey_id == journey))
    assert (row["form"]["area"], row["filed_form"]["area"]) == ("๑๔๐", 140)
    assert (await kept(desk, journey))[0]["filed_before"]["area"] == 120


async def test_a_repeat_answers_the_same_and_another_correction_is_refused(desk, filed):
    journey, person = filed
    await desk.record(journey)
    answers = await asyncio.gather(*(desk.correct(journey, person) for _ in range(4)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1
    with clock.freeze(LAST + MOMENT):
        assert (await desk.correct(journey, person)).text == answers[0].text
    for again in ({"form": FORM}, {"remarks": "อีกอย่างหนึ่ง"}):
        assert said(await desk.correct(journey, person, **again)) == (409, "correction-made")
    assert len(await desk.harness.facts(Corrected)) == 1


async def test_fields_that_are_no_defects_stay_as_filed_and_each_is_named(desk, filed):
    journey, person = filed
    await desk.record(journey)
    other = CORRECTED | {"shop_name": "ร้านอื่น", "area": True, "more": {"a": [1]}}
    answer = await desk.correct(journey, person, other)
    assert said(answer) == (422, "correction-invalid")
    foreign = {(f"/form/{name}", "not-a-defect") for name in ("shop_name", "area", "more/a/0")}
    assert faults(answer) == foreign | {("/form/area", "wrong-type"), ("/form/more", "unknown-field")}, "all at once"
    assert "ชื่อสถานที่" in answer.text
    left_out = await desk.correct(journey, person, {"place_address": "ใหม่"})
    absent = [f"/form/{name}" for name in ("shop_name", "area")]
    assert faults(left_out) == {(each, why) for each in absent for why in ("not-a-defect", "required")}
    assert (await desk.get(journey, person)).json()["form"] == FORM


async def test_a_corrected_form_must_still_be_a_valid_one(desk, filed):
    journey, person = filed
    await desk.record(journey, ADDRESS.model_copy(update={"pointer": "/area"}))
    answer = await desk.correct(journey, person, FORM | {"area": -1})
    assert said(answer) == (422, "form-invalid")
    assert faults(answer) == {("/form/area", "out-of-range")}
    assert (await desk.get(journey, person)).json()["form"] == FORM
    assert await desk.harness.facts(Corrected) == []


async def test_what_is_no_field_is_answered_in_words(desk, filed):
    journey, person = filed
    await desk.record(journey, ADDRESS, PLAN)
    assert faults(await desk.correct(journey, person, remarks=" ")) == {("/remarks", "required")}
    assert (await desk.correct(journey, person, FORM, remarks="ส่งแผนผังที่สำนักงานแล้ว")).json()["changed"] == []


async def test_a_correction_says_or_changes_something(desk, filed):
    journey, person = filed
    assert said(await desk.correct(journey, person)) == (404, "no-defects-recorded")
    await desk.record(journey)
    assert faults(await desk.correct(journey, person, FORM)) == {("/form", "unchanged")}
    assert (await desk.correct(journey, person, FORM, remarks="ที่อยู่ถูกต้องแล้ว")).status_code == 200


BAD = {
    "nul in remarks": b'{"form": {}, "remarks": "a\\u0000"}',
    "control in remarks": b'{"form": {}, "remarks": "a\\u0007"}',
    "half a character": b'{"form": {}, "remarks": "\\ud800"}',
    "remarks without end": b'{"form": {}, "remarks": "' + b"x" * 5001 + b'"}',
    "remarks are a number": b'{"form": {}, "remarks": 5}',
    "nul in the form": b'{"form": {"place_address": "a\\u0000"}}',
    "no form": b'{"remarks": "x"}',
    "form is a list": b'{"form": []}',
    "unknown field": b'{"form": {}, "email": "somchai@example.org"}',
    "not a number": b'{"form": {"area": NaN}}',
    "broken": b'{"form": {',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_bad_corrections_are_problems_and_change_nothing(desk, filed, body):
    journey, person = filed
    await desk.record(journey)
    path, headers = (
        f"/journeys/{journey}/correction",
        desk.harness.citizen(person) | {"Content-Type": "application/json"},
    )
    answer = await desk.client.post(path, content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (await kept(desk, journey))[0]["state"] == "waiting"


async def test_a_newer_record_takes_the_place_of_the_older(desk, filed):
    journey, person = filed
    older = await desk.record(journey)
    assert (await desk.correct(journey, person)).status_code == 200
    later = TUESDAY + timedelta(days=2)
    newer = await desk.record(journey, ADDRESS.model_copy(update={"pointer": "/shop_name"}), recorded_at=later)
    assert said(await desk.sign(journey, person, older.digest)) == (409, "defect-record-differs")
    assert (await desk.get(journey, person, "correction")).json()["state"] == "waiting"
    claim = (await claimed(desk, journey))[str(journey)]
    assert (claim["defect"], claim["corrected_at"]) == (str(newer.defect), None)
    with clock.freeze(LAST + MOMENT):  # the time of the older is over
        await end_of_time(desk)
        assert (await desk.correct(journey, person, CORRECTED | {"shop_name": "ร้านใหม่"})).status_code == 200
    assert [each["form_before"] for each in await kept(desk, journey)] == [FORM, CORRECTED]


async def test_the_fact_of_an_older_record_is_dropped_for_the_newer_one(desk, filed):
    journey, person = filed
    first = desk.recorded(record_of(journey))
    second = desk.recorded(record_of(journey, PLAN, recorded_at=TUESDAY + timedelta(hours=1)))
    await desk.harness.deliver(second, first)
    assert [each["id"] for each in await kept(desk, journey)] == [second.data.defect]
    assert (await desk.get(journey, person, "correction")).json()["items"] == [PLAN.model_dump()]


async def test_what_was_withdrawn_meanwhile_is_neither_corrected_nor_returned(desk, filed):
    journey, person = filed
    record = await desk.record(journey)
    assert (await desk.withdraw(journey, person)).json()["state"] == "withdrawn"
    assert (await desk.get(journey, person, "correction")).json()["state"] == "closed"
    assert said(await desk.correct(journey, person)) == (409, "application-withdrawn")
    assert said(await desk.sign(journey, person, record.digest)) == (409, "application-withdrawn")
    with clock.freeze(LAST + MOMENT):
        await end_of_time(desk)
        assert said(await desk.correct(journey, person)) == (409, "application-withdrawn")
    assert await desk.state(journey, person) == "withdrawn"
    assert len(await desk.harness.facts(Withdrawn)) == 1
    assert await desk.harness.facts(Returned) == []


async def test_a_record_that_comes_after_the_end_is_not_kept(desk, filed):
    journey, person = filed
    await desk.withdraw(journey, person)
    await desk.record(journey)
    assert await kept(desk, journey) == []
    assert await claimed(desk, journey) == {}


async def test_the_holder_of_an_anonymous_journey_signs_and_corrects(desk):
    with clock.freeze(TUESDAY):
        journey = await desk.open(None)
        by = desk.harness.holder(journey)
        body = {"form": FORM, "language": "en"}
        path = f"/journeys/{journey}"
        await desk.client.put(f"{path}/application", json=body, headers=by | {"If-Match": "*"})
        assert (await desk.client.post(f"{path}/submission", headers=by)).status_code == 201
        record = await desk.record(journey)
        assert (await desk.client.get(f"{path}/correction", headers=by)).json()["digest"] == record.digest
        assert (await desk.sign(journey, None, record.digest)).status_code == 200
        assert (await desk.correct(journey, None)).json()["state"] == "corrected"
    (row,) = await kept(desk, journey)
    assert row["signature"] == {"kind": "holder", "session": None, "ial": None, "aal": None}


async def test_nobody_else_reads_signs_or_corrects(desk, filed):
    journey, _ = filed
    record = await desk.record(journey)
    for stranger in (uuid4(), None):
        headers = desk.harness.citizen(stranger) if stranger else desk.harness.holder(journey)
        read = await desk.client.get(f"/journeys/{journey}/correction", headers=headers)
        for answer in (read, await desk.sign(journey, stranger, record.digest), await desk.correct(journey, stranger)):
            assert said(answer) == (404, "not-found")
    for caller in ("approval", "payment", "gateway"):
        body, by = {"ids": [str(journey)]}, desk.harness.as_service(caller)
        assert (await desk.client.post("/internal/claims/corrections", json=body, headers=by)).status_code == 403
