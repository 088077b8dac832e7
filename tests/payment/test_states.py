"""Invoices, payments, receipts and the ledger as a state machine, alone and on the database.

Whatever payers, the bank's callbacks and inquiries and the ends of journeys do, in any order: money is booked once
and in balance, receipts run without gap and are never edited, what does not settle an invoice goes back.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlmodel import select

from kit.claims import Known
from kit.clock import clock
from kit.contracts.events import Granted, Refused, Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands, domain
from services.payment.domain import BankTransaction, ChargeState, Entry, InvoiceState
from services.payment.duework.inquiring import GRACE
from services.payment.models import Invoice
from tests.machines import Stage, stage, walk
from tests.payment.till import FEE, LAPSING, Till

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
AMOUNTS = st.sampled_from([FEE, FEE, FEE // 2, FEE + 50_000])
LIES = ["true", "amount", "bill", "transaction"]
"""What a callback says: the truth, or another amount, bill or transaction."""
REFUSALS = (
    None, "refund-state-forbids", "approver-is-proposer", "more-than-owed", "invoice-not-paid", "invoice-not-open"
)  # fmt: skip
LINES = [{"revenue_code": "licence", "amount": 80_000}, {"revenue_code": "board", "amount": 20_000}]


class Rules(RuleBasedStateMachine):
    """What transactions and the end of the journey make of one invoice, booked as the service books it."""

    def __init__(self) -> None:
        super().__init__()
        self.state = InvoiceState.OPEN
        self.received = self.owed = self.held = 0
        self.receipts = 0
        self.balance: Counter[str] = Counter()

    @rule(amount=AMOUNTS)
    def pay(self, amount: int) -> None:
        missing, before = FEE - self.held, self.held
        verdict = domain.judge(self.state, FEE, amount, before)
        assert verdict.applied + verdict.excess + verdict.held == amount
        settles = self.state is InvoiceState.OPEN and amount >= missing
        assert verdict.applied == (missing if settles else 0)
        assert (verdict.reason is None) == (verdict.excess == 0)
        self.book(domain.booking(verdict, LINES, before=before))
        self.held = 0 if settles else self.held + verdict.held
        self.received, self.owed = self.received + amount, self.owed + verdict.excess
        self.receipts += settles
        self.state = InvoiceState.PAID if settles else self.state

    @rule()
    def end(self) -> None:
        if self.state is InvoiceState.PAID:
            self.book(domain.refund_booking(LINES))
            self.owed += FEE
        self.release()
        if self.state is not InvoiceState.EXPIRED:
            self.state = InvoiceState.VOID

    @rule()
    def expire(self) -> None:
        if self.state is InvoiceState.OPEN:
            self.release()
            self.state = InvoiceState.EXPIRED

    def release(self) -> None:
        if self.held:
            self.book(domain.release_booking(self.held))
            self.owed, self.held = self.owed + self.held, 0

    def book(self, entries: Sequence[Entry]) -> None:
        assert sum(entry.amount for entry in entries) == 0
        assert all(entry.amount for entry in entries)
        for entry in entries:
            self.balance[entry.account] += entry.amount

    @invariant()
    def books_say_what_came_in_and_what_must_go_back(self) -> None:
        keeps = {line["revenue_code"]: -line["amount"] * (self.state is InvoiceState.PAID) for line in LINES}
        assert {code: self.balance[f"revenue:{code}"] for code in keeps} == keeps
        assert (self.balance["bank"], self.balance["refund-due"]) == (self.received, -self.owed)
        assert self.balance[domain.PART_PAID] == -self.held
        assert self.receipts <= 1


@pytest.mark.req("X4", part="payment")
def test_rules_of_an_invoice_keep_the_books_in_balance():
    walk(Rules, examples=80, steps=12)


class Invoices(RuleBasedStateMachine):
    """The service with its database, act after act, until the bank was asked for the last time."""

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.time = clock.freeze(START)  # every example on the same days: books and periods know years and holidays
        self.till, self.desk, self.advance = Till(desk), desk, self.time.__enter__()
        self.journeys = [self.till.billed(), self.till.billed()]

    @rule(which=st.booleans(), amount=AMOUNTS, word=st.sampled_from([None, *LIES]))
    def pay(self, which: bool, amount: int, word: str | None) -> None:
        """A payer pays; the callback says so, lies, or never comes."""
        booked = self.till.paid(self.journeys[which], amount)
        if word is not None:
            self.tell(booked, word)

    @rule(which=st.integers(0, 20), word=st.sampled_from(LIES))
    def tell_again(self, which: int, word: str) -> None:
        if self.till.bank.booked:
            self.tell(self.till.bank.booked[which % len(self.till.bank.booked)], word)

    def tell(self, booked: BankTransaction, word: str) -> None:
        references = [self.till.bills[each]["reference1"] for each in self.journeys]
        other = references[booked.reference1 == references[0]]
        told = {
            "true": booked, "amount": replace(booked, amount=booked.amount + 1),
            "bill": replace(booked, reference1=other), "transaction": replace(booked, transaction_id=uuid4().hex),
        }[word]  # fmt: skip
        assert self.desk.run(self.till.hear(told)) in (None, "too-many-callbacks")

    @rule(which=st.booleans(), amount=st.sampled_from([None, FEE, FEE, FEE - 1, FEE + 100]), is_told=st.booleans())
    def pay_by_card(self, which: bool, amount: int | None, is_told: bool) -> None:
        """A payer goes to the gateway, and pays there or does not; the gateway tells of it or does not."""
        charge = self.desk.run(self.till.card(self.journeys[which]))
        if charge and amount and self.till.cards.charges[charge].state is ChargeState.PENDING:
            booked = self.till.cards.pay(charge, amount)
            if is_told:
                problem = self.desk.run(self.desk.asking(commands.hear, "card", booked))
                assert problem in (None, "too-many-callbacks")

    @rule(by=st.sampled_from([timedelta(), timedelta(seconds=70), timedelta(hours=2), timedelta(days=9)]))
    def wait(self, by: timedelta) -> None:
        self.advance(by)
        self.desk.work()

    @rule(which=st.booleans(), fact=st.sampled_from([Withdrawn, Refused]))
    def end(self, which: bool, fact: type) -> None:
        self.desk.run(self.till.end(self.journeys[which], fact))

    @rule(which=st.booleans(), amount=st.sampled_from([1, FEE // 2, FEE]))
    def want(self, which: bool, amount: int) -> None:
        """A part of a fee is to go back, or all that was paid of it so far."""
        problem = self.desk.run(self.till.want(self.journeys[which], amount))
        assert problem in (None, "invoice-not-paid", "more-than-owed", "parts-go-back-whole")

    @rule(which=st.integers(0, 20), first=st.booleans(), part=st.sampled_from([None, None, 1, FEE // 2]))
    def pay_back(self, which: int, first: bool, part: int | None) -> None:
        """One cashier proposes, one approves, who may be the same; one records the payout."""
        refunds = self.desk.rows("SELECT * FROM refund ORDER BY id")
        for act, is_first in (("propose", True), ("approve", first), ("pay", True)):
            if refunds:
                problem = self.desk.run(self.till.cashier(refunds[which % len(refunds)], act, is_first, part))
                assert problem in REFUSALS

    @rule(which=st.integers(0, 20), act=st.sampled_from(["propose", "approve", "reject", "pay"]), first=st.booleans())
    def act(self, which: int, act: str, first: bool) -> None:
        """A cashier does anything at all."""
        if refunds := self.desk.rows("SELECT * FROM refund ORDER BY id"):
            assert self.desk.run(self.till.cashier(refunds[which % len(refunds)], act, first, None)) in REFUSALS

    @rule(which=st.booleans())
    def hand_over_again(self, which: bool) -> None:
        self.desk.deliver(self.desk.harness.handover(Granted, at="approval", journey=self.journeys[which]))

    @invariant()
    def everything_is_in_balance(self) -> None:
        self.till.check()

    def teardown(self) -> None:
        """In the end nothing that was paid anywhere is missing here, though nobody ever told of it."""
        self.till.paid(self.journeys[0], FEE)
        self.advance(timedelta(days=30))
        self.desk.work()
        self.advance(GRACE)  # what ended only now is looked at once more after its grace
        self.desk.work()
        self.till.check()
        known = self.desk.rows("SELECT transaction_id FROM payment WHERE state <> 'unverified'")
        self.time.__exit__(None, None, None)
        assert {row["transaction_id"] for row in known} == {each.transaction_id for each in self.till.booked()}


@contextmanager
def desk_of(servers, folder):
    bank = {"bank_url": "http://127.0.0.1:9", "bank_api_key": "key", "bank_api_secret": "secret"}
    with stage("payment", servers, folder, **bank) as desk, clock.freeze(START):
        desk.harness.publish(LAPSING)
        yield desk


@pytest.mark.req("X4", part="payment")
def test_money_is_booked_once_and_in_balance_whatever_comes_in_whatever_order(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        walk(lambda: Invoices(desk), examples=16, steps=10, shrinks=False)


def test_two_ends_of_a_paid_journey_in_one_batch_owe_its_money_once(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        till = Till(desk)
        both = [till.billed(), till.billed()]
        for journey in both:
            desk.run(till.settle(journey, till.paid(journey, FEE)))
            till.ended.add(journey)
        first, second = (
            [
                desk.harness.handover(fact, at="request", journey=journey, outcome=outcome)
                for fact, outcome in ((Refused, Outcome.REFUSED), (Withdrawn, Outcome.WITHDRAWN))
            ]
            for journey in both
        )
        desk.deliver(*first)
        desk.command(close_having_read, second)
        till.check()
        assert [row["reason"] for row in desk.rows("SELECT reason FROM refund")] == ["refused"] * 2


async def close_having_read(session, ends):
    """The same where the session knows the invoices as they were, which it forgets if nobody holds them."""
    known = (await session.exec(select(Invoice))).all()
    for end in ends:
        await commands.close_invoices(session, end, Known())
    assert known


@pytest.mark.req("X4", part="payment")
def test_of_any_two_that_meet_at_one_invoice_one_goes_first(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:
        till = Till(desk)
        late = START + timedelta(days=30)
        for first, second, is_known in product(range(5), range(5), (True, False)):
            with clock.freeze(START):
                journey = till.billed()
            booked, other = till.paid(journey, FEE), till.paid(journey, FEE)
            if is_known:
                desk.run(till.hear(booked))
            acts = [
                lambda j=journey, b=booked: till.settle(j, b), lambda j=journey, o=other: till.settle(j, o),
                lambda b=booked: till.hear(b), lambda j=journey: till.end(j), lambda j=journey: till.expire(j),
            ]  # fmt: skip
            with clock.freeze(late):
                desk.abreast("invoice", acts[first](), acts[second]())
        with clock.freeze(late):
            till.check()
