"""Every odd payment ends in its defined state and its notice: the bank calls over HTTP, early, late, twice or never."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.contracts.events import Withdrawn
from kit.contracts.journey import Outcome
from kit.local.doubles import NotDevelopmentError, running
from kit.local.doubles.bank import create_app
from kit.local.doubles.card import CardDesk
from kit.local.ports import free_port
from services.payment import promptpay
from services.payment.models import Checkout, Invoice
from tests.bundles import licence_bundle
from tests.gateway.serving import served
from tests.payment.conftest import CARDS, Bank, paying

FEE = 100_000


@dataclass(frozen=True)
class Odd:
    """What payers do about one invoice, each by mode and amount (None: as the QR says), and what must come of it."""

    pays: tuple[tuple[str, int | None], ...]
    invoice: str
    payments: tuple[str, ...]
    facts: tuple[str, ...] = ()
    owed: tuple[tuple[str, int], ...] = ()
    missing: int = 0
    ends: bool = False
    """Whether the journey ends before anybody pays."""


PAID = ("paid",)
ODD = {
    "exact": Odd((("ok", None),), "paid", ("applied",), PAID),
    "over": Odd((("wrong-amount", 150_000),), "paid", ("overpaid",), ("paid", "refund_due"), (("overpaid", 50_000),)),
    "under": Odd((("wrong-amount", 40_000),), "open", ("underpaid",), ("underpaid",), missing=60_000),
    "under, then the rest by the new QR": Odd(
        (("wrong-amount", 40_000), ("ok", None)), "paid", ("applied", "underpaid"), ("paid", "underpaid")
    ),
    "under, then all of it again": Odd(
        (("wrong-amount", 40_000), ("wrong-amount", FEE)), "paid", ("overpaid", "underpaid"),
        ("paid", "refund_due", "underpaid"), (("overpaid", 40_000),),
    ),
    "the callback twice": Odd((("duplicate", None),), "paid", ("applied",), PAID),
    "paid twice": Odd(
        (("twice", None),), "paid", ("applied", "duplicate"), ("paid", "refund_due"), (("duplicate", FEE),)
    ),
    "the callback late": Odd((("late", None),), "paid", ("applied",), PAID),
    "the callback before": Odd((("callback-before-booked", None),), "paid", ("applied",), PAID),
    "the callback never": Odd((("silent", None),), "paid", ("applied",), PAID),
    "a callback and nothing paid": Odd((("forged", None),), "open", ("unverified",), missing=FEE),
    "a wrong reference": Odd((("wrong-ref", None),), "open", (), missing=FEE),
    "after the journey ended": Odd(
        (("ok", FEE),), "void", ("late",), ("refund_due",), (("late", FEE),), ends=True
    ),
    "in part, after the journey ended": Odd(
        (("wrong-amount", 1),), "void", ("late",), ("refund_due",), (("late", 1),), ends=True
    ),
}  # fmt: skip


@pytest.fixture
async def town(harness_of, monkeypatch):
    """The service, and a bank that calls it back by itself."""
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    port = free_port()
    told = f"http://127.0.0.1:{port}/payment-callbacks"
    cards = CardDesk.open(
        secret_key=CARDS["card_secret_key"], webhook_secret=CARDS["card_webhook_secret"], webhook=f"{told}/card",
        webhook_seconds=0, late_seconds=0.2, retry_seconds=0.2,
    )  # fmt: skip
    app = create_app(
        key="key", secret="secret", callback=f"{told}/scb", callback_seconds=0, late_seconds=0.2, retry_seconds=0.2,
        cards=cards,
    )  # fmt: skip
    with running(app, free_port()) as url:
        settings = {
            "bank_url": url,
            "bank_api_key": "key",
            "bank_api_secret": "secret",
            "card_url": f"{url}/card",
        } | CARDS
        async with (
            harness_of("payment", **settings) as payment,
            served(payment.app, port),
            httpx.AsyncClient(base_url=url) as http,
        ):
            payment.publish(licence_bundle())
            yield payment, Bank(http)


async def picture(payment, journey):
    """What has become of an invoice, as Odd says it."""
    (invoice,) = await payment.rows(select(Invoice).where(Invoice.journey_id == journey))
    of = f"WHERE invoice_id = '{invoice['id']}'"
    payments = await payment.rows(text(f"SELECT state FROM payment {of} ORDER BY state"))
    owed = await payment.rows(text(f"SELECT reason, amount FROM refund {of} ORDER BY reason"))
    told = await payment.rows(
        text(
            "SELECT split_part(address, '.', 4) AS fact FROM outbox"
            f" WHERE body::jsonb->>'journeyid' = '{journey}' ORDER BY fact"
        )
    )
    missing = invoice["amount"] - invoice["held"] if invoice["state"] == "open" else 0
    return Odd(
        (),
        invoice["state"],
        tuple(row["state"] for row in payments),
        tuple(row["fact"] for row in told if row["fact"] != "invoiced"),
        tuple((row["reason"], row["amount"]) for row in owed),
        missing,
    )


def expected(odd):
    return Odd((), odd.invoice, odd.payments, odd.facts, odd.owed, odd.missing)


async def scanned(bank, row, mode, amount):
    """Pay by the QR that the invoice shows now."""
    missing = row["amount"] - row["held"]
    qr = promptpay.payload(promptpay.Bill(biller=row["biller_id"], ref1=row["reference1"], amount=missing))
    await bank.pay(qr=qr, mode=mode, **({"amount": amount} if amount and mode == "wrong-amount" else {}))


@pytest.mark.req("P4")
@pytest.mark.req("P5")
async def test_every_odd_payment_ends_in_its_state_and_its_notice(town, granted_in):
    payment, bank = town
    person = uuid4()
    events = {name: granted_in(payment, person=person) for name in ODD}
    await payment.deliver(*events.values())
    for name, odd in ODD.items():
        if odd.ends:
            end = payment.handover(Withdrawn, at="request", journey=events[name].journey, outcome=Outcome.WITHDRAWN)
            await payment.deliver(end)
    for turn in range(2):
        for name, odd in ODD.items():
            if turn < len(odd.pays):
                (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == events[name].journey))
                await scanned(bank, row, *odd.pays[turn])

        async def first_parts_are_in():
            return len(await payment.rows(text("SELECT 1 FROM payment WHERE state = 'underpaid'"))) == 3

        await payment.until(first_parts_are_in)
    async with payment.kit.database.engine.begin() as connection:  # it is time to ask about those of whom nobody told
        await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'inquire'"))

    async def as_expected():
        return all([await picture(payment, events[name].journey) == expected(odd) for name, odd in ODD.items()])

    with suppress(AssertionError, TimeoutError):
        await payment.until(as_expected)
    found = {name: await picture(payment, event.journey) for name, event in events.items()}
    assert found == {name: expected(odd) for name, odd in ODD.items()}
    journey = events["under"].journey
    (shown,) = (await payment.client.get(f"/journeys/{journey}/invoices", headers=payment.citizen(person))).json()
    assert (shown["amount_satang"], shown["missing_satang"]) == (FEE, 60_000)
    assert promptpay.parse(shown["promptpay"]).amount == 60_000
    balances = await payment.rows(text("SELECT sum(amount) AS sum FROM ledgerentry GROUP BY booking_id"))
    assert {row["sum"] for row in balances} == {0}
    callbacks = (await bank.http.get("/_control/book")).json()["callbacks"]
    assert {each["answer"][:3] for each in callbacks if not each["accepted"]} == {"404"}, "the wrong reference alone"


@pytest.mark.req("P5", part="card provider")
async def test_the_gateway_tells_by_itself_and_only_what_it_signed_is_taken(town, granted_in):
    payment, bank = town
    modes = {"ok": "successful", "duplicate": "successful", "late": "successful", "bad-signature": "successful",
             "declined": "failed"}  # fmt: skip
    charges = {}
    for mode in modes:
        person = uuid4()
        event = granted_in(payment, person=person, bundle=paying("card-licence", takes_card=True))
        await payment.deliver(event)
        (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
        path = f"/invoices/{row['id']}/card-payments"
        begun = (await payment.client.post(path, headers=payment.citizen(person))).json()
        charges[mode] = begun["url"].rpartition("/")[2]
        await bank.http.post(f"/card/_control/charges/{charges[mode]}", json={"mode": mode})

    async def told():
        rows = (await bank.http.get("/card/_control/book")).json()["webhooks"]
        found = {
            mode: [row["answer"][:3] for row in rows if row["charge"] == charge] for mode, charge in charges.items()
        }
        is_done = all(found[mode] for mode in modes) and len(found["duplicate"]) == 3
        return found if is_done else None

    found = await payment.until(told)
    assert set(found.pop("bad-signature")) == {"403"}
    assert found == {"ok": ["200"], "late": ["200"], "duplicate": ["200"] * 3, "declined": ["200"]}
    async with payment.kit.database.engine.begin() as connection:  # it is time to ask about those that are not believed
        await connection.execute(text("UPDATE due_work SET due_at = now() WHERE kind = 'charge'"))

    async def ended():
        rows = {row["charge_id"]: row["state"] for row in await payment.rows(select(Checkout))}
        return {mode: rows[charge] for mode, charge in charges.items()} == modes

    await payment.until(ended)
    states = await payment.rows(text("SELECT state FROM payment"))
    assert [row["state"] for row in states] == ["applied"] * 4


def test_the_gateway_of_cards_refuses_to_be_opened_outside_development(monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "production")
    with pytest.raises(NotDevelopmentError):
        CardDesk.open(secret_key="k", webhook_secret="s")
