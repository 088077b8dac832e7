"""Cards: a page of the gateway's own, webhooks that count only when signed and true, a gateway that fails every way."""

import asyncio
from base64 import b64encode
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock, local_date
from kit.contracts.events import Paid, RefundDue, Withdrawn
from kit.contracts.journey import Outcome
from kit.local.doubles.card.webhook import letter
from services.payment.models import Checkout, Invoice, Payment, Receipt, Refund
from services.payment.settings import Settings
from tests.bundles import licence_bundle
from tests.payment.conftest import CARDS, paying

FEE = 100_000
CASHIERS = (uuid4(), uuid4())
TAKES_CARDS = paying("card-licence", takes_card=True)


class Payer:
    """Somebody with an invoice and a card."""

    def __init__(self, payment, bank, event, row, person):
        self.payment, self.bank, self.event, self.row = payment, bank, event, row
        self.headers = payment.citizen(person)
        self.charge = None

    async def begin(self, status=201):
        path = f"/invoices/{self.row['id']}/card-payments"
        answer = await self.payment.client.post(path, headers=self.headers)
        assert answer.status_code == status, answer.text
        if status == 201:
            self.charge = answer.json()["url"].rpartition("/")[2]
        return answer.json()

    async def act(self, mode="ok", **more):
        """Do something on the gateway's page; what the charge is in the gateway's book."""
        answer = await self.bank.http.post(f"/card/_control/charges/{self.charge}", json={"mode": mode} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def hear(self, told, secret=CARDS["card_webhook_secret"], **change):
        """The gateway's webhook, as it would post it."""
        written = letter(secret, None, told)
        return await self.payment.client.post(
            "/payment-callbacks/card", content=written.content, headers=written.headers | change
        )

    async def paid(self):
        async def there():
            return [each for each in await self.payment.facts(Paid) if each.journey == self.event.journey]

        return await self.payment.until(there)

    async def look(self):
        """The time has come to ask what became of the charges."""
        async with self.payment.kit.database.engine.begin() as connection:
            await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'charge'"))

    async def states(self):
        return [each["state"] for each in await self.payment.rows(select(Payment).order_by(Payment.heard_at))]


@pytest.fixture
async def payer(payment, granted, bank):
    person = uuid4()
    event = granted(person=person, bundle=TAKES_CARDS)
    await payment.deliver(event)
    (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
    return Payer(payment, bank, event, row, person)


async def booked(payment):
    rows = await payment.rows(text("SELECT account, sum(amount)::bigint AS sum FROM ledgerentry GROUP BY 1"))
    return {row["account"].partition(":")[0]: row["sum"] for row in rows}


@pytest.mark.req("P5", part="card provider")
async def test_a_fee_is_paid_by_card_on_the_gateways_page_and_receipted_once(payment, payer):
    begun = await payer.begin()
    assert (begun["amount_satang"], begun["invoice"]) == (FEE, str(payer.row["id"]))
    assert begun["url"].startswith(f"{str(payer.bank.http.base_url).rstrip('/')}/card/pay/")
    page = await payer.bank.http.get(begun["url"])
    assert page.status_code == 200
    told = await payer.act()
    answers = await asyncio.gather(*(payer.hear(told) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    (fact,) = await payer.paid()
    assert fact.next == "issuance"
    (receipt,) = await payment.rows(select(Receipt))
    assert receipt["amount"] == FEE
    assert await booked(payment) == {"card": FEE, "revenue": -FEE}
    assert (await payer.hear(told)).status_code == 200
    assert await payer.states() == ["applied"]
    assert (await payer.begin(409))["type"] == "urn:paet:problem:invoice-not-open"


async def test_asking_again_leads_to_the_same_page_also_for_two_at_once(payment, payer):
    pages = await asyncio.gather(*(payer.begin() for _ in range(4)))
    assert {each["url"] for each in pages} == {(await payer.begin())["url"]}
    assert len(await payment.rows(select(Checkout))) == 1
    shown = (await payer.bank.http.get("/card/_control/book")).json()
    assert [each["amount"] for each in shown["charges"]] == [FEE]


@pytest.mark.req("P5", part="card provider")
@pytest.mark.parametrize(
    ("mode", "is_told", "state", "refund"),
    [
        ("silent", False, "applied", None),
        ("wrong-amount", True, "overpaid", 100),
        ("wrong-amount-told", True, "applied", None),
        ("webhook-before-booked", True, "applied", None),
    ],
)
async def test_what_the_gateway_shows_counts_whatever_it_tells_or_does_not(
    payment, payer, mode, is_told, state, refund
):
    await payer.begin()
    told = await payer.act(mode, seconds=0.2)
    if mode == "wrong-amount-told":
        told["amount"] += 100
    if is_told:
        assert (await payer.hear(told)).status_code == 200
    else:
        await payer.look()
    await payer.paid()
    assert await payer.states() == [state]
    assert [each.data.amount_satang for each in await payment.facts(RefundDue)] == ([refund] if refund else [])


@pytest.mark.req("P5", part="card provider")
async def test_a_webhook_that_the_gateway_did_not_sign_is_refused_and_stores_nothing(payment, payer):
    await payer.begin()
    told = await payer.act("forged") | {"status": "successful", "paid_at": clock.now().isoformat()}
    for answer in (
        await payer.hear(told, secret="whsec_b3RoZXI="),
        await payer.hear(told, **{"webhook-signature": "v1"}),
        await payer.hear(told, **{"webhook-signature": "v1,\x7f"}),
        await payer.hear(told, **{"webhook-timestamp": "1700000000"}),
        await payer.payment.client.post("/payment-callbacks/card", json={"type": "charge.complete", "data": told}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:paet:problem:callback-not-signed")
    assert not await payment.rows(select(Payment))
    # Even what is signed is hearsay: the gateway shows the charge as pending.
    assert (await payer.hear(told)).status_code == 200
    await payment.until(lambda: looked_at(payment))
    assert await payer.states() == ["unverified"]
    assert not await payment.facts(Paid)


async def looked_at(payment):
    return await payment.rows(text("SELECT 1 FROM due_work WHERE kind = 'verify' AND payload ? 'looks'"))


@pytest.mark.parametrize(
    "change", [{"id": "../x"}, {"status": "won"}, {"amount": -1}, {"amount": True}, {"metadata": 1}]
)
async def test_a_signed_webhook_that_is_no_charge_is_malformed(payment, payer, change):
    await payer.begin()
    told = await payer.act("silent")
    answer = await payer.hear(told | change)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:paet:problem:malformed-callback")
    assert not await payment.rows(select(Payment))


@pytest.mark.req("P5", part="card provider")
async def test_a_refusal_lets_the_payer_try_again_with_a_new_charge(payment, payer):
    first = await payer.begin()
    told = await payer.act("declined")
    assert (await payer.hear(told)).json()["received"] == ""
    second = await payer.begin()
    assert second["url"] != first["url"]
    await payer.act()
    await payer.look()
    await payer.paid()
    rows = await payment.rows(select(Checkout).order_by(Checkout.created_at))
    assert [row["state"] for row in rows] == ["failed", "successful"]


async def test_who_asks_again_after_paying_is_told_that_nothing_is_open(payment, payer):
    await payer.begin()
    await payer.act("silent")
    assert (await payer.begin(409))["state"] == "paid"
    await payer.paid()


@pytest.mark.req("P5", part="card provider")
async def test_a_gateway_that_is_away_begins_nothing_twice_and_loses_nothing(payment, payer):
    await payer.bank.http.post("/card/_control/misbehave", json={"mode": "outage", "times": 2})
    assert (await payer.begin(503))["type"] == "urn:paet:problem:card-gateway-away"
    assert (await payer.begin(503))["type"] == "urn:paet:problem:card-gateway-away"
    await payer.begin()
    assert len(await payment.rows(select(Checkout))) == 1
    await payer.act("silent")
    await payer.bank.http.post("/card/_control/misbehave", json={"mode": "outage", "times": 1})
    await payer.look()

    async def failed():
        return await payment.rows(text("SELECT 1 FROM due_work WHERE kind = 'charge' AND attempts > 0"))

    await payment.until(failed)
    await payer.look()
    await payer.paid()


async def test_an_order_that_was_never_answered_is_given_up(payment, payer):
    await payer.bank.http.post("/card/_control/misbehave", json={"mode": "outage"})
    await payer.begin(503)
    async with payment.kit.database.engine.begin() as connection:
        await connection.execute(text("UPDATE checkout SET created_at = now() - interval '2 hours'"))
    await payer.look()

    async def given_up():
        return [row["state"] for row in await payment.rows(select(Checkout))] == ["failed"]

    await payment.until(given_up)


@pytest.mark.req("P5", part="card provider")
async def test_money_by_card_for_a_journey_that_ended_and_by_bank_and_card_goes_back(payment, payer, granted):
    await payer.begin()
    bill = {"biller": payer.row["biller_id"], "ref1": payer.row["reference1"], "amount": FEE}
    (told,) = await payer.bank.pay(**bill)
    await payment.client.post("/payment-callbacks/scb", json=told)
    await payer.paid()
    await payer.act("silent")
    await payer.look()
    await payment.until(lambda: payment.facts(RefundDue))
    end = payment.handover(Withdrawn, at="request", journey=payer.event.journey, outcome=Outcome.WITHDRAWN)
    await payment.deliver(end)
    owed = sorted((each.data.reason, each.data.amount_satang) for each in await payment.facts(RefundDue))
    assert owed == [("duplicate", FEE), ("withdrawn", FEE)]
    assert await booked(payment) == {"bank": FEE, "card": FEE, "revenue": 0, "refund-due": -2 * FEE}


@pytest.mark.req("P5", part="card provider")
@pytest.mark.parametrize(("account", "left"), [(None, "card"), ("bank", "bank")])
async def test_what_was_paid_by_card_goes_back_by_the_gateways_reference_or_from_the_bank(
    payment, payer, account, left
):
    await payer.begin()
    await payer.act("wrong-amount")
    await payer.look()
    await payer.paid()
    (due,) = await payment.rows(select(Refund))
    api = {
        "Authorization": "Basic " + b64encode(f"{CARDS['card_secret_key']}:".encode()).decode(),
        "Idempotency-Key": str(due["id"]),
    }
    back = [
        (await payer.bank.http.post(f"/card/charges/{payer.charge}/refunds", json={"amount": 100}, headers=api)).json()
        for _ in range(2)
    ]
    assert back[0] == back[1]
    body = {"reference": back[0]["id"], "paid_on": local_date(clock.now()).isoformat(), "account": account}
    for officer, act, said in (
        (0, "proposal", {"reason": "ชำระเกิน"}), (1, "approval", None), (0, "payout", body), (0, "payout", body),
    ):  # fmt: skip
        headers = payment.officer("cashier", officer=CASHIERS[officer])
        answer = await payment.client.post(f"/refunds/{due['id']}/{act}", json=said, headers=headers)
        assert answer.status_code == 200, answer.text
    expected = {"card": FEE + 100, "revenue": -FEE, "refund-due": 0, "bank": 0}
    assert {"bank": 0} | await booked(payment) == expected | {left: expected[left] - 100}


async def test_a_card_is_taken_only_where_the_definition_says_so_and_of_the_payer_alone(payment, payer, granted):
    person = uuid4()
    event = granted(person=person, bundle=licence_bundle())
    await payment.deliver(event)
    (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
    other = Payer(payment, payer.bank, event, row, person)
    shown = [
        (await payment.client.get(f"/invoices/{each.row['id']}", headers=each.headers)).json()["takes_card"]
        for each in (payer, other)
    ]
    assert shown == [True, False]
    assert (await other.begin(409))["type"] == "urn:paet:problem:card-not-offered"
    other.row = payer.row
    assert (await other.begin(404))["type"] == "urn:paet:problem:invoice-not-found"
    assert not await payment.rows(select(Checkout))


@pytest.mark.req("P5", part="card provider")
def test_the_gateway_is_off_unless_wholly_configured_and_never_plain_in_production(tmp_path):
    base = {
        "environment": "production",
        "database_url": "postgresql://x", "nats_url": "nats://x", "nats_user": "x", "nats_password": "x", "peers": {},
        "trust_dir": tmp_path, "service_key_file": tmp_path, "public_url": "https://paet.example", "bank_url": "https://b",
        "bank_api_key": "k", "bank_api_secret": "s", "storage_url": "https://s", "seal_dir": tmp_path,
    }  # fmt: skip
    assert not Settings(**base).takes_cards
    good = {"card_url": "https://c", "card_secret_key": "k", "card_webhook_secret": "s" * 32}
    assert Settings(**base, **good).takes_cards
    for change in ({"card_url": "http://c"}, {"card_webhook_secret": "short"}, {"card_secret_key": None}):
        with pytest.raises(ValidationError):
            Settings(**base, **(good | change))
