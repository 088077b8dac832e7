"""Due work of payment: asking the bank, because only its inquiry is believed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock, local_date
from kit.duework import AnyWork, InBulk, Later, Work
from services.payment import commands, queries
from services.payment.domain import BankTransaction, InvoiceState, PaymentState
from services.payment.models import Invoice
from services.payment.providers.scb import Scb

INQUIRED = "the bank has answered, nothing is booked yet"
VERIFY_AGAIN = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_LOOKS = 80
"""For a callback that the bank does not show: three days, since pauses double up to the longest."""
GRACE = timedelta(days=2)
"""How long after its due date an unpaid invoice is still asked about."""


async def verify_all(kit: Kit, works: Sequence[Work]) -> list[str]:
    """Ask the bank about several callbacks side by side and apply what it has booked in one transaction.

    Gives back those that it did not answer or does not show yet, and whose invoice somebody else holds.
    """
    answers = await asyncio.gather(*(_booked(kit, payload) for _, payload in works), return_exceptions=True)
    booked: dict[UUID, list[BankTransaction]] = {}
    for (_, payload), answer in zip(works, answers, strict=True):
        if not isinstance(answer, BaseException) and answer:
            booked.setdefault(UUID(payload["invoice"]), []).extend(answer)
    verified: set[UUID] = set()
    if booked:
        async with kit.database.transaction() as session:
            verified = await commands.settle_all(session, kit.resource(Scb).name, booked)
    return [key for key, _ in works if UUID(key) not in verified]


async def verify(kit: Kit, key: str, payload: dict[str, Any]) -> None:
    """Verify one callback: it stays unverified until the bank shows the transaction.

    Looks are counted, not days: after a clock that was set wrong the bank is asked as often as ever.
    """
    if booked := await _booked(kit, payload):
        async with kit.database.transaction() as session:
            if UUID(key) in await commands.settle(session, UUID(payload["invoice"]), kit.resource(Scb).name, booked):
                return
    async with kit.database.reading() as session:
        payment = await queries.payment(session, UUID(key))
    looks = payload.get("looks", 0) + 1
    if payment.state == PaymentState.UNVERIFIED and looks < MOST_LOOKS:
        pause = min(VERIFY_AGAIN * 2 ** min(looks - 1, 10), LONGEST_PAUSE)
        raise Later(clock.now() + pause, payload | {"looks": looks})


async def _booked(kit: Kit, payload: Mapping[str, Any]) -> Sequence[BankTransaction]:
    biller, reference = await _bill(kit, payload)
    booked = await kit.resource(Scb).inquire(biller, reference, date.fromisoformat(payload["day"]))
    if booked:
        crashpoint.reach(INQUIRED)
    return booked


async def _bill(kit: Kit, payload: Mapping[str, Any]) -> tuple[str, str]:
    """Biller and reference that the bank is asked about."""
    if "biller" in payload:
        return payload["biller"], payload["reference"]
    async with kit.database.reading() as session:  # planned by an earlier release
        found = await queries.invoice(session, UUID(payload["invoice"]))
    return found.biller_id, found.reference1


async def inquire(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Ask about an open invoice by and by, and about every invoice at the end: a silent bank loses no payment.

    The last look is at every day since the invoice was made. It finds what was paid while nobody could ask, and
    what was paid twice, or after the journey had ended.
    """
    async with kit.database.reading() as session:
        invoice = await queries.invoice(session, UUID(key))
    now = clock.now()
    today, last = local_date(now), invoice.due_at + GRACE
    if now >= last:
        await _ask(kit, invoice, _days(local_date(invoice.created_at), today))
        return
    if invoice.state != InvoiceState.OPEN:
        raise Later(last)
    await _ask(kit, invoice, [today - timedelta(days=1), today])
    raise Later(min(now + min(now - invoice.created_at, LONGEST_PAUSE), last))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


async def _ask(kit: Kit, invoice: Invoice, days: list[date]) -> None:
    provider = kit.resource(Scb)
    for day in days:
        booked = await provider.inquire(invoice.biller_id, invoice.reference1, day)
        if booked:
            crashpoint.reach(INQUIRED)
            async with kit.database.transaction() as session:
                await commands.settle(session, invoice.id, provider.name, booked)


WORK: dict[str, AnyWork] = {"verify": InBulk(verify_all, verify), "inquire": inquire}
