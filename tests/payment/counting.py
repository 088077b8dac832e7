"""The cashiers' office of one agency: it bills, is paid, takes in what the bank says, and closes its days."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from sqlmodel import select

from kit.clock import BANGKOK, clock, local_date
from kit.contracts.events import Withdrawn
from kit.contracts.journey import Outcome
from services.payment import commands
from services.payment.domain import BankTransaction
from services.payment.models import Invoice, LedgerEntry

FEE = 100_000
BILLER = "099400016550100"
HEADER = "value_at,biller_id,reference1,reference2,amount,transaction_id,channel"
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)
MALEE, SOMCHAI = uuid4(), uuid4()


def line(transaction, reference, amount=FEE, *, at=START, biller=BILLER, channel="PMH"):
    """One line of a statement."""
    baht = f"{amount // 100}.{amount % 100:02d}"
    return f"{at.astimezone(BANGKOK).isoformat()},{biller},{reference},,{baht},{transaction},{channel}"


def table(*lines):
    """A statement."""
    return "".join(f"{each}\r\n" for each in (HEADER, *lines)).encode()


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


class Office:
    def __init__(self, payment, granted) -> None:
        self.payment, self.granted = payment, granted

    async def billed(self) -> dict:
        event = self.granted(person=uuid4())
        await self.payment.deliver(event, times=1)
        # Delivered once, the bus may have counted it for its reader only after it was seen to have nothing more.
        (row,) = await self.payment.until(
            lambda: self.payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
        )
        return row

    async def booked(self, row, amount=FEE, *, at=START, provider="scb") -> str:
        """The bank's inquiry, or the gateway, has told of a payment: its transaction."""
        told = BankTransaction(uuid4().hex, row["biller_id"], row["reference1"], amount, at)
        async with self.payment.kit.database.transaction() as session:
            await commands.settle(session, row["id"], provider, [told])
        return told.transaction_id

    async def paid(self, amount=FEE, *, at=START) -> tuple[dict, str]:
        row = await self.billed()
        return row, await self.booked(row, amount, at=at)

    async def ended(self, row) -> None:
        """The applicant withdraws."""
        journey = row["journey_id"]
        event = self.payment.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN)
        await self.payment.deliver(event)

    async def send(self, content, *, who=MALEE, kind="text/csv", agency="22000000", **query):
        headers = self.payment.officer("cashier", officer=who, agency=agency)
        headers |= {"Content-Type": kind, "Accept-Language": "en"}
        return await self.payment.client.post("/statements", content=content, headers=headers, params=query)

    async def post(self, path, who=MALEE, **body):
        headers = self.payment.officer("cashier", officer=who)
        return await self.payment.client.post(path, json=body or None, headers=headers)

    async def get(self, path, agency="22000000", **query):
        headers = self.payment.officer("cashier", agency=agency)
        answer = await self.payment.client.get(path, headers=headers, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def parity(self, day=DAY) -> dict:
        """Kind → (count, satang at the bank, satang in the books) of the one biller; both sides add up."""
        (told,) = (await self.get(f"/reconciliations/{day}"))["parity"]
        sums = {
            kind: (each["count"], each["bank_satang"], each["books_satang"]) for kind, each in told["kinds"].items()
        }
        assert sum(each[1] for each in sums.values()) == told["bank_satang"]
        assert sum(each[2] for each in sums.values()) == told["books_satang"]
        return sums

    async def open(self, state="open") -> list[dict]:
        return (await self.get("/discrepancies", state=state))["items"]

    async def resolve(self, discrepancy, resolution, **more) -> dict:
        """One cashier proposes, who may not approve, and another does."""
        path = f"/discrepancies/{discrepancy['id']}"
        answer = await self.post(f"{path}/proposal", resolution=resolution, reason="x", **more)
        assert (answer.status_code, answer.json()["state"]) == (200, "proposed"), answer.text
        assert code(await self.post(f"{path}/approval")) == (403, "resolver-is-proposer")
        answer = await self.post(f"{path}/approval", SOMCHAI)
        assert (answer.status_code, answer.json()["state"]) == (200, "resolved"), answer.text
        return answer.json()

    async def balances(self, day=None) -> dict[str, int]:
        """What stands in each account; together nothing."""
        told = await self.get(f"/trial-balances/{day or local_date(clock.now())}")
        assert (told["closing_satang"], told["debit_satang"]) == (0, told["credit_satang"])
        assert {each["biller_id"] for each in told["accounts"] if each["account"] == "bank"} <= {BILLER}
        return {each["account"]: each["closing_satang"] for each in told["accounts"] if each["closing_satang"]}

    async def entries(self) -> list[dict]:
        return await self.payment.rows(select(LedgerEntry).order_by(LedgerEntry.id))

    async def close(self, day=DAY, who=MALEE):
        return await self.post(f"/reconciliations/{day}/closing", who)


@contextmanager
def standing_clock():
    """The day of `START`; what is yielded goes to the next day."""
    with clock.freeze(START) as advance:
        yield lambda days=1: advance(timedelta(days=days))
