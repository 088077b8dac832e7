"""A decision that is late is told to the applicant with the reason, and copied to whom the settings name."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.contracts.claims import DelayClaim
from kit.contracts.events import Overdue, Submitted, Withdrawn
from kit.contracts.journey import Outcome
from services.delivery.domain import DelayCopies
from services.delivery.duework.letters import copy_delay
from services.delivery.models import Letter, Notice
from tests.bundles import AGENCY, OTHER_AGENCY

pytestmark = pytest.mark.req("D5", part="a delay is told")

OPDC = DelayCopies(to=OTHER_AGENCY, salutation="เลขาธิการ", signer="(นายสมชาย ใจดี)", position="ผู้อำนวยการเขต")


class Journey:
    """A journey whose decision is late."""

    def __init__(self, delivery, known):
        self.delivery = delivery
        self.received = known(delivery.handover(Submitted, at="request"), email=None)

    async def tell(self, *before, reason="รอผลตรวจสถานที่", is_running=True, count=1, last=None):
        case = uuid4()
        claim = DelayClaim(case=case, is_running=is_running, count=last or count, reason=reason)
        self.delivery.peers.know("review", "delays", case, claim)
        fact = Overdue(case=case, due_on=date(2026, 12, 2), count=count)
        event = self.delivery.event(fact, step="review", journey=self.received.journey)
        await self.delivery.deliver(self.received, *before, event)
        return await self.delivery.rows(select(Notice).where(Notice.cause == event.id))

    async def is_done(self):
        return not await self.delivery.rows(text("SELECT id FROM due_work WHERE kind = 'copy-delay'"))

    async def copies(self):
        async def done():
            rows = await self.delivery.rows(select(Letter).order_by(Letter.running))
            return rows if await self.is_done() and all(row["state"] != "registered" for row in rows) else None

        return await self.delivery.until(done)


@pytest.fixture
def journey(delivery, known):
    return Journey(delivery, known)


async def test_a_delay_is_told_with_its_reason_each_time(journey):
    for count in (1, 2):
        (notice,) = await journey.tell(count=count)
        assert notice["kind"] == "overdue"
        for words in ("2 ธันวาคม 2569", "เหตุแห่งความล่าช้า: รอผลตรวจสถานที่", "ทุก 7 วัน"):
            assert words in notice["body_th"]
        for words in ("due on 2 December 2026", "Reason of the delay: รอผลตรวจสถานที่", "every 7 days"):
            assert words in notice["body_en"]


async def test_where_nobody_gave_a_reason_it_says_so_and_how_to_ask(journey):
    (notice,) = await journey.tell(reason="")
    assert "ยังไม่ได้แจ้งเหตุ ท่านสอบถามได้ที่" in notice["body_th"]
    assert "naming your application 22000000-FOOD-69-000001" in notice["body_en"]
    assert "{" not in notice["body_th"] + notice["body_en"]


async def test_nobody_is_told_of_a_delay_that_is_over(journey, delivery):
    assert await journey.tell(is_running=False) == []
    assert await journey.tell(count=2, last=3) == [], "the third is on its way: two at once say nothing more"
    ended = delivery.handover(
        Withdrawn, at="request", journey=journey.received.journey, outcome=Outcome.WITHDRAWN
    )  # fmt: skip
    assert await journey.tell(ended) == []


@pytest.mark.req("R4", part="copy to OPDC where its mailbox is configured")
async def test_a_copy_goes_by_letter_each_time_where_the_settings_say_to_whom(journey, delivery, mail):
    await journey.tell()
    await delivery.until(journey.is_done)  # and nobody was written to
    delivery.kit.settings.delay_copies = {OTHER_AGENCY: OPDC}
    await journey.tell()
    await delivery.until(journey.is_done)  # another agency's signer writes for nobody else
    delivery.kit.settings.delay_copies = {AGENCY: OPDC}
    await journey.tell(count=2)
    await journey.tell(count=3, reason="")
    first, second = await journey.copies()
    assert (first["number"], first["to_agency"], first["state"], first["registered_by"]) == (
        "กท 0501/1", OTHER_AGENCY, "sent", None
    )  # fmt: skip
    assert first["subject"] == "สำเนาหนังสือแจ้งเหตุแห่งความล่าช้า คำขอเลขที่ 22000000-FOOD-69-000001"
    assert "ครั้งที่ 2" in first["body"]
    assert first["body"].endswith("เหตุแห่งความล่าช้า: รอผลตรวจสถานที่")
    assert second["body"].endswith("หน่วยงานยังไม่ได้แจ้งเหตุ")
    assert [each["to"] for each in await mail.messages()] == ["saraban@anamai.moph.go.th"] * 2
    again = first["idempotency_key"].partition(":")[2]
    delivery.kit.settings.delay_copies = {AGENCY: OPDC.model_copy(update={"position": "รองผู้อำนวยการเขต"})}
    told = {
        "agency": AGENCY,
        "journey": str(first["journey_id"]),
        "number": "1",
        "title": "x",
        "due": "x",
        "count": "2",
    }
    await copy_delay(delivery.kit, again, told | {"delay": "x"})
    assert len(await journey.copies()) == 2, "written once, whoever has signed since"
    shown = await delivery.client.get(f"/letters/{first['id']}", headers=delivery.officer("administrator"))
    assert shown.json()["registered_by"] is None
