"""The looks before an end: charges that nobody knows, a bank asked once, parts told once, what lapses and when."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock
from kit.contracts.definition import plan_faults
from kit.contracts.events import Invoiced, Reminded, Underpaid
from kit.duework import Later
from services.payment import commands
from services.payment.commands import charging
from services.payment.domain import BankTransaction, ChargeState
from services.payment.duework import WORK
from services.payment.models import Checkout, Invoice
from services.payment.providers.card import Cards
from services.payment.providers.scb import Scb
from tests import bundles
from tests.payment.conftest import paying
from tests.payment.test_expiring import LAPSES, LAPSING
from tests.payment.till import BankBook, Gateway

FEE = 100_000


@pytest.fixture
async def bill(payment, granted):
    person = uuid4()
    event = granted(bundle=LAPSING, person=person)
    await payment.deliver(event)
    (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
    async with payment.kit.database.engine.begin() as connection:  # each look is taken here, and by nobody else
        await connection.execute(text("DELETE FROM due_work"))
    return dict(row) | {"person": person}


class Asked(BankBook):
    """A bank that counts how often it is asked."""

    times = 0

    async def inquire(self, biller, reference, day):
        self.times += 1
        return await super().inquire(biller, reference, day)


async def state_of(payment, bill):
    (found,) = await payment.rows(select(Invoice).where(Invoice.id == bill["id"]))
    return found["state"]


async def begun(payment, bill):
    path = f"/invoices/{bill['id']}/card-payments"
    answer = await payment.client.post(path, headers=payment.citizen(bill["person"]))
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


@pytest.mark.req("P9", part="what lapses")
async def test_a_charge_under_way_asks_no_bank_and_one_that_stays_so_past_its_end_is_waited_for_no_longer(
    payment, bill
):
    bank, cards = Asked(), Gateway()
    payment.kit.provide(bank, Scb)
    payment.kit.provide(cards, Cards)
    key = str(bill["id"])
    with clock.freeze(bill["expires_at"] - timedelta(seconds=1)) as advance:
        checkout = await begun(payment, bill)
        advance(timedelta(seconds=2))
        (charge_id,) = cards.charges
        stuck = replace(cards.charges[charge_id])

        async def retrieve(_charge_id):
            return stuck  # pending for ever

        cards.retrieve = retrieve
        for work, which in (("expire", key), ("charge", str(checkout))):
            with pytest.raises(Later):
                await WORK[work](payment.kit, which, {})
        assert bank.times == 0
        advance(timedelta(hours=7))
        await WORK["expire"](payment.kit, key, {})
        days = (clock.now() - bill["created_at"]).days
        assert days <= bank.times <= days + 2, "each day once"
    assert await state_of(payment, bill) == "expired"
    (row,) = await payment.rows(select(Checkout))
    assert row["state"] == "expired"


@pytest.mark.req("P5", part="card provider")
async def test_a_charge_that_the_gateway_does_not_know_has_expired(payment):
    charge = await payment.kit.resource(Cards).retrieve("chrg_unknown")
    assert (charge.state, charge.transaction) == (ChargeState.EXPIRED, None)


@pytest.mark.req("P5", part="card provider")
async def test_a_charge_that_succeeded_and_settles_nothing_is_told_to_those_who_operate(payment, bill, monkeypatch):
    cards, told = Gateway(), []
    payment.kit.provide(cards, Cards)
    checkout = await begun(payment, bill)
    (charge_id,) = cards.charges
    cards.pay(charge_id, FEE)
    paid = cards.charges[charge_id]
    other = replace(paid, transaction=replace(paid.transaction, reference1="ELSEWHERE"))
    monkeypatch.setattr(charging.log, "error", lambda event, **details: told.append(details["charge"]))
    for charge in (other, paid):
        async with payment.kit.database.transaction() as session:
            await commands.conclude(session, checkout, charge)
    assert told == [charge_id]


@pytest.mark.req("P9", part="what lapses")
async def test_what_is_to_expire_is_asked_about_until_it_has(payment, bill):
    bank = Asked()
    payment.kit.provide(bank, Scb)
    with clock.freeze(bill["expires_at"] + timedelta(days=5)) as advance:
        with pytest.raises(Later) as later:  # its end was put off
            await WORK["inquire"](payment.kit, str(bill["id"]), {})
        assert (bank.times, later.value.at - clock.now()) == (2, timedelta(hours=1))
        await WORK["expire"](payment.kit, str(bill["id"]), {})
        with pytest.raises(Later) as later:
            await WORK["inquire"](payment.kit, str(bill["id"]), {})
        assert later.value.at - clock.now() == timedelta(days=2)
        advance(timedelta(days=2))
        await WORK["inquire"](payment.kit, str(bill["id"]), {})


@pytest.mark.req("P9", part="reminders")
async def test_whoever_is_asked_to_pay_learns_when_the_application_lapses(payment, bill):
    (asked,) = await payment.facts(Invoiced)
    with clock.freeze(bill["due_at"]):
        async with payment.kit.database.transaction() as session:
            await commands.remind(session, bill["id"], 1)
    (reminded,) = await payment.facts(Reminded)
    assert asked.data.expires_at == reminded.data.expires_at == bill["expires_at"] is not None
    shown = (await payment.client.get(f"/invoices/{bill['id']}", headers=payment.citizen(bill["person"]))).json()
    assert shown["expires_at"] is not None


@pytest.mark.req("P5")
@pytest.mark.parametrize(("amounts", "told"), [((30_000, 20_000), [(50_000, 50_000)]), ((30_000, 70_000), [])])
async def test_parts_that_come_together_are_told_of_once_and_not_where_they_are_all(payment, bill, amounts, told):
    booked = [
        BankTransaction(uuid4().hex, bill["biller_id"], bill["reference1"], amount, clock.now()) for amount in amounts
    ]
    async with payment.kit.database.transaction() as session:
        await commands.settle(session, bill["id"], "scb", booked)
    assert [(each.data.amount_satang, each.data.missing_satang) for each in await payment.facts(Underpaid)] == told


@pytest.mark.req("P9", part="what lapses")
def test_no_journey_lapses_with_a_fee_after_something_was_issued():
    later = bundles.PAYMENT | {"id": "card-fee", "lapse": LAPSES}
    steps = [bundles.SEARCH, bundles.IDENTITY, bundles.REQUEST, bundles.REVIEW, bundles.APPROVAL, bundles.PAYMENT]
    after = bundles.bundle(*steps, bundles.ISSUANCE, later, bundles.DELIVERY)
    assert any("card-fee" in fault.message.en for fault in plan_faults(after.definition))
    before = paying("lapsing", lapse=LAPSES)
    reminding = bundles.bundle(
        *steps, bundles.ISSUANCE, later | {"lapse": LAPSES | {"policy": "remind"}}, bundles.DELIVERY
    )
    for each in (before, reminding):
        assert not any("lapses" in fault.message.en for fault in plan_faults(each.definition))
