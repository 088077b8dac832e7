"""Every turn that money takes is told: asked for, reminded of, paid in part, paid, lapsed, receipted anew."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from kit.clock import clock
from kit.contracts.claims import ReceiptClaim
from kit.contracts.definition import Bundle, DeliveryStep
from kit.contracts.events import (
    Completed,
    Invoiced,
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
from services.delivery import domain
from services.delivery.models import Notice
from tests.bundles import licence_bundle

pytestmark = pytest.mark.req("D5", part="a fee, and what became of it, is told")

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
    (RefundDue(amount_satang=150, reason="part-paid", **MONEY), "refund_due", ("1.50", "คืนเงินที่ชำระไว้บางส่วน"), None),
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


OVERDUE = [
    (REMINDED, "pay_overdue", ("1,000.00", "ครบกำหนดชำระแล้วเมื่อวันที่ 15 ธันวาคม 2569"), "were due on 15 December 2026"),
    (UNDERPAID, "underpaid_overdue", ("900.00", "100.50", "ครบกำหนดชำระแล้วเมื่อวันที่ 15 ธันวาคม 2569"), "were due on"),
]


@pytest.mark.parametrize(("fact", "kind", "thai", "english"), OVERDUE, ids=["reminded", "underpaid"])
async def test_what_was_due_before_today_is_asked_for_in_other_words(told, fact, kind, thai, english):
    with clock.freeze(DUE + timedelta(days=3)):
        ((found, in_thai, in_english, link),) = await told(fact)
    assert (found, link.rpartition("/")[2]) == (kind, "invoices")
    for words in thai:
        assert words in in_thai
    assert english in in_english
    assert "ภายในวันที่" not in in_thai


def test_a_reminder_is_sent_by_the_same_channels_when_it_is_late():
    step = DeliveryStep.model_validate({
        "id": "delivery", "process": "delivery",
        "ladder": [{"channel": "sms", "notices": ["pay_reminder"], "within": "PT1H"}, {"channel": "email"}],
    })  # fmt: skip
    assert domain.ladder_of(step, "pay_overdue") == domain.ladder_of(step, "pay_reminder")
    assert len(domain.ladder_of(step, "underpaid_overdue")) == 1


@pytest.mark.parametrize(
    ("fact", "is_late"), [(Invoiced, False), (Reminded, False), (Reminded, True)], ids=["asked", "reminded", "overdue"]
)
async def test_it_is_said_when_the_application_lapses_where_it_does(told, fact, is_late):
    asked = {"amount_satang": 100_000, "due_at": DUE, **MONEY}
    with clock.freeze(DUE + timedelta(days=3 if is_late else -3)):
        ((_, thai, english, _),) = await told(fact(expires_at=DUE + timedelta(days=30), **asked))
        assert "หากไม่ชำระภายในวันที่ 14 มกราคม 2570 คำขอจะสิ้นสุด" in thai
        assert english.endswith(" If the fee is not paid by 14 January 2027, the application lapses.")
        for gone in (None, DUE - timedelta(days=30)):
            ((_, thai, english, _),) = await told(fact(expires_at=gone, **asked))
            assert ("สิ้นสุด" in thai, "lapse" in english, "{" in thai) == (False, False, False)


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
