"""A fee that was paid by several payments goes back to each of them, by bank and by card, for no more than it paid."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock
from kit.contracts.events import RefundDue, Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands
from services.payment.domain import BankTransaction
from services.payment.duework import WORK
from services.payment.models import Invoice, Payment, Refund
from tests.payment.test_refunds import ANONG, FEE, MALEE, SOMCHAI, Counter, code

pytestmark = pytest.mark.req("P6")


@pytest.fixture
def counter(payment, granted):
    return Counter(payment, granted)


async def billed(counter: Counter) -> dict:
    event = counter.granted(person=uuid4())
    await counter.payment.deliver(event)
    (row,) = await counter.payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
    return row


async def pay(counter: Counter, row: dict, amount: int, provider: str = "scb") -> None:
    booked = BankTransaction(uuid4().hex, row["biller_id"], row["reference1"], amount, clock.now())
    async with counter.payment.kit.database.transaction() as session:
        await commands.settle(session, row["id"], provider, [booked])


async def state_of(counter: Counter, row: dict) -> tuple[str, int]:
    (found,) = await counter.payment.rows(select(Invoice).where(Invoice.id == row["id"]))
    return found["state"], found["held"]


async def want(counter: Counter, row: dict, amount: int, **headers):
    body = {"amount_satang": amount, "reason": "x"}
    return await counter.post(f"/invoices/{row['id']}/refunds", MALEE, body, **headers)


async def paid_back(counter: Counter, refund: str) -> None:
    assert (await counter.act(UUID(refund), "approval", SOMCHAI)).status_code == 200
    answer = await counter.pay(UUID(refund), uuid4().hex, ANONG)
    assert (answer.status_code, answer.json()["state"]) == (200, "paid"), answer.text


async def test_a_decision_is_drawn_on_each_payment_for_no_more_than_it_paid(counter):
    """999.00 by bank and 1.00 by card; 900.00 go back: 1.00 by card, 899.00 from the bank."""
    row = await billed(counter)
    await pay(counter, row, FEE - 100)
    await pay(counter, row, 100, "card")
    answers = [await want(counter, row, 90_000, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201], answers[0].text
    first, again = (each.json() for each in answers)
    assert again == first, "a repeated wish is the same refunds"
    assert code(await want(counter, row, 100, **{"Idempotency-Key": "k"})) == (409, "refund-key-used")
    (other,) = first["others"]
    second = await counter.get(f"/refunds/{other}")
    payments = {each["provider"]: each for each in await counter.payment.rows(select(Payment))}
    for refund, provider, amount in ((first, "card", 100), (second, "scb", 89_900)):
        of = payments[provider]
        assert (refund["provider"], refund["payment"], refund["transaction"], refund["amount_satang"]) == (
            provider, str(of["id"]), of["transaction_id"], amount,
        )  # fmt: skip
        await paid_back(counter, refund["id"])
    balances = await counter.balances()
    assert (balances["bank"], balances.get("card", 0)) == (10_000, 0)
    assert code(await want(counter, row, 10_001)) == (422, "more-than-owed")
    end = counter.payment.handover(Withdrawn, at="request", journey=row["journey_id"], outcome=Outcome.WITHDRAWN)
    await counter.payment.deliver(end)
    owed = await counter.payment.rows(select(Refund).where(Refund.reason == "withdrawn"))
    assert [(each["payment_id"], each["amount"]) for each in owed] == [(payments["scb"]["id"], 10_000)]


async def test_a_wish_that_waits_is_left_to_nobody_else(counter):
    row = await billed(counter)
    await pay(counter, row, 60_000)
    await pay(counter, row, 40_000, "card")
    await want(counter, row, 40_000)
    answer = (await want(counter, row, 60_000)).json()
    assert (answer["provider"], answer["amount_satang"], answer["others"]) == ("scb", 60_000, [])
    assert code(await want(counter, row, 1)) == (422, "more-than-owed")


async def test_what_was_paid_in_part_goes_back_by_two_persons_and_the_fee_is_open_as_before(counter):
    row = await billed(counter)
    assert code(await want(counter, row, 1)) == (409, "invoice-not-paid")
    await pay(counter, row, 30_000)
    await pay(counter, row, 100, "card")
    for amount, refusal in ((30_101, "more-than-owed"), (30_000, "parts-go-back-whole")):
        assert code(await want(counter, row, amount)) == (422, refusal)
    wish = (await want(counter, row, 30_100)).json()
    assert code(await want(counter, row, 30_100)) == (409, "invoice-not-paid"), "it is wanted already"
    assert (await counter.act(UUID(wish["id"]), "rejection", SOMCHAI, reason="x")).status_code == 200
    (other,) = wish["others"]
    assert code(await counter.act(UUID(other), "approval", MALEE)) == (403, "approver-is-proposer")
    await paid_back(counter, other)
    again = (await want(counter, row, 100)).json()
    await paid_back(counter, again["id"])
    assert await state_of(counter, row) == ("open", 0)
    assert {name: left for name, left in (await counter.balances()).items() if left} == {}
    told = [(each.data.amount_satang, each.data.reason) for each in await counter.payment.facts(RefundDue)]
    assert told == [(30_000, "part-paid"), (100, "part-paid")]
    await pay(counter, row, FEE)
    assert (await state_of(counter, row))[0] == "paid"
    assert (await counter.balances())["bank"] == FEE


async def test_a_wish_for_parts_ends_when_the_rest_comes(counter):
    row = await billed(counter)
    await pay(counter, row, 30_000)
    wish = (await want(counter, row, 30_000)).json()
    await pay(counter, row, 70_000)
    answer = await counter.act(UUID(wish["id"]), "approval", SOMCHAI)
    assert code(answer) == (409, "invoice-not-open")
    assert (await counter.act(UUID(wish["id"]), "rejection", SOMCHAI, reason="x")).json()["state"] == "rejected"


@pytest.mark.parametrize(("state", "settling"), [("void", None), ("paid", FEE)])
async def test_parts_that_an_older_release_forgot_go_back_at_the_last_look(counter, state, settling):
    """It ended the invoice, or settled it by the whole fee, without a look at what was paid in part."""
    row = await billed(counter)
    await pay(counter, row, 30_000)
    async with counter.payment.kit.database.engine.begin() as connection:
        if settling:
            await connection.execute(text("UPDATE invoice SET held = 0"))
    if settling:
        await pay(counter, row, FEE)
    async with counter.payment.kit.database.engine.begin() as connection:
        await connection.execute(text("UPDATE invoice SET state = :state, held = 30000"), {"state": state})
    with clock.freeze(row["due_at"] + timedelta(days=3)):
        for _ in range(2):
            await WORK["inquire"](counter.payment.kit, str(row["id"]), {})
    owed = await counter.payment.rows(select(Refund))
    assert [(each["amount"], each["reason"]) for each in owed] == [(30_000, "part-paid")]
    balances = await counter.balances()
    assert "part-paid" not in balances
    assert balances["refund-due"] == -30_000
