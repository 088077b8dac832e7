"""Every turn that money takes is told: asked for, reminded of, paid in part, paid, lapsed, receipted anew."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlmodel import select

from kit.contracts.events import (
    Completed,
    Paid,
    PaymentExpired,
    ReceiptReplaced,
    RefundDue,
    Reminded,
    Submitted,
    Underpaid,
    Withdrawn,
)
from kit.contracts.journey import Outcome
from services.delivery.models import Notice

pytestmark = pytest.mark.req("D5", part="no fact tells a defect or a delay yet")

DUE = datetime.fromisoformat("2026-12-15T23:59:59+07:00")
MONEY = {"invoice": uuid4(), "currency": "THB"}
REMINDED = Reminded(amount_satang=100_000, due_at=DUE, **MONEY)
UNDERPAID = Underpaid(amount_satang=90_000, missing_satang=10_050, due_at=DUE, **MONEY)


@pytest.fixture
def told(delivery, known):
    received = known(delivery.handover(Submitted, at="request"), email=None)

    async def tell(fact):
        event = (
            delivery.handover(fact[0], at="licence-fee", journey=received.journey, outcome=fact[1])
            if isinstance(fact, tuple)
            else delivery.event(fact, step="licence-fee", journey=received.journey)
        )
        await delivery.deliver(received, event)
        query = select(Notice).where(Notice.journey_id == received.journey, Notice.cause == event.id)
        return [(row["kind"], row["body_th"], row["body_en"], row["link"]) for row in await delivery.rows(query)]

    return tell


TURNS = [
    (REMINDED, "pay_reminder", ("1,000.00", "15 ธันวาคม 2569"), "invoices"),
    (UNDERPAID, "underpaid", ("900.00", "100.50", "15 ธันวาคม 2569"), "invoices"),
    ((Paid, Outcome.PASSED), "paid", ("1,000.00", "BMA-2569-000001"), "receipts"),
    (RefundDue(amount_satang=150, reason="duplicate", **MONEY), "refund_due", ("1.50", "มีการชำระซ้ำ"), None),
    (ReceiptReplaced(receipt=uuid4(), by=uuid4(), purpose="rcts01"), "receipt_replaced", ("ฉบับใหม่",), "receipts"),
    (ReceiptReplaced(receipt=uuid4(), by=None, purpose="rcts01"), "receipt_cancelled", ("ถูกยกเลิก",), None),
]


async def test_every_turn_is_told_once_with_what_it_is_about(told):
    for fact, kind, said, link in TURNS:
        ((found, thai, english, where),) = await told(fact)
        assert found == kind
        assert (where or "None").rpartition("/")[2] == str(link)
        for words in said:
            assert words in thai
        assert "22000000-FOOD-69-000001" in english


async def test_a_fee_that_nobody_paid_ends_the_journey(delivery, told):
    ((kind, thai, english, _),) = await told((PaymentExpired, Outcome.EXPIRED))
    assert kind == "expired"
    assert "สิ้นสุด" in thai
    assert "apply anew" in english
    (completed,) = await delivery.facts(Completed)
    assert completed.data.outcome is Outcome.EXPIRED


@pytest.mark.parametrize("fact", [REMINDED, UNDERPAID])
async def test_nobody_is_asked_to_pay_after_the_end(told, fact):
    assert await told((Withdrawn, Outcome.WITHDRAWN))
    assert await told(fact) == []
