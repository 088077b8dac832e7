"""Every end of a journey reaches the inbox once; mail carries a link and nothing else."""

import asyncio
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock
from kit.contracts.events import (
    Completed,
    Delivered,
    DeliveryFailed,
    Dispatched,
    Granted,
    Invoiced,
    Issued,
    PaymentExpired,
    RefundPaid,
    Refused,
    ReviewRefused,
    Submitted,
    Withdrawn,
)
from kit.contracts.journey import Outcome
from services.delivery.models import Delivery, Dispatch, Notice
from tests.bundles import document_bundle, information_bundle

pytestmark = pytest.mark.req("D1", part="inbox and e-mail")


async def notices(delivery, event):
    return await delivery.rows(select(Notice).where(Notice.journey_id == event.journey))


@pytest.mark.req("D6", part="the inbox has each notice once")
async def test_an_issued_document_ends_the_journey_once(delivery, known):
    event = known(delivery.handover(Issued, at="issuance"))
    await delivery.deliver(event)
    (notice,) = await notices(delivery, event)
    assert (notice["kind"], notice["link"]) == ("issued", f"/v1/journeys/{event.journey}/document")
    assert "๑/๒๕๖๙" in notice["body_th"]
    assert "Licence" in notice["body_en"]
    (completed,) = await delivery.facts(Completed)
    assert (completed.data.outcome, completed.next) == (Outcome.PASSED, "none")
    assert len(await delivery.facts(Delivered)) == 1


@pytest.mark.parametrize(
    ("fact", "at", "bundle"), [(Refused, "approval", None), (ReviewRefused, "review", document_bundle)]
)
async def test_a_refusal_tells_facts_law_reasons_and_the_right_to_appeal(delivery, known, fact, at, bundle):
    if bundle:
        delivery.publish(bundle())
    event = known(delivery.handover(fact, at=at, outcome=Outcome.REFUSED))
    await delivery.deliver(event)
    (notice,) = await notices(delivery, event)
    assert notice["kind"] == "refused"
    for said in ("ไม่มีบ่อดักไขมัน", "ข้อ ๕", "เสี่ยงต่อสุขภาพ", "ภายใน 15 วัน", "ผู้ออกคำสั่ง"):
        assert said in notice["body_th"]
    assert "within 15 days" in notice["body_en"]
    (completed,) = await delivery.facts(Completed)
    assert completed.data.outcome is Outcome.REFUSED


@pytest.mark.req("P9", part="what lapses")
async def test_a_journey_that_lapsed_since_nobody_paid_is_told_and_ends(delivery, known):
    event = known(delivery.handover(PaymentExpired, at="licence-fee", outcome=Outcome.EXPIRED))
    await delivery.deliver(event)
    (notice,) = await notices(delivery, event)
    assert (notice["kind"], "was not paid in time" in notice["body_en"]) == ("expired", True)
    (completed,) = await delivery.facts(Completed)
    assert completed.data.outcome is Outcome.EXPIRED


async def test_of_two_ends_the_first_stands(delivery, known):
    withdrawal = known(delivery.handover(Withdrawn, at="request", outcome=Outcome.WITHDRAWN))
    refusal = delivery.handover(Refused, at="approval", journey=withdrawal.journey, outcome=Outcome.REFUSED)
    await delivery.deliver(withdrawal)
    await delivery.deliver(refusal)
    (row,) = await delivery.rows(select(Delivery))
    assert row["outcome"] == "withdrawn"
    assert len(await delivery.facts(Completed)) == 1
    assert len(await notices(delivery, withdrawal)) == 1


async def test_a_journey_that_informs_is_received_and_answered(delivery, known):
    delivery.publish(information_bundle())
    event = known(delivery.handover(Submitted, at="request"), email=None)
    await delivery.deliver(event)
    assert [row["kind"] for row in await notices(delivery, event)] == ["received", "published"]
    assert len(await delivery.facts(Completed)) == 1


async def test_the_applicant_is_told_on_the_way(delivery, known):
    due = clock.now() + timedelta(days=15)
    invoiced = Invoiced(invoice=uuid4(), amount_satang=123_456_50, currency="THB", due_at=due)
    received = known(delivery.handover(Submitted, at="request"))
    granted = delivery.handover(Granted, at="approval", journey=received.journey)
    pay = delivery.event(invoiced, step="licence-fee", journey=received.journey)
    await delivery.deliver(received, granted, pay)
    told = await notices(delivery, received)
    assert sorted(row["kind"] for row in told) == ["granted", "pay", "received"]
    assert "123,456.50 บาท" in next(row["body_th"] for row in told if row["kind"] == "pay")
    assert not await delivery.facts(Completed)


@pytest.mark.req("P6", part="the applicant is told")
async def test_the_applicant_is_told_of_money_paid_back_each_time(delivery, known):
    received = known(delivery.handover(Submitted, at="request"))
    parts = [RefundPaid(refund=uuid4(), invoice=uuid4(), amount_satang=each, currency="THB") for each in (150, 20_000)]
    events = [delivery.event(each, step="licence-fee", journey=received.journey) for each in parts]
    await delivery.deliver(received, *events)
    told = [row["body_th"] for row in await notices(delivery, received) if row["kind"] == "refunded"]
    assert len(told) == 2
    assert "1.50 บาท" in "".join(told)


async def test_request_is_asked_about_an_applicant_once_whatever_comes_first(delivery, known):
    grant = known(delivery.handover(Granted, at="approval"), person=uuid4())
    await delivery.deliver(grant)
    delivery.peers.claims.pop(("request", "applications"))
    received = delivery.handover(Submitted, at="request", journey=grant.journey)
    issued = delivery.handover(Issued, at="issuance", journey=grant.journey)
    await delivery.deliver(received, issued)
    told = await notices(delivery, grant)
    assert sorted(row["kind"] for row in told) == ["granted", "issued", "received"]
    assert len({row["person_id"] for row in told}) == 1
    assert all("22000000-FOOD-69-000001" in row["subject_th"] for row in told)
    assert all(row["has_address"] for row in told)


async def test_of_a_notice_from_before_the_applicant_was_kept_request_is_asked(delivery, known):
    grant = known(delivery.handover(Granted, at="approval"), person=uuid4())
    await delivery.deliver(grant)
    async with delivery.kit.database.transaction() as session:
        await session.execute(text("UPDATE notice SET application_number = NULL, has_address = NULL"))
    issued = known(delivery.handover(Issued, at="issuance", journey=grant.journey), person=uuid4())
    await delivery.deliver(issued)
    granted, end = await notices(delivery, grant)
    assert end["person_id"] != granted["person_id"]


@pytest.mark.req("D2")
async def test_mail_has_a_link_and_no_personal_data(delivery, known, mail):
    event = known(delivery.handover(Issued, at="issuance"))
    await delivery.deliver(event)

    async def sent():
        return await delivery.facts(Dispatched)

    await delivery.until(sent)
    (message,) = await mail.messages()
    (notice,) = await notices(delivery, event)
    raw = (await mail.http.get(f"/messages/{message['id']}")).text
    parsed = BytesParser(policy=policy.default).parsebytes(raw.encode())
    assert f"/v1/inbox/{notice['id']}" in parsed.get_content()
    whole = str(parsed["Subject"]) + parsed.get_content() + raw
    for personal in ("ร้านลับ", "22000000-FOOD-69-000001", "๑/๒๕๖๙", "ใบอนุญาต"):
        assert personal not in whole
    (evidence,) = await delivery.rows(select(Dispatch))
    assert (evidence["state"], evidence["message_id"]) == ("sent", f"<{notice['id']}@paet>")


async def test_a_mailbox_that_refuses_is_evidence_and_the_inbox_has_it_all_the_same(delivery, known, mail):
    await mail.misbehave("refuse")
    event = known(delivery.handover(Issued, at="issuance"))
    await delivery.deliver(event)

    async def failed():
        return await delivery.facts(DeliveryFailed)

    (fact,) = await delivery.until(failed)
    assert (fact.data.channel, fact.data.reason) == ("email", "refused")
    assert len(await notices(delivery, event)) == 1
    assert len(await delivery.facts(Completed)) == 1


@pytest.mark.parametrize("mode", ["tempfail", "drop-connection"])
async def test_trouble_at_the_mail_server_delays_the_mail_and_loses_none(delivery, known, mail, mode):
    await mail.misbehave(mode)
    event = known(delivery.handover(Issued, at="issuance"))
    await delivery.deliver(event)

    async def tried():
        return await delivery.rows(text("SELECT 1 FROM dispatch_event WHERE kind = 'troubled'"))

    await delivery.until(tried)
    await mail.behave()

    async def sent():
        return await delivery.facts(Dispatched)

    await delivery.until(sent)
    await asyncio.sleep(0.3)
    assert len(await mail.messages()) == 1


async def test_nobody_without_an_address_is_mailed(delivery, known, mail):
    event = known(delivery.handover(Issued, at="issuance"), email=None)
    await delivery.deliver(event)
    assert len(await notices(delivery, event)) == 1
    assert not await delivery.rows(text("SELECT 1 FROM due_work WHERE kind <> 'remove-past'"))
    assert not await mail.messages()


async def test_nobody_is_asked_to_pay_after_the_end_was_told(delivery, known):
    due = clock.now() + timedelta(days=15)
    invoiced = Invoiced(invoice=uuid4(), amount_satang=100, currency="THB", due_at=due)
    withdrawal = known(delivery.handover(Withdrawn, at="request", outcome=Outcome.WITHDRAWN))
    late_bill = delivery.event(invoiced, step="licence-fee", journey=withdrawal.journey)
    late_grant = delivery.handover(Granted, at="approval", journey=withdrawal.journey)
    await delivery.deliver(withdrawal)
    await delivery.deliver(late_bill, late_grant)
    assert [row["kind"] for row in await notices(delivery, withdrawal)] == ["withdrawn"]
