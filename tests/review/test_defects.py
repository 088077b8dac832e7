"""The one record of defects (LFA58 s.8): listed at once, signed, corrected, and never a second time without leave."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from kit import duework as planning
from kit.claims import DEFECT
from kit.clock import clock
from kit.contracts.events import Accepted, DefectRecorded, Overdue, Returned
from kit.contracts.journey import Outcome
from kit.duework import DueWorkLoop
from services.review import duework
from services.review.domain import Record
from services.review.domain.fields import has_field, names_of
from services.review.models import Case, DefectRecord
from tests.bundles import OTHER_AGENCY, licence_bundle
from tests.review.conftest import REASONS, RECEIVED, corrected, queued
from tests.review.test_api import SOMCHAI, SOMSRI, code, get, post

SUPERVISOR = uuid4()
LIST = {
    "items": [
        {"pointer": "/area", "what": "พื้นที่ไม่ตรงกับแผนผัง", "law": "ข้อ 5"},
        {"what": "ขาดหนังสือยินยอมของเจ้าของอาคาร"},
    ],
    "days": 15, "name": "สมศรี ใจดี", "position": "นักวิชาการสุขาภิบาลชำนาญการ",
}  # fmt: skip
LEAVE = {"reason": "officer_negligence", "explanation": "เจ้าหน้าที่ตรวจไม่ครบในครั้งแรก"}
RECORDED, CORRECTED = RECEIVED + timedelta(days=1), RECEIVED + timedelta(days=6)


async def recorded(review, json=None, **options) -> tuple[UUID, UUID, dict]:
    """Journey and case of an application whose defects are recorded, and the answer."""
    with clock.freeze(RECORDED):
        journey, case = await queued(review, **options)
        assert (await post(review, case, "claim")).status_code == 200
        answer = await post(review, case, "defects", json=json or LIST)
        assert answer.status_code == 201, answer.text
        return journey, case, answer.json()


async def correct(review, journey: UUID, defect: str, received: datetime = CORRECTED) -> None:
    """Request tells that the defects are corrected; twice, as always."""
    await review.deliver(corrected(review, journey, UUID(defect), received))


async def leave(review, case: UUID, json=None, officer: UUID = SUPERVISOR, **options):
    headers = review.officer("supervisor", officer=officer, **options)
    return await review.client.post(f"/cases/{case}/defects-leave", json=json or LEAVE, headers=headers)


async def row_of(review, case: UUID) -> dict:
    (row,) = await review.rows(select(Case.__table__).where(Case.id == case))
    return row


@pytest.mark.req("R3", part="items, deadline, the officer's signature, what follows")
async def test_defects_are_recorded_at_once_with_deadline_signature_and_what_follows(review):
    journey, case, said = await recorded(review)
    assert [item["what"] for item in said["items"]] == [item["what"] for item in LIST["items"]]
    # Fifteen days from the day after Tuesday 3 November are over on Wednesday 18 November, at midnight in Thailand.
    assert said["due_at"] == "2026-11-18T16:59:59.999999Z"
    assert (said["officer"], said["officer_name"]) == (str(SOMSRI), LIST["name"])
    assert said["uncorrected"] == "returned"
    assert said["law"]["en"].endswith("section 9")
    assert said["appeal"]["th"]
    (fact,) = await review.facts(DefectRecorded)
    assert (str(fact.data.defect), fact.data.case, fact.journey) == (said["id"], case, journey)
    (row,) = await review.rows(select(DefectRecord.session, DefectRecord.aal))
    assert row["session"]
    assert row["aal"]
    assert (await row_of(review, case))["state"] == "defective"


@pytest.mark.req("R3", part="both sides sign one digest")
async def test_what_is_signed_can_be_computed_by_whoever_reads_the_claim(review):
    journey, _, said = await recorded(review)
    answer = await review.client.post(
        "/internal/claims/defects", json={"ids": [str(journey)]}, headers=review.as_service("request")
    )
    claim = DEFECT.model.model_validate(answer.json()["items"][str(journey)])
    signed = Record(
        application_number="FOOD-2569-000001", items=[item.model_dump() for item in claim.items], days=claim.days,
        recorded_at=claim.recorded_at, due_at=claim.due_at, officer=claim.officer, officer_name=claim.officer_name,
        officer_position=claim.officer_position, uncorrected=claim.uncorrected,
        law={"th": claim.law_th, "en": claim.law_en}, appeal={"th": claim.appeal_th, "en": claim.appeal_en},
    )  # fmt: skip
    assert claim.digest == said["digest"] == signed.digest


@given(st.sampled_from(["days", "officer_name", "due_at", "uncorrected"]))
def test_whatever_is_changed_changes_the_digest(name):
    record = Record("1", [{"pointer": None, "what": "x", "law": ""}], 5, RECEIVED, RECEIVED, SOMSRI, "a", "b",
                    "returned", {"th": "ก"}, {"th": "ข"})  # fmt: skip
    other = {"days": 6, "officer_name": "c", "due_at": CORRECTED, "uncorrected": "struck_off"}[name]
    assert Record(**{**vars(record), name: other}).digest != record.digest


@pytest.mark.req("R3", part="a second record is blocked")
async def test_nothing_more_is_asked_for_after_the_defects_are_corrected(review):
    journey, case, said = await recorded(review)
    assert code(await post(review, case, "defects", json=LIST)) == (409, "case-defective")
    with clock.freeze(CORRECTED):
        await correct(review, journey, said["id"])
        assert (await post(review, case, "claim")).status_code == 200
        assert code(await post(review, case, "defects", json=LIST)) == (409, "defects-recorded-already")
        assert len(await review.facts(DefectRecorded)) == 1
        assert (await row_of(review, case))["state"] == "claimed", "the officer goes on with what there is"


@pytest.mark.req("R3", part="save a supervisor's leave")
async def test_a_supervisor_gives_leave_for_one_more_record_and_no_other_does(review):
    journey, case, first = await recorded(review)
    assert code(await leave(review, case)) == (409, "case-defective")
    with clock.freeze(CORRECTED):
        await correct(review, journey, first["id"])
        assert code(await leave(review, case, officer=SOMSRI)) == (409, "recorded-by-yourself")
        assert (await leave(review, case, agency=OTHER_AGENCY)).status_code == 404
        assert (await post(review, case, "defects-leave", json=LEAVE)).status_code == 403
        given, again = await leave(review, case), await leave(review, case, {**LEAVE, "reason": "officer_fraud"})
        assert given.json() == again.json()
        assert given.json()["leave_reason"] == "officer_negligence"
        await post(review, case, "claim")
        second = await post(review, case, "defects", json=LIST)
        assert (second.status_code, second.json()["number"]) == (201, 2)
        await correct(review, journey, second.json()["id"], CORRECTED)
        await post(review, case, "claim")
        assert code(await post(review, case, "defects", json=LIST)) == (409, "defects-recorded-already")
    acts = [act["act"] for act in (await get(review, f"/cases/{case}")).json()["acts"]]
    assert acts.count("defects-leave") == 1


async def test_who_made_any_of_the_records_gives_leave_for_none(review):
    journey, case, first = await recorded(review)
    with clock.freeze(CORRECTED):
        await correct(review, journey, first["id"])
        assert (await leave(review, case)).status_code == 200
        await post(review, case, "claim", SOMCHAI)
        second = (await post(review, case, "defects", SOMCHAI, json=LIST)).json()
        await correct(review, journey, second["id"])
        for officer in (SOMSRI, SOMCHAI):
            assert code(await leave(review, case, officer=officer)) == (409, "recorded-by-yourself")
        assert (await leave(review, case)).status_code == 200


async def test_leave_needs_a_record_that_was_corrected(review):
    _, case = await queued(review)
    assert code(await leave(review, case)) == (409, "no-corrected-defects")


@pytest.mark.req("R4")
async def test_the_legal_clock_stands_while_defects_wait_and_runs_anew_from_their_correction(review):
    journey, case, said = await recorded(review)
    before = await row_of(review, case)
    assert before["clock_stopped_at"] == RECORDED
    with clock.freeze(before["due_at"] + timedelta(days=20)):
        await DueWorkLoop(review.kit, duework.WORK).run_some()
    assert not await review.facts(Overdue), "nobody is late while the applicant acts"
    with clock.freeze(CORRECTED):
        await correct(review, journey, said["id"])
    after = await row_of(review, case)
    assert (after["accepted_at"], after["clock_stopped_at"], after["told_overdue"]) == (CORRECTED, None, 0)
    assert after["due_at"] - before["due_at"] >= timedelta(days=5)
    accepted = [fact.data.due_at for fact in await review.facts(Accepted)]
    assert accepted == [before["due_at"], after["due_at"]], "told once, though the fact came twice"
    planned = await review.rows(text("SELECT key, due_at FROM due_work WHERE kind = 'overdue'"))
    assert [(row["key"], row["due_at"]) for row in planned] == [(str(case), after["due_at"])]


@pytest.mark.req("R4", part="the clock runs anew from the correction")
async def test_a_look_that_was_planned_as_the_clock_stopped_does_not_put_off_the_first_of_the_new_one(review):
    journey, case, said = await recorded(review)
    async with review.kit.database.transaction() as session:
        await planning.add(session, "overdue", case, due_at=RECORDED + timedelta(days=300))
    await correct(review, journey, said["id"])
    (planned,) = await review.rows(text("SELECT due_at FROM due_work WHERE kind = 'overdue'"))
    assert planned["due_at"] == (await row_of(review, case))["due_at"]


@pytest.mark.req("R4", part="the clock runs anew from the correction")
async def test_while_the_applicant_corrects_no_delay_is_explained_and_an_earlier_reason_is_not_told_again(review):
    with clock.freeze(RECORDED):
        journey, case = await queued(review)
        await post(review, case, "claim")
        assert (await post(review, case, "delay", json={"reason": "รอผลตรวจ"})).status_code == 200
        said = (await post(review, case, "defects", json=LIST)).json()
        assert code(await post(review, case, "delay", json={"reason": "รอผู้ยื่น"})) == (409, "case-defective")
    await correct(review, journey, said["id"])
    assert (await row_of(review, case))["delay_reason"] == ""


@pytest.mark.req("Q7", part="the corrected application goes back into the queue")
async def test_a_corrected_case_waits_in_the_queue_with_what_the_applicant_said(review):
    journey, case, said = await recorded(review)
    assert (await get(review, "/cases")).json()["items"] == []
    assert [each["id"] for each in (await get(review, "/cases?state=defective")).json()["items"]] == [str(case)]
    assert (await get(review, f"/cases/{case}")).json()["correction"] is None, "request has not heard of it yet"
    await correct(review, journey, said["id"])
    seen = (await get(review, f"/cases/{case}")).json()
    assert (seen["state"], seen["queue_reason"]) == ("waiting", "corrected")
    assert seen["correction"]["remarks"] == "แนบแล้ว"
    assert seen["correction"]["changed"] == ["/area"]
    assert seen["defects"][0]["corrected_at"]
    with clock.freeze(CORRECTED):
        await post(review, case, "claim", SOMCHAI)
        answer = await post(review, case, "recommendation", SOMCHAI, json=REASONS | {"result": "grant"})
    assert answer.status_code == 200


async def test_nobody_acts_while_the_applicant_is_to_correct(review):
    _, case, _ = await recorded(review)
    for act, body in (("claim", None), ("release", None), ("recommendation", REASONS | {"result": "grant"})):
        assert code(await post(review, case, act, json=body)) == (409, "case-defective"), act


@pytest.mark.req("Q7", part="what is not corrected closes its case")
async def test_a_returned_application_closes_its_case(review):
    journey, case, said = await recorded(review)
    await review.deliver(review.handover(Returned, at="request", journey=journey, outcome=Outcome.RETURNED))
    assert (await row_of(review, case))["state"] == "closed"
    await correct(review, journey, said["id"])
    assert (await row_of(review, case))["state"] == "closed", "a correction that comes after the end opens nothing"


@pytest.mark.req("R3", part="two officers, or one twice, make one record")
async def test_two_records_at_once_are_one(review):
    with clock.freeze(RECORDED):
        _, case = await queued(review)
        await post(review, case, "claim")
        answers = await asyncio.gather(*(post(review, case, "defects", json=LIST) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert len(await review.facts(DefectRecorded)) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"items": []}, "/items"),
        ({"items": [{"pointer": "/nothing", "what": "x"}]}, "/items/0/pointer"),
        ({"items": [{"pointer": "area", "what": "x"}]}, "/items/0/pointer"),
        ({"items": [{"what": " "}]}, "/items/0/what"),
        ({"items": [{"what": "a\x0bb"}]}, "/items/0/what"),
        ({"days": 0}, "/days"), ({"days": 366}, "/days"),
        ({"name": ""}, "/name"), ({"name": "ก\nข"}, "/name"), ({"position": "a\x07b"}, "/position"),
    ],
)  # fmt: skip
async def test_a_bad_record_is_refused_by_field_and_nothing_is_stored(review, change, pointer):
    with clock.freeze(RECORDED):
        _, case = await queued(review)
        await post(review, case, "claim")
        answer = await post(review, case, "defects", json=LIST | change)
        assert answer.status_code == 422, answer.text
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
        assert (await row_of(review, case))["state"] == "claimed"
    assert not await review.rows(select(DefectRecord.id))


@pytest.mark.parametrize(
    ("pointer", "is_there"),
    [
        ("/rooms", True), ("/rooms/0/floor", True), ("/rooms/12/floor", True), ("/rooms/00/floor", False),
        ("/rooms/๑/floor", False), ("/rooms/-1/floor", False), ("/rooms/-/floor", False), ("/pair/1", True),
        ("/pair/2", False), ("/area/0", False), ("/a~1b", True),
        ("/a/b", False), ("/a~0b", False), ("/partner", True), ("/self/self/area", True),
    ],
)  # fmt: skip
def test_a_defect_names_what_a_correction_can_name(pointer, is_there):
    """Anything else could never be corrected: in the pointers of a correction it has another name, or none."""
    schema = {
        "properties": {
            "rooms": {"type": "array", "items": {"properties": {"floor": {}}}}, "a/b": {}, "area": {},
            "pair": {"prefixItems": [{}, {}]}, "self": {"$ref": "#"},
        },
        "dependentSchemas": {"area": {"properties": {"partner": {}}}},
    }  # fmt: skip
    assert has_field(schema, names_of(pointer), in_lists=True) is is_there


async def test_only_who_holds_the_case_records_its_defects(review):
    _, case = await queued(review)
    assert code(await post(review, case, "defects", json=LIST)) == (409, "case-not-claimed")
    assert (await post(review, case, "defects", json=LIST, agency=OTHER_AGENCY)).status_code == 404


async def test_a_definition_without_a_right_to_appeal_returns_nothing(review):
    bundle = licence_bundle()
    review.publish(bundle.model_copy(update={"definition": bundle.definition.model_copy(update={"appeal": None})}))
    with clock.freeze(RECORDED):
        _, case = await queued(review)
        await post(review, case, "claim")
        assert code(await post(review, case, "defects", json=LIST)) == (409, "appeal-unknown")
        assert (await row_of(review, case))["state"] == "claimed"


@pytest.mark.parametrize(
    ("day", "due"),
    [(date(2026, 11, 20), date(2026, 12, 8)), (date(2026, 11, 18), date(2026, 12, 3))],
    ids=["5 December is a holiday and the 7th its substitute", "a working day"],
)
async def test_a_deadline_on_a_day_off_moves_to_the_next_working_day(review, day, due):
    with clock.freeze(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=3)):
        _, case = await queued(review)
        await post(review, case, "claim")
        said = (await post(review, case, "defects", json=LIST)).json()
    assert clock.local_date(datetime.fromisoformat(said["due_at"])) == due
