"""Defects are told with what follows, their correction is received; what stays uncorrected ends with its reasons."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from kit.clock import clock
from kit.contracts.events import Completed, Corrected, DefectRecorded, Returned, StruckOff, Submitted, Withdrawn
from kit.contracts.journey import Outcome
from services.delivery.domain import KINDS
from services.delivery.models import AppealPeriod, Notice
from tests.delivery.conftest import CORRECTED_BY, defects_of, missed_by

pytestmark = pytest.mark.req("D5", part="defects and their ends are told")

LISTED = "1. พื้นที่ไม่ตรงกับเอกสารสิทธิ\n2. ขาดแบบแปลน {secret} (ข้อ 5 แห่งข้อบัญญัติ)"
ENDS = [
    (Returned, Outcome.RETURNED, "หน่วยงานคืนคำขอ", "is returned"),
    (StruckOff, Outcome.STRUCK_OFF, "ออกจากสารบบ", "struck off the register"),
]


class Filed:
    """An application with defects, and what review and request say of them."""

    def __init__(self, delivery, known):
        self.delivery = delivery
        self.received = known(delivery.handover(Submitted, at="request"), person=uuid4(), email=None)
        self.journey = self.defect = self.received.journey

    def record(self, **said):
        self.delivery.peers.know("review", "defects", self.journey, defects_of(self.journey, **said))

    def missed(self, **said):
        self.delivery.peers.know("request", "corrections", self.journey, missed_by(self.journey, **said))

    def recorded(self, defect=None):
        fact = DefectRecorded(case=uuid4(), defect=defect or self.defect, due_at=CORRECTED_BY)
        return self.delivery.event(fact, step="review", journey=self.journey)

    def corrected(self):
        return self.delivery.event(Corrected(defect=self.defect), step="request", journey=self.journey)

    def end(self, fact, outcome):
        return self.delivery.handover(fact, at="request", journey=self.journey, outcome=outcome)

    async def tell(self, *events):
        """What is told of the last of these events."""
        await self.delivery.deliver(*events)
        return await self.delivery.rows(select(Notice).where(Notice.cause == events[-1].id))


@pytest.fixture
def filed(delivery, known):
    return Filed(delivery, known)


@pytest.mark.parametrize(
    ("uncorrected", "thai", "english"),
    [
        ("returned", "หน่วยงานจะคืนคำขอพร้อมแจ้งเหตุผลเป็นหนังสือ", "returned with the reasons in writing"),
        ("struck_off", "หน่วยงานจะจำหน่ายเรื่องออกจากสารบบ", "the matter will be struck off the register"),
    ],
)
async def test_defects_are_told_once_with_the_last_day_what_follows_and_how_to_appeal(
    filed, uncorrected, thai, english
):
    filed.record(uncorrected=uncorrected)
    (notice,) = await filed.tell(filed.received, filed.recorded())
    assert (notice["kind"], notice["link"]) == ("defect", f"/v1/journeys/{filed.journey}/correction")
    for said in (LISTED, "15 ธันวาคม 2569", thai, "ตามกฎหมายทดสอบ มาตรา 9", "อุทธรณ์ภายใน 15 วัน"):
        assert said in notice["body_th"]
    for said in (LISTED, "by 15 December 2026", english, "under Test law s. 9", "Appeal within 15 days"):
        assert said in notice["body_en"]
    for body in (notice["body_th"], notice["body_en"]):
        assert "สมชาย ใจดี" in body
        assert "นักวิชาการสุขาภิบาล" in body
    assert "โปรดแก้ไข" in notice["subject_th"]
    assert "please correct" in notice["subject_en"]


async def test_a_record_of_defects_is_no_order_and_starts_no_period_to_appeal(filed):
    (notice,) = await filed.tell(filed.recorded())
    assert notice["appeal_days"] is None
    assert await filed.delivery.rows(select(AppealPeriod)) == []


async def test_a_record_that_another_took_the_place_of_is_not_told(filed):
    older = filed.recorded(defect=uuid4())
    assert await filed.tell(older) == []
    assert len(await filed.tell(older, filed.recorded())) == 1


async def test_the_correction_is_received(filed):
    (notice,) = await filed.tell(filed.recorded(), filed.corrected())
    assert (notice["kind"], notice["link"]) == ("corrected", f"/v1/journeys/{filed.journey}/correction")
    assert "ได้รับการแก้ไขข้อบกพร่อง" in notice["body_th"]
    assert "is received, and its review goes on" in notice["body_en"]
    assert notice["appeal_days"] is None


async def test_defects_are_not_told_after_their_correction(filed):
    """Review did not answer for so long that the applicant, who sees the record at request, was faster."""
    filed.record(recorded_at=clock.now() - timedelta(hours=1))
    assert await filed.tell(filed.corrected(), filed.recorded()) == []
    assert await filed.tell(filed.recorded()) == []
    filed.record(recorded_at=clock.now() + timedelta(hours=1))
    assert len(await filed.tell(filed.recorded())) == 1, "a record after it is told"


async def test_an_address_that_was_a_defect_is_used_once_it_is_corrected(filed, known):
    (before,) = await filed.tell(filed.received)
    known(filed.received, person=before["person_id"], email=None, postal_address="1/2 ถนนสุขุมวิท 10110")
    (corrected,) = await filed.tell(filed.corrected())
    (after,) = await filed.tell(filed.end(Withdrawn, Outcome.WITHDRAWN))
    assert [each["has_address"] for each in (before, corrected, after)] == [False, True, True]


async def test_after_the_end_nobody_is_asked_to_correct_nor_told_that_it_was_done(filed):
    withdrawn = filed.end(Withdrawn, Outcome.WITHDRAWN)
    assert await filed.tell(withdrawn, filed.recorded()) == []
    assert await filed.tell(filed.corrected()) == []


@pytest.mark.parametrize(("fact", "outcome", "thai", "english"), ENDS)
async def test_what_stays_uncorrected_ends_with_its_reasons_and_may_be_appealed(filed, fact, outcome, thai, english):
    filed.record(uncorrected=outcome.value)
    # The fifteenth became a holiday since, so that request gave a day more than the record says.
    filed.missed(due_at=CORRECTED_BY + timedelta(days=1))
    (notice,) = await filed.tell(filed.received, filed.recorded(), filed.end(fact, outcome))
    assert (notice["kind"], notice["link"], notice["appeal_days"]) == (outcome.value, None, 15)
    for said in (thai, "เมื่อวันที่ 1 ธันวาคม 2569", "ภายในวันที่ 16 ธันวาคม 2569", LISTED, "กฎหมายทดสอบ มาตรา 9"):
        assert said in notice["body_th"]
    for said in (english, "On 1 December 2026", "by 16 December 2026", LISTED, "Law: Test law s. 9"):
        assert said in notice["body_en"]
    assert "เหตุผล: " in notice["body_th"]
    assert "ท่านยื่นคำขอใหม่ได้" in notice["body_th"]
    assert "you may apply anew" in notice["body_en"]
    assert "อุทธรณ์ภายใน 15 วัน" in notice["body_th"]
    assert "Appeal within 15 days" in notice["body_en"]
    (period,) = await filed.delivery.rows(select(AppealPeriod))
    assert period["notice_id"] == notice["id"]
    (completed,) = await filed.delivery.facts(Completed)
    assert (completed.data.outcome, completed.journey) == (outcome, filed.journey)


@pytest.mark.parametrize(("fact", "outcome", "thai", "english"), ENDS)
async def test_an_end_names_no_defect_of_a_record_that_was_made_too_late_for_it(filed, fact, outcome, thai, english):
    filed.missed(defect=uuid4())
    (notice,) = await filed.tell(filed.end(fact, outcome))
    for said, other, body in ((thai, "ตามบันทึกที่ได้แจ้งท่านแล้ว", "body_th"), (english, "you were told of", "body_en")):
        assert said in notice[body]
        assert other in notice[body]
        assert "แบบแปลน" not in notice[body]


@pytest.mark.parametrize("code", ["defect", "returned", "struck_off"])
async def test_an_agency_cannot_leave_out_what_law_wants_told(delivery, code):
    assert {"appeal"} < KINDS[code].needed
    for left_out in KINDS[code].needed:
        words = " ".join(f"{{{name}}}" for name in sorted(KINDS[code].needed - {left_out}))
        body = {
            "subject": {"th": "x", "en": "x"},
            "body": {"th": f"{words} {{{left_out}}}", "en": words},
            "based_on": 0,
        }
        answer = await delivery.client.post(
            f"/notice-templates/{code}/versions", json=body, headers=delivery.officer("administrator")
        )
        assert answer.status_code == 422
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/body/en", "place-missing")]


async def test_an_agencys_own_words_tell_the_defects(filed):
    words = "{defects} | {due} | {consequence} | {appeal}"
    body = {"subject": {"th": "{number}", "en": "{number}"}, "body": {"th": words, "en": words}, "based_on": 0}
    answer = await filed.delivery.client.post(
        "/notice-templates/defect/versions", json=body, headers=filed.delivery.officer("administrator")
    )
    assert answer.status_code == 201, answer.text
    (notice,) = await filed.tell(filed.recorded())
    assert notice["template_version"] == 1
    assert notice["body_th"].startswith(f"{LISTED} | 15 ธันวาคม 2569 | หน่วยงานจะคืนคำขอ")
    assert notice["body_en"].endswith(" | Appeal within 15 days")
