"""Every turn that money takes is told: asked for, reminded of, paid in part, paid, lapsed, receipted anew."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlmodel import select

from kit.contracts.claims import ReceiptClaim
from kit.contracts.definition import Bundle
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
from tests.bundles import licence_bundle

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


@pytest.mark.parametrize("fact", [REMINDED, UNDERPAID])
async def test_nobody_is_asked_for_what_was_paid(told, fact):
    assert await told((Paid, Outcome.PASSED))
    assert await told(fact) == []


async def test_the_fee_of_a_later_step_is_asked_for_all_the_same(delivery, known):
    received = known(delivery.handover(Submitted, at="request"), email=None)
    paid = delivery.handover(Paid, at="licence-fee", journey=received.journey)
    others, same = (delivery.event(REMINDED, step=each, journey=paid.journey) for each in ("other-fee", "licence-fee"))
    await delivery.deliver(received, paid, same, others)
    rows = await delivery.rows(select(Notice).where(Notice.kind == "pay_reminder"))
    assert [row["cause"] for row in rows] == [others.id]


@pytest.mark.parametrize("why", ["the fee is nothing", "the receipt was cancelled since"])
@pytest.mark.parametrize("is_last", [False, True])
async def test_without_a_receipt_no_payment_is_told_and_the_journey_goes_on(delivery, known, why, is_last):
    del why  # payment shows no standing receipt either way
    if is_last:
        whole = licence_bundle().model_dump(mode="json")
        plan = [step for step in whole["definition"]["plan"] if step["process"] != "issuance"]
        whole["definition"] |= {"id": "paid-last", "plan": plan}
        delivery.publish(Bundle.model_validate(whole))
    paid = known(delivery.handover(Paid, at="licence-fee"), email=None)
    delivery.peers.know("payment", "receipts", paid.journey, ReceiptClaim(journey=paid.journey, receipts=[]))
    await delivery.deliver(paid)
    rows = await delivery.rows(select(Notice).where(Notice.journey_id == paid.journey))
    assert [row["kind"] for row in rows] == ["completed"] * is_last
    assert len(await delivery.facts(Completed)) == is_last
