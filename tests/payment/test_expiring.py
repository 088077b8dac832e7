"""An invoice that nobody pays: reminders, the last look, the end of the journey, and money that comes all the same."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import BANGKOK, clock
from kit.contracts.definition import PaymentStep, section_for
from kit.contracts.events import Paid, PaymentExpired, RefundDue, Reminded, Withdrawn
from kit.contracts.journey import Outcome, Process
from kit.workdays import Calendar
from services.payment import domain
from services.payment.models import Checkout, Invoice
from tests.bundles import PAYMENT, SOURCE, period
from tests.payment.conftest import paying

LAPSES = {"policy": "journey", "grace": period(2, "calendar_days"), "source": SOURCE}
REMINDERS = [period(5, "calendar_days"), period(1, "working_days")]
LAPSING = paying("lapsing-licence", lapse=LAPSES, reminders=REMINDERS, takes_card=True)
STAYING = paying("staying-licence", lapse=LAPSES | {"policy": "remind"}, reminders=REMINDERS)


@pytest.fixture
def billed(payment, granted):
    async def bill(bundle=LAPSING, person=None):
        event = granted(bundle=bundle, person=person)
        await payment.deliver(event)
        (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
        return event, row

    return bill


@pytest.fixture
def works(payment):
    async def work(kind):
        """Take up the work of a kind, and wait until it is done or planned for later."""
        async with payment.kit.database.engine.begin() as connection:
            await connection.execute(text("UPDATE due_work SET due_at = :now WHERE kind = :kind"), at(kind))
        await payment.until(lambda: rests(kind))

    async def rests(kind):
        query = "SELECT count(*) AS due FROM due_work WHERE kind = :kind AND due_at <= :now"
        (row,) = await payment.rows(text(query).bindparams(**at(kind)))
        return row["due"] == 0

    def at(kind):
        return {"kind": kind, "now": clock.now()}

    return work


async def state_of(payment, row):
    (found,) = await payment.rows(select(Invoice).where(Invoice.id == row["id"]))
    return found["state"]


def bill_of(row, **more):
    return {"biller": row["biller_id"], "ref1": row["reference1"], "amount": row["amount"]} | more


def thai(*when):
    return datetime(*when, tzinfo=BANGKOK).astimezone(UTC)


@pytest.mark.req("P9", part="reminders")
@pytest.mark.parametrize(
    ("change", "now", "expected"),
    [
        ({}, thai(2026, 11, 2, 9), []),
        ({"reminders": REMINDERS}, thai(2026, 11, 2, 9), [thai(2026, 11, 13, 8, 30), thai(2026, 11, 17, 8, 30)]),
        ({"reminders": REMINDERS}, thai(2026, 11, 13, 8, 30), [thai(2026, 11, 17, 8, 30)]),
        ({"reminders": [period(6, "working_days")]}, thai(2026, 11, 2, 9), [thai(2026, 11, 10, 8, 30)]),
        ({"lapse": LAPSES | {"policy": "remind"}}, thai(2026, 11, 2, 9), [thai(2026, 11, 20, 23, 59, 59, 999_999)]),
        ({"lapse": LAPSES}, thai(2026, 11, 2, 9), []),
    ],
)
def test_reminders_come_at_the_opening_of_offices_so_many_days_before(change, now, expected):
    due_at = thai(2026, 11, 18, 23, 59, 59, 999_999)
    settings = PaymentStep.model_validate(PAYMENT | change)
    assert domain.reminders(settings, due_at, now, Calendar()) == expected


@pytest.mark.req("P9", part="reminders")
def test_reminders_in_hours_are_a_fault_of_the_definition():
    section = section_for(paying("faulty", reminders=[period(1, "calendar_days"), period(3, "hours")]), Process.PAYMENT)
    assert [fault.path for fault in domain.check_section(section)] == ["/steps/licence-fee/reminders/1/unit"]


@pytest.mark.req("P9", part="reminders")
async def test_each_reminder_is_told_once_and_those_missed_together_as_one(payment, billed, works):
    _, row = await billed()
    at = [datetime.fromisoformat(each) for (each,) in await moments(payment)]
    with clock.freeze(at[0]) as advance:
        for _ in range(3):
            await works("remind")
        assert len(await payment.facts(Reminded)) == 1
        async with payment.kit.database.engine.begin() as connection:  # a crash before the row was put off
            await connection.execute(text("UPDATE due_work SET due_at = :now WHERE kind = 'remind'"), {"now": at[0]})
        await works("remind")
        (told,) = await payment.facts(Reminded)
        assert (told.data.invoice, told.data.amount_satang, told.data.due_at) == (row["id"], 100_000, row["due_at"])
        advance(at[1] - at[0])
        await works("remind")
        assert len(await payment.facts(Reminded)) == 2
    assert not await moments(payment)


async def moments(payment):
    query = "SELECT jsonb_array_elements_text(payload -> 'at') AS at FROM due_work WHERE kind = 'remind'"
    return [(row["at"],) for row in await payment.rows(text(query))]


@pytest.mark.req("P9", part="reminders")
async def test_who_has_paid_without_the_bank_telling_is_not_reminded(payment, billed, works, bank):
    event, row = await billed()
    with clock.freeze(row["due_at"] - timedelta(hours=3)):
        await bank.pay(**bill_of(row, mode="silent"))
        await works("remind")
    assert [fact.journey for fact in await payment.facts(Paid)] == [event.journey]
    assert not await payment.facts(Reminded)


@pytest.mark.req("P9")
async def test_an_invoice_that_nobody_pays_expires_once_and_the_journey_with_it(payment, billed, works, bank):
    event, row = await billed()
    assert row["expires_at"] > row["due_at"]
    with clock.freeze(row["expires_at"] - timedelta(seconds=1)) as advance:
        await works("expire")
        await works("remind")
        assert await state_of(payment, row) == "open"
        assert len(await payment.facts(Reminded)) == 1, "those that were missed together are told as one"
        advance(timedelta(seconds=2))
        await works("expire")
        (fact,) = await payment.facts(PaymentExpired)
        assert (fact.journey, fact.next, fact.data.outcome) == (event.journey, "delivery", Outcome.EXPIRED)
        assert fact.address == "events.22000000.payment.expired.delivery"
        await payment.deliver(fact)
        await payment.deliver(
            payment.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
        )
        assert await state_of(payment, row) == "expired"
        await bank.pay(**bill_of(row, mode="silent"))
        advance(timedelta(days=3))
        await works("inquire")
    (due,) = await payment.facts(RefundDue)
    assert (due.data.amount_satang, due.data.reason) == (100_000, "late")
    assert len(await payment.facts(PaymentExpired)) == 1
    assert not await payment.facts(Paid)


@pytest.mark.req("P9", part="what lapses")
async def test_the_last_look_finds_what_was_paid_and_waits_for_a_bank_that_is_away(payment, billed, works, bank):
    event, row = await billed()
    with clock.freeze(row["due_at"] - timedelta(days=4)) as advance:
        await bank.pay(**bill_of(row, mode="silent"))
        await bank.fail("outage")
        advance(row["expires_at"] - clock.now())
        await works("expire")
        assert await state_of(payment, row) == "open"
        await bank.http.delete("/_control/misbehave")
        await works("expire")
    assert await state_of(payment, row) == "paid"
    assert [fact.journey for fact in await payment.facts(Paid)] == [event.journey]
    assert not await payment.facts(PaymentExpired)


@pytest.mark.req("P9", part="what lapses")
@pytest.mark.parametrize("pays", [True, False])
async def test_nothing_expires_while_its_payer_is_at_the_gateway(payment, billed, works, bank, pays):
    person = uuid4()
    _, row = await billed(person=person)
    path = f"/invoices/{row['id']}/card-payments"
    with clock.freeze(row["expires_at"] - timedelta(seconds=1)) as advance:
        begun = (await payment.client.post(path, headers=payment.citizen(person))).json()
        advance(timedelta(seconds=2))
        await works("expire")
        assert await state_of(payment, row) == "open"
        assert (await payment.client.post(path, headers=payment.citizen(person))).json()["state"] == "expired"
        if pays:
            charge = begun["url"].rpartition("/")[2]
            await bank.http.post(f"/card/_control/charges/{charge}", json={"mode": "silent"})
        advance(timedelta(minutes=31))
        await works("expire")
        assert await state_of(payment, row) == ("paid" if pays else "expired")
        (checkout,) = await payment.rows(select(Checkout))
        assert checkout["state"] == ("successful" if pays else "expired")


@pytest.mark.req("P9", part="what lapses")
async def test_where_nothing_lapses_the_payer_is_reminded_once_more_and_may_still_pay(payment, billed, works, bank):
    event, row = await billed(STAYING)
    assert row["expires_at"] is None
    with clock.freeze(row["due_at"] + timedelta(days=10)):
        await works("remind")
        assert len(await payment.facts(Reminded)) == 1
        assert await state_of(payment, row) == "open"
        (told,) = await bank.pay(**bill_of(row))
        await payment.client.post("/payment-callbacks/scb", json=told)

        async def paid():
            return await payment.facts(Paid)

        (fact,) = await payment.until(paid)
    assert fact.journey == event.journey
    assert not await payment.rows(text("SELECT 1 FROM due_work WHERE kind IN ('remind', 'expire')"))
