"""An invoice is asked about by and by: a bank that stays silent loses no payment."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock, local_date
from kit.duework import Later
from services.payment import commands, providers, queries
from services.payment.domain import SCB, InvoiceState
from services.payment.duework.verifying import INQUIRED, LONGEST_PAUSE
from services.payment.models import Invoice

GRACE = timedelta(days=2)
"""How long after its due date, or its end, an unpaid invoice is still asked about."""


async def inquire(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Ask about an open invoice by and by, and about every invoice at the end: a silent bank loses no payment.

    The last look is at every day since the invoice was made. It finds what was paid while nobody could ask, and
    what was paid twice, or after the journey had ended. It does not come before the end of what is to expire.
    """
    async with kit.database.reading() as session:
        invoice = await queries.invoice(session, UUID(key))
    now = clock.now()
    today, ends = local_date(now), invoice.expires_at or invoice.due_at
    last = max(ends, invoice.settled_at or ends) + GRACE
    is_open = invoice.state == InvoiceState.OPEN
    if is_open and (now < last or invoice.expires_at is not None):
        await ask(kit, invoice, [today - timedelta(days=1), today])
        again = now + min(now - invoice.created_at, LONGEST_PAUSE)
        raise Later(again if now >= last else min(again, last))
    if now < last:
        raise Later(last)
    await ask(kit, invoice, days(local_date(invoice.created_at), today))
    async with kit.database.transaction() as session:
        await commands.release_forgotten(session, invoice.id)


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


async def ask(kit: Kit, invoice: Invoice, days: list[date]) -> None:
    """Ask the bank what it has booked under an invoice on these days, and settle that; OSError when it is away."""
    for day in days:
        booked = await providers.bank(kit).inquire(invoice.biller_id, invoice.reference1, day)
        if booked:
            crashpoint.reach(INQUIRED)
            async with kit.database.transaction() as session:
                await commands.settle(session, invoice.id, SCB, booked)
