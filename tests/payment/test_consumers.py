"""Invoices, verified payments, receipts and refunds on real servers, every event delivered twice."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock, local_date
from kit.contracts.events import Invoiced, Paid, RefundDue, Underpaid, Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands, domain
from services.payment.models import Invoice, LedgerEntry, Payment, Receipt
from services.payment.providers.scb import Scb


async def open_invoice(payment, granted, **how):
    event = granted(**how)
    await payment.deliver(event)
    (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
    return event, row


async def paid(payment, journey):
    async def there():
        return [each for each in await payment.facts(Paid) if each.journey == journey]

    return await payment.until(there)


async def call_back(payment, body, provider="scb"):
    return await payment.client.post(f"/payment-callbacks/{provider}", json=body)


def bill(row, **more):
    return {"biller": row["biller_id"], "ref1": row["reference1"], "amount": row["amount"]} | more


async def balanced(payment):
    rows = await payment.rows(text("SELECT booking_id, sum(amount) AS total FROM ledgerentry GROUP BY 1"))
    return rows and all(row["total"] == 0 for row in rows)


async def test_a_hand_over_is_billed_once(payment, granted):
    event, row = await open_invoice(payment, granted)
    (fact,) = await payment.facts(Invoiced)
    assert (fact.data.invoice, fact.data.amount_satang) == (row["id"], 100_000)
    assert (fact.journey, fact.next) == (event.journey, "none")


@pytest.mark.req("P4")
async def test_a_payment_verified_at_the_bank_is_receipted_and_hands_over_once(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row))
    answers = await asyncio.gather(*(call_back(payment, body) for _ in range(3)))
    assert {answer.json()["resCode"] for answer in answers} == {"00"}
    assert {answer.json()["transactionId"] for answer in answers} == {body["transactionId"]}
    (fact,) = await paid(payment, event.journey)
    assert (fact.step, fact.next, fact.nextstep) == ("licence-fee", "issuance", "issuance")
    (receipt,) = await payment.rows(select(Receipt))
    assert (receipt["running"], receipt["amount"]) == (1, 100_000)
    assert await balanced(payment)
    assert (await call_back(payment, body)).json()["resCode"] == "00"
    assert len(await payment.rows(select(Receipt))) == 1


@pytest.mark.req("P4")
async def test_a_forged_callback_stays_unverified_and_pays_nothing(payment, granted, bank):
    _, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row, mode="forged"))
    assert (await call_back(payment, body)).json()["resCode"] == "00"
    await asyncio.sleep(0.5)
    (heard,) = await payment.rows(select(Payment))
    assert heard["state"] == "unverified"
    assert not await payment.facts(Paid)
    assert not await payment.rows(select(LedgerEntry))


async def test_callbacks_that_come_together_are_each_judged_alone(payment, granted, bank):
    bills = [await open_invoice(payment, granted) for _ in range(6)]
    modes = ["ok", "ok", "forged", "ok", "ok", "ok"]
    bodies = [
        body for (_, row), mode in zip(bills, modes, strict=True) for body in await bank.pay(**bill(row, mode=mode))
    ]
    await asyncio.gather(*(call_back(payment, body) for body in bodies))
    for (event, _), mode in zip(bills, modes, strict=True):
        if mode == "ok":
            await paid(payment, event.journey)
    states = [row["state"] for row in await payment.rows(select(Payment))]
    assert sorted(states) == ["applied"] * 5 + ["unverified"]
    assert sorted(row["running"] for row in await payment.rows(select(Receipt))) == [1, 2, 3, 4, 5]
    assert await balanced(payment)


async def test_an_invoice_that_somebody_holds_holds_up_no_other(payment, granted, bank):
    bills = [await open_invoice(payment, granted) for _ in range(4)]
    bodies = [(await bank.pay(**bill(row)))[0] for _, row in bills]
    (event, held), *others = bills
    async with payment.kit.database.transaction() as session:
        await session.exec(select(Invoice).where(Invoice.id == held["id"]).with_for_update())
        await asyncio.gather(*(call_back(payment, body) for body in bodies[1:]))
        for other, _ in others:
            await paid(payment, other.journey)
    await call_back(payment, bodies[0])
    await paid(payment, event.journey)


async def test_several_are_settled_together_save_those_that_somebody_holds(payment, granted, bank):
    rows = [(await open_invoice(payment, granted))[1] for _ in range(3)]
    booked, day = {}, local_date(clock.now())
    for row in rows:
        await bank.pay(**bill(row, mode="silent"))
        booked[row["id"]] = await payment.kit.resource(Scb).inquire(row["biller_id"], row["reference1"], day)
    async with payment.kit.database.transaction() as other:
        await other.exec(select(Invoice).where(Invoice.id == rows[0]["id"]).with_for_update())
        async with payment.kit.database.transaction() as session:
            assert len(await commands.settle_all(session, "scb", booked)) == 2
    async with payment.kit.database.transaction() as session:
        assert len(await commands.settle_all(session, "scb", booked)) == 3
    assert sorted(row["running"] for row in await payment.rows(select(Receipt))) == [1, 2, 3]
    assert len(await payment.facts(Paid)) == 3
    assert await balanced(payment)


async def test_an_invoice_that_there_is_not_is_a_fault_alone_and_left_out_among_several(payment):
    with pytest.raises(domain.InvoiceNotFound):
        async with payment.kit.database.transaction() as session:
            await commands.settle(session, uuid4(), "scb", [])
    async with payment.kit.database.transaction() as session:
        assert await commands.settle_all(session, "scb", {uuid4(): []}) == set()


async def test_a_column_that_a_later_release_adds_keeps_nobody_from_paying(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    async with payment.kit.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE invoice ADD COLUMN payment_id uuid, ADD COLUMN running integer"))
    (body,) = await bank.pay(**bill(row))
    await call_back(payment, body)
    await paid(payment, event.journey)


async def test_callbacks_repeated_while_others_are_verified_hold_nothing_up(payment, granted, bank):
    bills = [await open_invoice(payment, granted) for _ in range(3)]
    modes = ["ok", "forged", "forged"]
    told = [await bank.pay(**bill(row, mode=mode)) for (_, row), mode in zip(bills, modes, strict=True)]
    bodies = [body for each in told for body in each]
    async with asyncio.timeout(30):
        for _ in range(8):
            answers = await asyncio.gather(*(call_back(payment, body) for body in bodies))
            assert {answer.status_code for answer in answers} <= {200, 429}
    await paid(payment, bills[0][0].journey)
    assert len(await payment.rows(select(Receipt))) == 1


@pytest.mark.req("P4")
async def test_a_callback_that_lies_about_the_amount_is_judged_by_the_bank(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row, amount=50_000, mode="wrong-amount"))
    await call_back(payment, body | {"amount": "1000.00"})

    async def judged():
        return await payment.facts(Underpaid)

    (told,) = await payment.until(judged)
    assert (told.journey, told.data.amount_satang, told.data.missing_satang) == (event.journey, 50_000, 50_000)
    assert not await payment.facts(Paid)


@pytest.mark.req("P4")
@pytest.mark.parametrize("amount", [100_001, 150_000])
async def test_too_much_settles_the_invoice_and_the_excess_is_owed(payment, granted, bank, amount):
    event, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row, amount=amount, mode="wrong-amount"))
    await call_back(payment, body)
    await paid(payment, event.journey)
    (due,) = await payment.facts(RefundDue)
    assert (due.data.amount_satang, due.data.reason) == (amount - 100_000, "overpaid")
    assert await balanced(payment)


@pytest.mark.req("P4")
async def test_paid_twice_is_receipted_once_and_the_second_is_owed(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    for body in await bank.pay(**bill(row, mode="twice")):
        await call_back(payment, body)
    await paid(payment, event.journey)

    async def owed():
        return await payment.facts(RefundDue)

    (due,) = await payment.until(owed)
    assert (due.data.amount_satang, due.data.reason) == (100_000, "duplicate")
    assert len(await payment.rows(select(Receipt))) == 1
    assert len(await paid(payment, event.journey)) == 1


async def test_looks_at_a_callback_are_counted_whatever_the_clock_says(payment, granted, bank, monkeypatch):
    _, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row, mode="forged"))
    await call_back(payment, body)
    work = text("SELECT coalesce((payload ->> 'looks')::int, 0) AS looks FROM due_work WHERE kind = 'verify'")

    async def looked(times):
        return [each["looks"] for each in await payment.rows(work)] == [times]

    async def again():
        async with payment.kit.database.engine.begin() as connection:
            await connection.execute(text("UPDATE payment SET heard_at = now() - interval '30 days'"))
            await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'verify'"))

    await payment.until(lambda: looked(1))
    await again()
    await payment.until(lambda: looked(2))
    monkeypatch.setattr("services.payment.duework.verifying.MOST_LOOKS", 3)
    await again()

    async def given_up():
        return not await payment.rows(work)

    await payment.until(given_up)


@pytest.mark.req("P4")
async def test_a_silent_bank_loses_no_payment(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    await bank.pay(**bill(row, mode="silent"))
    async with payment.kit.database.engine.begin() as connection:
        await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'inquire'"))
    await paid(payment, event.journey)


async def test_a_bank_that_is_away_is_asked_again(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row))
    await bank.fail("outage")
    await call_back(payment, body)

    async def failed():
        return await payment.rows(text("SELECT error FROM due_work WHERE kind = 'verify' AND attempts > 0"))

    await payment.until(failed)
    await bank.http.delete("/_control/misbehave")
    await paid(payment, event.journey)


@pytest.mark.req("P5", part="sandbox bank over HTTP")
async def test_a_withdrawal_after_payment_owes_the_money_back(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row))
    await call_back(payment, body)
    await paid(payment, event.journey)
    withdrawal = payment.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    await payment.deliver(withdrawal)
    (due,) = await payment.facts(RefundDue)
    assert (due.data.amount_satang, due.data.reason) == (100_000, "withdrawn")
    assert await balanced(payment)


@pytest.mark.req("P4")
async def test_a_withdrawal_before_payment_voids_the_invoice_and_late_money_is_owed(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    withdrawal = payment.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    await payment.deliver(withdrawal)
    (body,) = await bank.pay(**bill(row))
    await call_back(payment, body)

    async def owed():
        return await payment.facts(RefundDue)

    (due,) = await payment.until(owed)
    assert due.data.reason == "late"
    assert not await payment.facts(Paid)


async def test_a_withdrawal_delivered_before_the_bill_it_stops_opens_no_invoice(payment, granted):
    event = granted()
    withdrawal = payment.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    await payment.deliver(withdrawal)
    await payment.deliver(event)
    assert not await payment.rows(select(Invoice))


async def test_receipt_numbers_have_no_gap_under_concurrency(payment, granted, bank):
    events = [granted() for _ in range(12)]
    await payment.deliver(*events)
    rows = await payment.rows(select(Invoice))
    bodies = [(await bank.pay(**bill(row)))[0] for row in rows]
    await asyncio.gather(*(call_back(payment, body) for body in bodies))

    async def all_receipted():
        return len(await payment.rows(select(Receipt))) == 12

    await payment.until(all_receipted)
    assert sorted(row["running"] for row in await payment.rows(select(Receipt))) == list(range(1, 13))


async def test_the_database_refuses_a_booking_that_does_not_balance_and_any_change(payment, granted):
    _, row = await open_invoice(payment, granted)
    insert = text(
        "INSERT INTO ledgerentry (id, booking_id, invoice_id, account, amount, booked_at)"
        " VALUES (:id, :booking, :invoice, 'bank', 1, now())"
    )
    values = {"id": uuid4(), "booking": uuid4(), "invoice": row["id"]}
    with pytest.raises(Exception, match="does not balance"):
        async with payment.kit.database.engine.begin() as connection:
            await connection.execute(insert, values)
    assert not await payment.rows(select(LedgerEntry))


async def test_a_callback_that_names_anothers_transaction_does_not_take_the_money(payment, granted, bank):
    _, mine = await open_invoice(payment, granted)
    event, others = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(others))
    await call_back(payment, body | {"billPaymentRef1": mine["reference1"]})
    await call_back(payment, body)
    async with payment.kit.database.engine.begin() as connection:
        await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'inquire'"))
    await paid(payment, event.journey)
    (row,) = await payment.rows(select(Payment))
    assert row["invoice_id"] == others["id"]
    withdrawal = payment.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    await payment.deliver(withdrawal)
    (due,) = await payment.facts(RefundDue)
    assert (due.data.invoice, due.data.amount_satang) == (others["id"], 100_000)


async def test_a_callback_in_the_moment_of_the_inquiry_locks_nobody_out(payment, granted, bank):
    _, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row))
    booked = await payment.kit.resource(Scb).inquire(row["biller_id"], row["reference1"], local_date(clock.now()))
    async with payment.kit.database.transaction() as session:
        await session.exec(select(Invoice).where(Invoice.id == row["id"]).with_for_update())
        calling = asyncio.create_task(call_back(payment, body))
        await asyncio.sleep(0.5)
        await commands.settle(session, row["id"], "scb", booked)
    assert (await calling).json()["resCode"] == "00"
    assert len(await payment.rows(select(Receipt))) == 1


async def test_money_that_nobody_told_of_is_found_by_the_last_look(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    await bank.pay(**bill(row, mode="silent"))
    await bank.pay(**bill(row, mode="silent"))
    with clock.freeze(row["due_at"] + timedelta(days=3)):
        async with payment.kit.database.engine.begin() as connection:
            await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'inquire'"))
        await paid(payment, event.journey)

        async def owed():
            return await payment.facts(RefundDue)

        (due,) = await payment.until(owed)
    assert due.data.reason == "duplicate"


async def test_a_paid_invoice_is_looked_at_once_more_for_a_second_payment(payment, granted, bank):
    event, row = await open_invoice(payment, granted)
    (body,) = await bank.pay(**bill(row))
    await call_back(payment, body)
    await paid(payment, event.journey)
    await bank.pay(**bill(row, mode="silent"))
    async with payment.kit.database.engine.begin() as connection:
        await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'inquire'"))

    async def waits_for_the_end():
        planned = await payment.rows(text("SELECT due_at FROM due_work WHERE kind = 'inquire'"))
        return planned and planned[0]["due_at"] >= row["due_at"]

    await payment.until(waits_for_the_end)
    with clock.freeze(row["due_at"] + timedelta(days=3)):

        async def owed():
            return await payment.facts(RefundDue)

        async def forgotten():
            return not await payment.rows(text("SELECT 1 FROM due_work WHERE kind = 'inquire'"))

        (due,) = await payment.until(owed)
        await payment.until(forgotten)
    assert due.data.reason == "duplicate"
    assert len(await payment.facts(RefundDue)) == 1
