"""The cashiers' desk of one agency, and the payers before it."""

from typing import Any
from uuid import UUID, uuid4

from sqlmodel import select

from kit.clock import clock
from services.payment import commands
from services.payment.domain import BankTransaction
from services.payment.models import Invoice, Receipt

RIGHT_NAME = "นายถูกต้อง ตรงตามบัตร"


class Desk:
    """What cashiers do about receipts."""

    def __init__(self, payment, granted) -> None:
        self.payment, self.granted = payment, granted

    async def bills(self, count: int, person: UUID | None = None) -> list[dict[str, Any]]:
        """Open invoices."""
        events = [self.granted(person=person) for _ in range(count)]
        await self.payment.deliver(*events)
        journeys = [event.journey for event in events]
        return await self.payment.rows(select(Invoice).where(Invoice.journey_id.in_(journeys)))

    @staticmethod
    def booked(row: dict[str, Any]) -> BankTransaction:
        """The fee, as the bank has booked it."""
        return BankTransaction(uuid4().hex, row["biller_id"], row["reference1"], row["amount"], clock.now())

    async def settle(self, row: dict[str, Any]) -> None:
        """The fee is paid."""
        async with self.payment.kit.database.transaction() as session:
            await commands.settle(session, row["id"], "scb", [self.booked(row)])

    async def receipt(self, person: UUID | None = None) -> dict[str, Any]:
        """A receipt for a fee that was paid."""
        [row] = await self.bills(1, person)
        await self.settle(row)
        (receipt,) = await self.payment.rows(select(Receipt).where(Receipt.invoice_id == row["id"]))
        return receipt

    async def give_back(self, invoice: UUID, amount: int) -> None:
        """A part of the fee goes back by decision, as two cashiers want it."""
        body = {"amount_satang": amount, "reason": "ยกเลิกบางส่วน"}
        path = f"/invoices/{invoice}/refunds"
        wanted = await self.payment.client.post(path, json=body, headers=self.payment.officer("cashier"))
        path = f"/refunds/{wanted.json()['id']}/approval"
        assert (await self.payment.client.post(path, headers=self.payment.officer("cashier"))).status_code == 200

    async def of_journey(self, journey: UUID, person: UUID) -> list[dict[str, Any]]:
        """What the payer sees."""
        headers = self.payment.citizen(person)
        return (await self.payment.client.get(f"/journeys/{journey}/receipts", headers=headers)).json()

    async def act(self, receipt: object, act: str, body: dict[str, Any], key: str | None, **who: Any) -> Any:
        """What a cashier sends."""
        headers = self.payment.officer("cashier", **who) | {"Accept-Language": "en"}
        headers |= {"Idempotency-Key": key} if key else {}
        return await self.payment.client.post(f"/receipts/{receipt}/{act}", json=body, headers=headers)

    async def reissue(self, receipt: object, key: str | None = None, **body: Any) -> Any:
        """Issue anew, by default under the right name."""
        told = {"purpose": "RCTC01", "payer": {"name": RIGHT_NAME}} | body
        return await self.act(receipt, "reissue", told, key)

    async def cancel(self, receipt: object, key: str | None = None, *, reason: str, **who: Any) -> Any:
        """Cancel, for another reason."""
        return await self.act(receipt, "cancellation", {"purpose": "RCTC99", "reason": reason}, key, **who)

    async def numbers(self) -> list[int]:
        """Every number given."""
        return sorted(row["running"] for row in await self.payment.rows(select(Receipt)))


def code(answer: Any) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]
