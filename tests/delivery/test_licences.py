"""What becomes of a document after its issue is told to its holder, orders with their grounds and right to appeal."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from kit.clock import clock
from kit.contracts.claims import Order, OrdersClaim
from kit.contracts.events import (
    Expiring,
    Issued,
    LicenceExpired,
    Reinstated,
    Replaced,
    Revoked,
    SubstituteRefused,
    Suspended,
)
from services.delivery.models import AppealPeriod, Notice

pytestmark = pytest.mark.req("D5", part="issued, expiring and what became of a document are told")

GROUNDS = {
    "facts": "ตรวจพบน้ำเสีย", "law": "มาตรา ๔๕", "considerations": "อันตรายต่อผู้บริโภค",
    "appeal_th": "อุทธรณ์ภายใน 15 วัน", "appeal_en": "Appeal within 15 days",
}  # fmt: skip


LAST = date(2026, 12, 31)


def order(act, at, **said):
    return Order(act=act, at=at, **(GROUNDS | said))


@pytest.fixture
async def issued(delivery, known):
    event = known(delivery.handover(Issued, at="issuance"), person=uuid4(), email=None)
    await delivery.deliver(event)
    return event


@pytest.fixture
def told(delivery, issued):
    async def tell(fact, *orders):
        claim = OrdersClaim(document=fact.document, orders=list(orders))
        delivery.peers.know("issuance", "orders", fact.document, claim)
        await delivery.deliver(delivery.event(fact, step="issuance", journey=issued.journey))
        query = select(Notice).where(Notice.journey_id == issued.journey).order_by(Notice.id.desc())
        return (await delivery.rows(query))[0]

    return tell


TURNS = [
    (Reinstated(document=uuid4()), "licence_reinstated", "สิ้นสุดแล้ว", "may be used again"),
    (Replaced(document=uuid4(), by=uuid4(), kind="substitute"), "licence_replaced", "ใบแทน", "a substitute"),
    (Replaced(document=uuid4(), by=uuid4(), kind="amended"), "licence_replaced", "ฉบับแก้ไข", "an amended one"),
    (Replaced(document=uuid4(), by=uuid4(), kind="other"), "licence_replaced", "ฉบับใหม่", "a new one"),
    (
        Expiring(document=uuid4(), expires_on=LAST),
        "licence_expiring",
        "31 ธันวาคม 2569",
        "31 December 2026",
    ),
    (
        LicenceExpired(document=uuid4(), expired_on=LAST),
        "licence_expired",
        "31 ธันวาคม 2569",
        "expired",
    ),
]


async def test_every_turn_in_the_life_of_a_document_is_told(told):
    for fact, kind, th, en in TURNS:
        notice = await told(fact)
        assert notice["kind"] == kind
        assert th in notice["body_th"]
        assert en in notice["body_en"]
        assert "๑/๒๕๖๙" in notice["body_en"]


@pytest.mark.parametrize(
    ("until", "th", "en"),
    [(LAST, "ถึงวันที่ 31 ธันวาคม 2569", "until 31 December 2026"), (None, "จนกว่า", "until further notice")],
)
async def test_a_suspension_says_until_when_with_its_grounds(delivery, told, until, th, en):
    now = clock.now()
    orders = [
        order("suspend", now - timedelta(days=90), facts="เรื่องเก่า"), order("suspend", now),
        order("revoke", now, facts="คำสั่งอื่น"),
        order("suspend", now + timedelta(days=1), facts="คำสั่งต่อมา"),
    ]  # fmt: skip
    notice = await told(Suspended(document=uuid4(), until=until), *orders)
    assert (notice["kind"], notice["appeal_days"]) == ("licence_suspended", 15)
    for said in ("ตรวจพบน้ำเสีย", "มาตรา ๔๕", "อันตรายต่อผู้บริโภค", "อุทธรณ์ภายใน 15 วัน", th):
        assert said in notice["body_th"]
    assert "Appeal within 15 days" in notice["body_en"]
    assert en in notice["body_en"]
    for other in ("เรื่องเก่า", "คำสั่งอื่น", "คำสั่งต่อมา"):
        assert other not in notice["body_th"]
    assert len(await delivery.rows(select(AppealPeriod))) == 1


@pytest.mark.parametrize(
    ("fact", "act", "kind"),
    [
        (Revoked(document=uuid4()), "revoke", "licence_revoked"),
        (SubstituteRefused(document=uuid4(), wish=uuid4()), "substitute", "substitute_refused"),
    ],
)
async def test_an_order_is_told_with_its_grounds_and_starts_the_appeal_clock(delivery, told, fact, act, kind):
    notice = await told(fact, order(act, clock.now()), order("suspend", clock.now(), facts="คำสั่งอื่น"))
    assert (notice["kind"], notice["appeal_days"]) == (kind, 15)
    for said in ("ตรวจพบน้ำเสีย", "มาตรา ๔๕", "อันตรายต่อผู้บริโภค", "อุทธรณ์ภายใน 15 วัน"):
        assert said in notice["body_th"]
    assert "Appeal within 15 days" in notice["body_en"]
    assert "คำสั่งอื่น" not in notice["body_th"]
    (period,) = await delivery.rows(select(AppealPeriod))
    assert period["notice_id"] == notice["id"]
