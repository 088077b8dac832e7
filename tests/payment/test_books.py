"""Whatever is paid, told, sent, resolved and closed, in any order: the books balance and say what the bank says."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kit.clock import clock, local_date
from kit.contracts.events import Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands, domain, queries
from services.payment.domain import BankTransaction, Kind, Resolution, Told, ToldLine
from tests.machines import Stage
from tests.payment.test_states import START, desk_of
from tests.payment.till import CASHIERS, FEE, Till

AGENCY = CASHIERS[0].agency
BILLER = "099400016550100"
AMOUNTS = st.sampled_from([FEE, FEE, FEE // 2, FEE - 1, FEE + 50_000])


@dataclass
class Paid:
    """A transaction, and what the bank's statement says of it, which may be wrong; nothing of one by card."""

    told: BankTransaction
    invoice: UUID | None
    line: ToldLine
    provider: str


class Bank:
    """The service, and the bank's own book."""

    def __init__(self, desk: Stage) -> None:
        self.desk = desk
        self.till = Till(desk)
        self.bills = [self.till.bills[self.till.billed()] for _ in range(2)]
        self.paid: list[Paid] = []

    def pay(
        self, which: int | None, amount: int, wrong_by: int = 0, transaction: str = "", provider: str = "scb"
    ) -> Paid:
        """A payer pays: an invoice, or under a reference that is none's."""
        bill = self.bills[which] if which is not None else None
        reference = bill["reference1"] if bill else "WRONGREF"
        told = BankTransaction(transaction or uuid4().hex, BILLER, reference, amount, clock.now())
        line = ToldLine(2, told.transaction_id, BILLER, reference, "", "PMH", amount + wrong_by, told.paid_at)
        self.paid.append(Paid(told, bill["id"] if bill else None, line, provider if bill else "scb"))
        return self.paid[-1]

    def settle(self, paid: Paid) -> None:
        """The bank's inquiry, or the gateway, tells of a payment of an invoice."""
        if paid.invoice:
            self.desk.command(commands.settle, paid.invoice, paid.provider, [paid.told])

    def tell(self) -> None:
        """They tell of every one."""
        for each in self.paid:
            self.settle(each)

    def lines(self, day: date) -> list[ToldLine]:
        """What the bank's statement of a day says."""
        return [
            each.line for each in self.paid if each.provider == "scb" and local_date(each.line.value_at) == day
        ]  # fmt: skip

    def send(self, lines: list[ToldLine], *days: date) -> None:
        """A statement of these lines comes."""
        first, last = (min(days), max(days)) if days else (None, None)
        file = commands.File("scb", uuid4().bytes, Told(lines), first, last, BILLER)
        self.desk.command(commands.import_statement, AGENCY, file, None)

    def check(self) -> None:
        """What must hold at any time, from the tables alone."""
        ledger = self.desk.rows("SELECT * FROM ledgerentry")
        days: Counter[date] = Counter()
        accounts: Counter[str] = Counter()
        for row in ledger:
            days[row["day"]] += row["amount"]
            accounts[row["account"]] += row["amount"]
        assert set(days.values()) <= {0}
        self.check_balances(accounts)
        self.check_bank(accounts)
        self.check_parity()

    def check_balances(self, accounts: Counter[str]) -> None:
        told = self.desk.run(self.read(queries.days.balances, local_date(clock.now())))
        assert {row["account"]: row["closing_satang"] for row in told} == dict(accounts)
        assert sum(row["debit_satang"] - row["credit_satang"] for row in told) == 0

    def check_bank(self, accounts: Counter[str]) -> None:
        """The account of the bank is what was verified, what is in suspense, what was adjusted, less what went back.

        The same of the gateway's, which no statement adjusts; and parts are owed as long as their invoice is open.
        """
        adjusted = self.sum("SELECT sum(adjusted) FROM discrepancy")
        assert accounts["bank"] == self.verified("scb") + adjusted - self.paid_out("scb") - accounts["suspense"]
        assert accounts["card"] == self.verified("card") - self.paid_out("card")
        assert accounts["part-paid"] == -self.sum("SELECT sum(held) FROM invoice WHERE state = 'open'")
        waiting = self.sum(
            "SELECT sum(bank) FROM discrepancy WHERE kind = 'reference' AND payment_id IS NULL AND state <> 'resolved'"
        )
        assert accounts["suspense"] == -waiting

    def check_parity(self) -> None:
        """Of every day: matched and the differences are all; of all days: all that the bank and the books have."""
        bank = books = 0
        for day in days_from(local_date(START)):
            for each in self.desk.run(self.read(queries.parity.compared, day)):
                sums = each["kinds"].values()
                assert sum(kind["bank_satang"] for kind in sums) == each["bank_satang"]
                assert sum(kind["books_satang"] for kind in sums) == each["books_satang"]
                bank, books = bank + each["bank_satang"], books + each["books_satang"]
                unseen = sum(each["kinds"].get(kind, {"count": 0})["count"] for kind in self.written(each))
                rows = self.desk.rows(f"SELECT kind FROM discrepancy WHERE day = '{day}' AND kind <> 'matched'")
                assert unseen <= len(rows)
        assert bank == self.sum("SELECT sum(amount) FROM statement_line")
        assert books == self.verified("scb") + self.sum("SELECT sum(adjusted) FROM discrepancy")

    def verified(self, provider: str) -> int:
        return self.sum(
            f"SELECT sum(amount) FROM payment WHERE provider = '{provider}' AND verified_at IS NOT NULL"
        )  # fmt: skip

    def paid_out(self, provider: str) -> int:
        return self.sum(
            "SELECT sum(act.amount) FROM refund_act AS act JOIN refund ON refund.id = refund_id"
            f" JOIN payment ON payment.id = payment_id WHERE act = 'paid' AND provider = '{provider}'"
        )

    def written(self, parity: dict[str, Any]) -> list[Kind]:
        """The differences that have their row as soon as a statement has come."""
        return [Kind.AMOUNT, Kind.REFERENCE] if parity["is_covered"] else []

    def sum(self, query: str) -> int:
        (row,) = self.desk.rows(query)
        return int(row["sum"] or 0)

    async def read(self, query, day: date):
        async with self.desk.kit.database.reading() as session:
            return await query(session, AGENCY, day)


def days_from(first: date) -> list[date]:
    return [first + timedelta(days=each) for each in range((local_date(clock.now()) - first).days + 2)]


PAYMENTS = st.tuples(
    st.sampled_from([0, 1, None]), AMOUNTS, st.sampled_from([0, 0, 100, -100]), st.booleans(), st.booleans(),
    st.sampled_from(["scb", "scb", "scb", "card"]),
)  # fmt: skip
"""Of which invoice or none, how much, what the statement says otherwise; if it is inquired, if it is sent; where."""
STORIES = st.lists(
    st.tuples(
        st.lists(PAYMENTS, min_size=2, max_size=4), st.lists(st.integers(0, 5), min_size=4, max_size=4),
        st.booleans(), st.booleans(), st.sampled_from([None, None, 0, 1]),
    ),
    min_size=2, max_size=3,
)  # fmt: skip
"""Days: payments, how what is found is resolved, whether refunds are paid, whether it is closed, who withdraws."""


class Story:
    """The office through some days."""

    def __init__(self, desk: Stage, advance) -> None:
        self.desk, self.advance, self.bank = desk, advance, Bank(desk)
        self.seen: set[str] = set()

    def day(self, payments, choices, pays_back, closes, leaver) -> None:
        """One day, and the next morning."""
        for number, (which, amount, wrong_by, is_told, is_sent, provider) in enumerate(payments):
            paid = self.bank.pay(which, amount, wrong_by, provider=provider)
            if is_told:
                self.bank.settle(paid)
            if is_sent and paid.provider == "scb":
                self.bank.send([paid.line], local_date(paid.line.value_at))
            if number == 1 and leaver is not None:
                self.end(leaver)
        self.bank.check()
        over = local_date(clock.now())
        self.advance(timedelta(days=1))
        told = zip(self.bank.lines(over), choices, strict=False)
        self.bank.send([line for line, choice in told if choice], over)
        self.bank.check()
        for choice in choices:
            self.resolve(choice)
        self.bank.check()
        if pays_back:
            self.pay_back()
        if closes:
            self.close()
        self.bank.check()

    def end(self, which: int) -> None:
        journey = self.bank.bills[which]["journey_id"]
        event = self.desk.harness.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN)
        self.desk.deliver(event)

    def resolve(self, choice: int) -> None:
        """One of the ways that are left for one of the differences; at 5 a cashier tries to approve alone."""
        rows = self.desk.rows("SELECT * FROM discrepancy WHERE state = 'open' ORDER BY id")
        if not rows:
            return
        row = rows[choice % len(rows)]
        ways = domain.allowed(
            domain.Difference(
                Kind(row["kind"]), row["bank"], row["books"], row["payment_id"] is not None,
                domain.DiscrepancyState.OPEN, None,
            )
        )  # fmt: skip
        way = ways[choice % len(ways)]
        invoice = self.bank.bills[choice % 2]["id"] if way is Resolution.ASSIGN else None
        back = (uuid4().hex, local_date(clock.now())) if way is Resolution.RETURN else (None, None)
        told = commands.Proposed(way, "x", invoice, *back)
        problem = self.desk.run(self.desk.asking(commands.propose_resolution, row["id"], CASHIERS[0], told))
        assert problem is None
        approval = self.desk.asking(commands.approve_resolution, row["id"], CASHIERS[choice != 5])
        answer = "discrepancy-state-forbids" if way is Resolution.EXPLAIN and choice != 5 else None
        assert self.desk.run(approval) == (answer or ("resolver-is-proposer" if self.is_alone(way, choice) else None))
        self.seen.add(f"{row['kind']} {way}")

    @staticmethod
    def is_alone(way: Resolution, choice: int) -> bool:
        """Whether who proposed would approve, where somebody must."""
        return choice == 5 and way is not Resolution.EXPLAIN

    def pay_back(self) -> None:
        for row in self.desk.rows("SELECT * FROM refund ORDER BY id"):
            for act, first in (("propose", True), ("approve", False), ("pay", True)):
                self.desk.run(self.bank.till.cashier(row, act, first, None))

    def close(self) -> None:
        """The bank's whole book of the days that are over comes, and each day is closed."""
        over = [day for day in days_from(local_date(START)) if day < local_date(clock.now())]
        for day in over:
            self.bank.send(self.bank.lines(day), day)
        for day in over:
            assert self.desk.run(self.desk.asking(commands.close_day, day, CASHIERS[0])) is None
            assert self.desk.run(self.is_intact(day))

    async def is_intact(self, day: date) -> bool:
        async with self.desk.kit.database.reading() as session:
            close = await queries.days.closed(session, AGENCY, day)
            return close is not None and await queries.days.is_intact(session, close)

    def finish(self) -> None:
        """All that the bank has comes: each transaction is in the books as it is there, or written down."""
        self.bank.tell()
        self.close()
        self.bank.check()
        rows = self.desk.rows("SELECT transaction_id FROM discrepancy")
        alike = self.desk.rows(
            "SELECT transaction_id FROM statement_line AS line JOIN payment USING (provider, transaction_id)"
            " WHERE line.amount = payment.amount"
        )
        known = {row["transaction_id"] for row in [*rows, *alike]}
        assert {each.told.transaction_id for each in self.bank.paid if each.provider == "scb"} <= known
        assert self.desk.rows("SELECT id FROM discrepancy WHERE provider <> 'scb'") == []


@pytest.mark.req("P8")
def test_the_books_balance_and_say_what_the_bank_says(servers, tmp_path):
    seen: set[str] = set()
    with desk_of(servers, tmp_path) as desk:

        @settings(
            max_examples=10, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )  # fmt: skip
        @given(STORIES)
        def live(days):
            with clock.freeze(START) as advance:
                story = Story(desk, advance)
                for each in days:
                    story.day(*each)
                story.finish()
                seen.update(story.seen)

        live()
    assert seen >= {"only-bank settle", "reference assign", "reference return", "amount write-off"}, "nothing happened"


@st.composite
def cut(draw) -> tuple[list[tuple[int | None, int, int]], list[list[int]]]:
    """Some payments, and their lines in files that overlap, repeat and come in any order, but leave none out."""
    paid = draw(st.lists(st.tuples(st.sampled_from([0, 1, None]), AMOUNTS, st.sampled_from([0, 0, 100])), max_size=6))
    order = draw(st.permutations(range(len(paid))))
    ends = sorted(draw(st.lists(st.integers(0, len(paid)), max_size=3)))
    files = [order[begin:end] for begin, end in zip([0, *ends], [*ends, len(paid)], strict=True)]
    return paid, [
        *files,
        *draw(st.lists(st.lists(st.sampled_from(range(len(paid))) if paid else st.nothing()), max_size=2)),
    ]


@pytest.mark.req("P8")
def test_statements_in_any_split_come_to_the_same(servers, tmp_path):
    with desk_of(servers, tmp_path) as desk:

        @settings(
            max_examples=12, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
        @given(cut())
        def split(made):
            paid, files = made
            with clock.freeze(START):
                found = []
                for each in (files, [list(range(len(paid)))]):
                    bank = Bank(desk)
                    for number, (which, amount, wrong_by) in enumerate(paid):
                        bank.pay(which, amount, wrong_by, f"T-{number}")
                    if len(paid) % 2:
                        bank.tell()
                    for chosen in each:
                        lines = [replace(bank.paid[number].line, number=place) for place, number in enumerate(chosen)]
                        bank.send(list({line.transaction_id: line for line in lines}.values()), local_date(START))
                    bank.check()
                    found.append(seen(desk))
                assert found[0] == found[1]

        split()


def seen(desk: Stage) -> list[Any]:
    """What statements have left, without ids and times."""
    queries_of = (
        "SELECT provider, transaction_id, amount, biller_id, day FROM statement_line ORDER BY transaction_id",
        "SELECT transaction_id, kind, bank, books, state, day FROM discrepancy ORDER BY transaction_id",
        "SELECT account, biller_id, day, sum(amount)::bigint AS sum FROM ledgerentry GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        "SELECT biller_id, day FROM statement_day ORDER BY 1, 2",
    )
    return [desk.rows(query) for query in queries_of]
