"""What the state machine of invoices stands on: payers, the bank, the gateway of cards, and what must hold."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.claims import ApplicationClaim
from kit.contracts.events import Granted, Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands, domain
from services.payment.domain import BankTransaction, ChargeState
from services.payment.providers import Charge, Order
from services.payment.providers.card import Cards
from services.payment.providers.scb import Scb
from tests.bundles import SOURCE, licence_bundle, period
from tests.machines import Stage
from tests.payment.conftest import paying

FEE = 100_000
LAPSING = paying(
    "lapsing-licence", takes_card=True, reminders=[period(5, "calendar_days")],
    lapse={"policy": "journey", "grace": period(2, "calendar_days"), "source": SOURCE},
)  # fmt: skip
CASHIERS = [
    Principal("officer", str(uuid4()), frozenset({"cashier"}), agency=licence_bundle().definition.agency) for _ in "ab"
]


class BankBook:
    """The bank: what is in its book is true, whatever a callback says."""

    name = "scb"

    def __init__(self) -> None:
        self.booked: list[BankTransaction] = []

    async def inquire(self, biller: str, reference: str, day: date) -> list[BankTransaction]:
        found = [each for each in self.booked if (each.biller_id, each.reference1) == (biller, reference)]
        return [each for each in found if local_date(each.paid_at) == day]

    async def close(self) -> None:
        """Nothing is open."""


class Gateway:
    """The gateway of cards: a charge of each order, which its payer pays or leaves alone for half an hour."""

    name = "card"

    def __init__(self) -> None:
        self.charges: dict[str, Charge] = {}
        self.orders: dict[str, Order] = {}

    async def begin(self, order: Order) -> Charge:
        ends_at = clock.now() + timedelta(minutes=30)
        charge = Charge(f"chrg_{order.key.hex}", ChargeState.PENDING, "https://cards.example/pay", ends_at, None)
        self.orders[charge.charge_id] = order
        return self.charges.setdefault(charge.charge_id, charge)

    async def retrieve(self, charge_id: str) -> Charge:
        charge = self.charges[charge_id]
        is_over = charge.state is ChargeState.PENDING and clock.now() >= charge.expires_at
        return replace(charge, state=ChargeState.EXPIRED) if is_over else charge

    def pay(self, charge_id: str, amount: int) -> BankTransaction:
        """A payer pays; what the gateway has in its book."""
        order = self.orders[charge_id]
        booked = BankTransaction(charge_id, order.biller_id, order.reference1, amount, clock.now())
        self.charges[charge_id] = replace(self.charges[charge_id], state=ChargeState.SUCCESSFUL, transaction=booked)
        return booked


class Till:
    """The service, the bank, the gateway of cards and the invoices of some journeys."""

    def __init__(self, desk: Stage) -> None:
        self.desk = desk
        desk.clear()
        self.bank = BankBook()
        desk.kit.provide(self.bank, Scb)
        self.cards = Gateway()
        desk.kit.provide(self.cards, Cards)
        self.bills: dict[UUID, dict[str, Any]] = {}
        self.ended: set[UUID] = set()
        self.receipts: dict[UUID, dict[str, Any]] = {}

    def billed(self) -> UUID:
        """An invoice; its hand-over came in two batches at once."""
        event = self.desk.harness.handover(Granted, at="approval")
        claim = ApplicationClaim(
            journey=event.journey, application=event.journey, number="22000000-FOOD-69-000001",
            definition=event.definition, agency=event.agency, person=uuid4(), form={"area": 120}, email=None,
            language="th", submitted_at=clock.now(), legally_received_at=clock.now(), is_open=True,
        )  # fmt: skip
        self.desk.peers.know("request", "applications", event.journey, claim)
        self.desk.at_once(self.desk.take(event, event), self.desk.take(event))
        (self.bills[event.journey],) = self.desk.rows(f"SELECT * FROM invoice WHERE journey_id = '{event.journey}'")
        return event.journey

    def paid(self, journey: UUID, amount: int) -> BankTransaction:
        """A payer has paid: the bank has it in its book."""
        bill = self.bills[journey]
        booked = BankTransaction(uuid4().hex, bill["biller_id"], bill["reference1"], amount, clock.now())
        self.bank.booked.append(booked)
        return booked

    async def hear(self, told: BankTransaction) -> str | None:
        return await self.desk.asking(commands.hear, "scb", told)

    async def settle(self, journey: UUID, booked: BankTransaction) -> str | None:
        return await self.desk.asking(commands.settle, self.bills[journey]["id"], "scb", [booked])

    async def card(self, journey: UUID) -> str | None:
        """The payer wants to pay by card: the gateway's charge, None where nothing is open."""
        path = f"/invoices/{self.bills[journey]['id']}/card-payments"
        headers = self.desk.harness.citizen(self.bills[journey]["person_id"])
        answer = await self.desk.calling("POST", path, headers)
        if answer.status_code == 409:
            return None
        return f"chrg_{UUID(answer.json()['id']).hex}"

    async def expire(self, journey: UUID) -> str | None:
        return await self.desk.asking(commands.expire, self.bills[journey]["id"])

    async def end(self, journey: UUID, fact: type = Withdrawn) -> None:
        self.ended.add(journey)
        event = self.desk.harness.handover(fact, at="request", journey=journey, outcome=Outcome.WITHDRAWN)
        await self.desk.take(event, event)

    async def cashier(self, refund: dict[str, Any], act: str, is_first: bool, part: int | None) -> str | None:
        """One of two cashiers acts on a refund."""
        officer, reference = CASHIERS[is_first], uuid4().hex
        command, *told = {
            "propose": (commands.propose_refund, commands.Proposal(part, "x")),
            "approve": (commands.approve_refund,),
            "reject": (commands.reject_refund, "x"),
            "pay": (commands.pay_refund, commands.Payout(reference, local_date(clock.now()), part)),
        }[act]
        return await self.desk.asking(command, refund["id"], officer, *told)

    async def want(self, journey: UUID, amount: int) -> str | None:
        """A cashier wants a part of a fee given back."""
        told, invoice = commands.Proposal(amount, "x"), self.bills[journey]["id"]
        return await self.desk.asking(commands.refund_by_decision, invoice, CASHIERS[0], told, None)

    def check(self) -> None:
        """Everything that must hold at any time, from the tables, the bank's book and the facts alone."""
        table = {name: self.desk.rows(f"SELECT * FROM {name}") for name in ("invoice", "payment", "receipt", "refund")}
        ledger, told = self.desk.rows("SELECT * FROM ledgerentry"), self.desk.told()
        acts = self.desk.rows("SELECT * FROM refund_act WHERE act = 'paid'")
        assert {row["journey_id"] for row in table["invoice"]} == self.bills.keys()
        self.check_payments(table["payment"])
        self.check_receipts(table["receipt"])
        assert sum(row["amount"] for row in ledger) == 0
        for invoice in table["invoice"]:
            of = {name: [row for row in rows if row.get("invoice_id") == invoice["id"]] for name, rows in table.items()}
            self.check_invoice(invoice, of, [row for row in ledger if row["invoice_id"] == invoice["id"]])
            owed = [row for row in of["refund"] if row["is_owed"]]
            payouts = [row for row in acts if row["refund_id"] in {each["id"] for each in owed}]
            assert sum(row["amount"] for row in payouts) == sum(row["paid"] for row in of["refund"])
            facts = ["invoiced", *["paid"] * len(of["receipt"]), *["refund_due"] * len(owed)]
            facts += [*["refund_paid"] * len(payouts), *["reminded"] * invoice["reminded"]]
            facts += ["expired"] * (invoice["state"] == "expired")
            heard = [name for name in told[invoice["journey_id"]] if name != "underpaid"]
            assert sorted(heard) == sorted(facts)
            # Parts that came together are told of once, and not where the rest came with them.
            in_part = sum(row["state"] == "underpaid" for row in of["payment"])
            is_missing = invoice["state"] == "open" and invoice["held"] > 0
            assert is_missing <= len(told[invoice["journey_id"]]) - len(heard) <= in_part

    def booked(self) -> list[BankTransaction]:
        """All that was paid at the bank and at the gateway."""
        return [*self.bank.booked, *(each.transaction for each in self.cards.charges.values() if each.transaction)]

    def check_payments(self, payments: list[dict[str, Any]]) -> None:
        truth = {each.transaction_id: (each.reference1, each.amount) for each in self.booked()}
        references = {bill["id"]: bill["reference1"] for bill in self.bills.values()}
        for row in payments:
            if row["state"] != "unverified":
                assert (references[row["invoice_id"]], row["amount"]) == truth[row["transaction_id"]]

    def check_receipts(self, receipts: list[dict[str, Any]]) -> None:
        assert sorted(row["running"] for row in receipts) == list(range(1, len(receipts) + 1))
        assert len({row["invoice_id"] for row in receipts}) == len(receipts)
        for row in receipts:
            assert row == self.receipts.setdefault(row["id"], row)
        assert len(self.receipts) == len(receipts)

    def check_invoice(self, invoice: dict[str, Any], of: dict[str, list[Any]], ledger: list[dict[str, Any]]) -> None:
        is_ended, keeps = invoice["journey_id"] in self.ended, invoice["state"] == "paid"
        states = ["expired"] * (not of["receipt"] and invoice["expires_at"] <= clock.now())
        states += ["void"] if is_ended else ["paid"] if of["receipt"] else ["open"]
        assert invoice["state"] in states
        came = sum(row["amount"] for row in of["payment"] if row["state"] != "unverified")
        refunds = [row for row in of["refund"] if row["is_owed"]]
        owed, gone = (sum(row[name] for row in refunds) for name in ("amount", "paid"))
        kept = (FEE - sum(row["amount"] for row in refunds if row["reason"] == domain.BY_DECISION)) * keeps
        released = {row["payment_id"] for row in refunds if row["reason"] == domain.RELEASED}
        underpaid = [row for row in of["payment"] if row["state"] == "underpaid"]
        parts = sum(row["amount"] for row in underpaid if row["id"] not in released)
        held = parts * (invoice["state"] == "open")
        assert came == kept + owed + held
        assert invoice["held"] == parts < FEE
        assert all((row["state"] == "paid") == (row["paid"] == row["amount"]) for row in of["refund"])
        balance: Counter[str] = Counter()
        for row in ledger:
            balance[row["account"].partition(":")[0]] += row["amount"]
        assert [balance[name] for name in ("revenue", "refund-due", "part-paid")] == [-kept, gone - owed, -held]
        self.check_accounts(of["payment"], refunds, balance)

    def check_accounts(
        self, payments: list[dict[str, Any]], refunds: list[dict[str, Any]], balance: Counter[str]
    ) -> None:
        """What was received by each way lies there until it goes back: never more of a payment than came by it."""
        lies = Counter({"bank": 0, "card": 0})
        for row in payments:
            of = [each for each in refunds if each["payment_id"] == row["id"]]
            if row["state"] != "unverified":
                lies[domain.account_of(row["provider"])] += row["amount"] - sum(each["paid"] for each in of)
            assert sum(each["amount"] for each in of) <= row["amount"] * (row["state"] != "unverified")
        assert {name: balance[name] for name in lies} == lies
        assert all(satang >= 0 for satang in lies.values())
