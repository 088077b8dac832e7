"""Money goes back to the end: by two persons, in parts, once, and the books say so."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock, local_date
from kit.contracts.events import RefundDue, RefundPaid, Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands, domain
from services.payment.domain import BankTransaction
from services.payment.models import Invoice, Refund, RefundAct
from tests.bundles import OTHER_AGENCY

pytestmark = pytest.mark.req("P6")
FEE = 100_000
MALEE, SOMCHAI, ANONG = uuid4(), uuid4(), uuid4()
BALANCES = text("SELECT account, sum(amount)::bigint AS total FROM ledgerentry GROUP BY account")


class Counter:
    """The cashiers' counter of one agency."""

    def __init__(self, payment, granted) -> None:
        self.payment, self.granted = payment, granted

    async def paid(self, times: int = 1) -> dict:
        """An invoice that was paid so often."""
        event = self.granted(person=uuid4())
        await self.payment.deliver(event)
        (row,) = await self.payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
        booked = [
            BankTransaction(uuid4().hex, row["biller_id"], row["reference1"], FEE, clock.now()) for _ in range(times)
        ]
        async with self.payment.kit.database.transaction() as session:
            await commands.settle(session, row["id"], "scb", booked)
        return row

    async def due(self) -> UUID:
        """A fee that was paid twice, and so is due back."""
        row = await self.paid(2)
        (refund,) = await self.payment.rows(select(Refund).where(Refund.invoice_id == row["id"]))
        assert (refund["state"], refund["amount"]) == ("due", FEE)
        return refund["id"]

    async def post(self, path: str, who: UUID, body=None, **options):
        headers = self.payment.officer("cashier", officer=who, agency=options.pop("agency", "22000000"))
        headers |= {"Accept-Language": "en"} | options
        return await self.payment.client.post(path, json=body, headers=headers)

    async def act(self, refund: UUID, act: str, who: UUID, **body):
        return await self.post(f"/refunds/{refund}/{act}", who, body or None)

    async def approved(self, refund: UUID, **proposal) -> None:
        proposed = await self.act(refund, "proposal", MALEE, reason="ชำระซ้ำ", **proposal)
        assert (proposed.status_code, proposed.json()["state"]) == (200, "proposed"), proposed.text
        answer = await self.act(refund, "approval", SOMCHAI)
        assert (answer.status_code, answer.json()["state"]) == (200, "approved"), answer.text

    async def pay(self, refund: UUID, reference: str, who: UUID = ANONG, **body):
        today = local_date(clock.now()).isoformat()
        return await self.act(refund, "payout", who, **({"reference": reference, "paid_on": today} | body))

    async def get(self, path: str):
        return (await self.payment.client.get(path, headers=self.payment.officer("cashier"))).json()

    async def balances(self) -> dict[str, int]:
        rows = await self.payment.rows(BALANCES)
        assert sum(row["total"] for row in rows) == 0
        return {row["account"]: row["total"] for row in rows if row["total"]}

    async def acts(self, refund: UUID) -> list[str]:
        rows = await self.payment.rows(select(RefundAct).where(RefundAct.refund_id == refund).order_by(RefundAct.at))
        return [row["act"] for row in rows]


@pytest.fixture
def counter(payment, granted):
    return Counter(payment, granted)


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_what_was_paid_twice_goes_back_by_two_persons_and_the_books_close(counter):
    refund = await counter.due()
    (shown,) = (await counter.get("/refunds"))["items"]
    assert (shown["id"], shown["reason"], shown["amount_satang"]) == (str(refund), "duplicate", FEE)
    assert (await counter.balances())["refund-due"] == -FEE
    await counter.approved(refund, instruction="KTB-2569/17")
    answer = await counter.pay(refund, "T-1")
    assert (answer.status_code, answer.json()["state"], answer.json()["paid_satang"]) == (200, "paid", FEE)
    balances = await counter.balances()
    assert balances.pop("bank") == FEE
    assert all(account.startswith("revenue:") for account in balances)
    (fact,) = await counter.payment.facts(RefundPaid)
    assert (fact.data.refund, fact.data.amount_satang) == (refund, FEE)
    told = await counter.get(f"/refunds/{refund}")
    assert [(each["act"], UUID(each["officer"]), each["amount_satang"]) for each in told["acts"]] == [
        ("proposed", MALEE, FEE), ("approved", SOMCHAI, FEE), ("paid", ANONG, FEE),
    ]  # fmt: skip
    assert (told["acts"][0]["reason"], told["acts"][0]["reference"]) == ("ชำระซ้ำ", "KTB-2569/17")
    assert (told["acts"][2]["reference"], told["acts"][2]["reason"]) == ("T-1", None)
    assert (await counter.get("/refunds"))["items"] == []
    assert [each["id"] for each in (await counter.get("/refunds?state=paid"))["items"]] == [str(refund)]


@pytest.mark.parametrize(("language", "word"), [("th", "ผู้เสนอ"), ("en", "proposed")])
async def test_who_proposed_does_not_approve(counter, language, word):
    refund = await counter.due()
    await counter.act(refund, "proposal", MALEE, reason="x")
    answer = await counter.post(f"/refunds/{refund}/approval", MALEE, **{"Accept-Language": language})
    assert code(answer) == (403, "approver-is-proposer")
    assert word in answer.json()["title"]
    assert await counter.acts(refund) == ["proposed"]


async def test_a_part_leaves_the_rest_due_and_needs_two_persons_again(counter):
    refund = await counter.due()
    await counter.approved(refund, amount_satang=30_000)
    assert code(await counter.pay(refund, "T-0", amount_satang=30_001)) == (422, "more-than-owed")
    part = (await counter.pay(refund, "T-1", amount_satang=20_000)).json()
    assert (part["state"], part["paid_satang"], part["proposed_satang"]) == ("due", 20_000, None)
    assert (await counter.balances())["refund-due"] == -80_000
    assert code(await counter.pay(refund, "T-2")) == (409, "refund-state-forbids")
    assert code(await counter.act(refund, "proposal", MALEE, reason="x", amount_satang=80_001)) == (
        422, "more-than-owed",
    )  # fmt: skip
    await counter.approved(refund)
    rest = (await counter.pay(refund, "T-2")).json()
    assert (rest["state"], rest["paid_satang"]) == ("paid", FEE)
    assert "refund-due" not in await counter.balances()
    assert [fact.data.amount_satang for fact in await counter.payment.facts(RefundPaid)] == [20_000, 80_000]


async def test_what_is_rejected_is_due_again(counter):
    refund = await counter.due()
    assert code(await counter.act(refund, "rejection", SOMCHAI, reason="x")) == (409, "refund-state-forbids")
    await counter.act(refund, "proposal", MALEE, reason="x")
    back = (await counter.act(refund, "rejection", SOMCHAI, reason="ผิดบัญชี")).json()
    assert (back["state"], back["proposed_by"], back["acts"][-1]["reason"]) == ("due", None, "ผิดบัญชี")
    assert code(await counter.act(refund, "approval", SOMCHAI)) == (409, "refund-state-forbids")
    await counter.approved(refund)
    assert (await counter.act(refund, "rejection", ANONG, reason="ธนาคารปฏิเสธ")).json()["state"] == "due"
    assert (await counter.balances())["refund-due"] == -FEE


async def test_what_is_repeated_counts_once(counter):
    refund, other = await counter.due(), await counter.due()
    for _ in range(2):
        assert (await counter.act(refund, "proposal", MALEE, reason="x")).status_code == 200
    for _ in range(2):
        assert (await counter.act(refund, "approval", SOMCHAI)).status_code == 200
    for _ in range(2):
        assert (await counter.pay(refund, "T-1")).json()["paid_satang"] == FEE
    assert await counter.acts(refund) == ["proposed", "approved", "paid"]
    await counter.approved(other)
    assert code(await counter.pay(other, "T-1")) == (409, "payout-reference-used")
    assert code(await counter.pay(refund, "T-1", amount_satang=1)) == (409, "payout-reference-used")
    assert len(await counter.payment.facts(RefundPaid)) == 1


async def test_of_two_at_once_one_counts(counter):
    refund, other = await counter.due(), await counter.due()
    for each in (refund, other):
        await counter.act(each, "proposal", MALEE, reason="x")
    answers = await asyncio.gather(*(counter.act(refund, "approval", who) for who in (SOMCHAI, ANONG)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    await counter.act(other, "approval", SOMCHAI)
    answers = await asyncio.gather(*(counter.pay(refund, reference) for reference in ("A-1", "A-2")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    await counter.approved(third := await counter.due())
    answers = await asyncio.gather(*(counter.pay(each, "B-1") for each in (other, third)))
    assert sorted(answer.status_code for answer in answers) == [200, 409], "one reference, two refunds"
    assert (await counter.balances())["refund-due"] == -FEE
    assert len(await counter.payment.facts(RefundPaid)) == 2


async def test_what_came_by_the_bank_never_leaves_the_account_of_cards(counter):
    refund = await counter.due()
    await counter.approved(refund)
    answer = await counter.pay(refund, "T-1", account="card")
    assert code(answer) == (422, "payout-account-impossible")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/account"]
    assert (await counter.pay(refund, "T-1", account="bank")).status_code == 200
    assert "card" not in await counter.balances()
    assert domain.payout_account("bank", "card") == "bank", "what came by card may be sent from the bank"


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_payout_is_of_a_day_since_the_money_was_owed(counter, days):
    refund = await counter.due()
    await counter.approved(refund)
    day = (local_date(clock.now()) + timedelta(days=days)).isoformat()
    answer = await counter.pay(refund, "T-1", paid_on=day)
    assert code(answer) == (422, "paid-on-impossible")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/paid_on"]


async def test_a_part_of_a_fee_goes_back_by_decision_once_another_approves(counter):
    row = await counter.paid()
    path, body = f"/invoices/{row['id']}/refunds", {"amount_satang": 40_000, "reason": "คิดค่าธรรมเนียมเกิน"}
    answers = [await counter.post(path, MALEE, body, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    refund = UUID(answers[0].json()["id"])
    assert UUID(answers[1].json()["id"]) == refund, "a repeated wish is one refund"
    other_wish = await counter.post(path, MALEE, body | {"amount_satang": 1}, **{"Idempotency-Key": "k"})
    assert code(other_wish) == (409, "refund-key-used")
    assert "refund-due" not in await counter.balances()
    assert code(await counter.act(refund, "approval", MALEE)) == (403, "approver-is-proposer")
    assert (await counter.act(refund, "approval", SOMCHAI)).status_code == 200
    (due,) = await counter.payment.facts(RefundDue)
    assert (due.data.amount_satang, due.data.reason) == (40_000, "decision")
    assert (await counter.balances())["refund-due"] == -40_000
    assert (await counter.pay(refund, "T-1")).json()["state"] == "paid"
    assert code(await counter.post(path, MALEE, body | {"amount_satang": 60_001})) == (422, "more-than-owed")
    assert (await counter.post(path, MALEE, body | {"amount_satang": 60_000})).status_code == 201
    assert (await counter.balances())["bank"] == 60_000


async def test_a_wish_that_is_rejected_ends_and_leaves_the_money_where_it_is(counter):
    row = await counter.paid()
    path, body = f"/invoices/{row['id']}/refunds", {"amount_satang": FEE, "reason": "x"}
    refund = (await counter.post(path, MALEE, body)).json()["id"]
    assert code(await counter.post(path, MALEE, body | {"amount_satang": 1})) == (422, "more-than-owed")
    assert (await counter.act(refund, "rejection", SOMCHAI, reason="x")).json()["state"] == "rejected"
    assert code(await counter.act(refund, "proposal", MALEE, reason="x")) == (409, "refund-state-forbids")
    assert (await counter.balances())["bank"] == FEE
    assert (await counter.post(path, MALEE, body)).status_code == 201


async def test_an_early_end_owes_back_what_no_decision_has_given_back(counter):
    row = await counter.paid()
    path = f"/invoices/{row['id']}/refunds"
    given, wanted = [
        (await counter.post(path, MALEE, {"amount_satang": amount, "reason": "x"})).json()["id"]
        for amount in (30_000, 20_000)
    ]
    assert (await counter.act(given, "approval", SOMCHAI)).status_code == 200
    end = counter.payment.handover(
        Withdrawn, at="request", journey=row["journey_id"], outcome=Outcome.WITHDRAWN
    )  # fmt: skip
    await counter.payment.deliver(end)
    assert [fact.data.amount_satang for fact in await counter.payment.facts(RefundDue)] == [30_000, 70_000]
    assert code(await counter.act(wanted, "approval", SOMCHAI)) == (409, "invoice-not-paid")
    assert code(await counter.post(path, MALEE, {"amount_satang": 1, "reason": "x"})) == (409, "invoice-not-paid")
    assert await counter.balances() == {"bank": FEE, "refund-due": -FEE}


async def test_another_agency_finds_nothing(counter):
    refund = await counter.due()
    answer = await counter.post(f"/refunds/{refund}/approval", SOMCHAI, agency=OTHER_AGENCY)
    assert code(answer) == (404, "refund-not-found")


async def test_refunds_come_page_by_page(counter):
    made = [str(await counter.due()) for _ in range(3)]
    first = await counter.get("/refunds?limit=2")
    rest = await counter.get(f"/refunds?limit=2&cursor={first['next']}")
    assert [each["id"] for each in first["items"] + rest["items"]] == made
    assert rest["next"] is None


@pytest.mark.parametrize("change", ["UPDATE refund_act SET amount = 1", "DELETE FROM refund_act"])
async def test_no_act_is_ever_changed(counter, change):
    refund = await counter.due()
    await counter.act(refund, "proposal", MALEE, reason="x")
    with pytest.raises(Exception, match="only grow"):
        async with counter.payment.kit.database.engine.begin() as connection:
            await connection.execute(text(change))


def test_parts_of_the_revenue_make_the_whole():
    lines = [
        {"revenue_code": code, "amount": amount} for code, amount in (("a", 500), ("b", 300), ("a", -100), ("c", 0))
    ]  # fmt: skip
    whole: dict[str, int] = {}
    for taken, amount in ((0, 350), (350, 150), (500, None)):
        entries = domain.refund_booking(lines, taken, amount)
        assert sum(each.amount for each in entries) == 0
        for each in entries:
            whole[each.account] = whole.get(each.account, 0) + each.amount
    assert whole == {"revenue:a": 400, "revenue:b": 300, "refund-due": -700}
    assert domain.refund_booking(lines)[-1].amount == -700
