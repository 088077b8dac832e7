"""Due work of payment: asking the bank, because only its inquiry is believed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock, local_date
from kit.duework import AnyWork, InBulk, Later, Work
from services.payment import commands, queries
from services.payment.domain import BankTransaction, InvoiceState, PaymentState
from services.payment.providers.scb import Scb

INQUIRED = "the bank has answered, nothing is booked yet"
VERIFY_AGAIN = timedelta(seconds=5)
VERIFY_FOR = timedelta(days=3)
LONGEST_PAUSE = timedelta(hours=1)
GRACE = timedelta(days=2)
"""How long after its due date an unpaid invoice is still asked about."""


class StillUnverified(Exception):
    """The bank does not show what a callback told of."""


class Bill(NamedTuple):
    """What the bank is asked about."""

    invoice: UUID
    biller: str
    reference: str
    day: date


async def verify_all(kit: Kit, works: Sequence[Work]) -> None:
    """Verify several callbacks together; StillUnverified when the bank does not show one of them yet."""
    provider = kit.resource(Scb)
    bills = [await _bill(kit, payload) for _, payload in works]
    asked = (provider.inquire(each.biller, each.reference, each.day) for each in bills)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    if away := [each for each in answers if isinstance(each, BaseException)]:
        raise away[0]
    booked = cast("list[list[BankTransaction]]", answers)
    async with kit.database.transaction() as session:
        # In the order of the invoices, so that two such transactions wait for each other and never in a ring.
        for bill, shown in sorted(zip(bills, booked, strict=True), key=lambda pair: pair[0].invoice):
            if shown:
                await commands.settle(session, bill.invoice, provider.name, shown)
        payments = await queries.payments(session, [UUID(key) for key, _ in works])
    if any(each.state == PaymentState.UNVERIFIED for each in payments):
        raise StillUnverified


async def verify(kit: Kit, key: str, payload: dict[str, Any]) -> None:
    """Verify one callback: it stays unverified until the bank shows the transaction."""
    try:
        await verify_all(kit, [(key, payload)])
    except StillUnverified:
        async with kit.database.transaction() as session:
            (payment,) = await queries.payments(session, [UUID(key)])
        if clock.now() < payment.heard_at + VERIFY_FOR:
            waited = clock.now() - payment.heard_at
            raise Later(clock.now() + min(max(VERIFY_AGAIN, waited), LONGEST_PAUSE)) from None


async def _bill(kit: Kit, payload: Mapping[str, Any]) -> Bill:
    invoice, day = UUID(payload["invoice"]), date.fromisoformat(payload["day"])
    if "biller" in payload:
        return Bill(invoice, payload["biller"], payload["reference"], day)
    async with kit.database.transaction() as session:  # planned by an earlier release
        found = await queries.invoice(session, invoice)
    return Bill(invoice, found.biller_id, found.reference1, day)


async def inquire(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Ask about an open invoice by and by, and about every invoice at the end: a silent bank loses no payment.

    The last look is at every day since the invoice was made. It finds what was paid while nobody could ask, and
    what was paid twice, or after the journey had ended.
    """
    async with kit.database.transaction() as session:
        invoice = await queries.invoice(session, UUID(key))
    now = clock.now()
    today, last = local_date(now), invoice.due_at + GRACE
    if now >= last:
        await _ask(kit, invoice.id, _days(local_date(invoice.created_at), today))
        return
    if invoice.state != InvoiceState.OPEN:
        raise Later(last)
    await _ask(kit, invoice.id, [today - timedelta(days=1), today])
    raise Later(min(now + min(now - invoice.created_at, LONGEST_PAUSE), last))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


async def _ask(kit: Kit, invoice_id: UUID, days: list[date]) -> None:
    provider = kit.resource(Scb)
    async with kit.database.transaction() as session:
        invoice = await queries.invoice(session, invoice_id)
    for day in days:
        booked = await provider.inquire(invoice.biller_id, invoice.reference1, day)
        if booked:
            crashpoint.reach(INQUIRED)
            async with kit.database.transaction() as session:
                await commands.settle(session, invoice_id, provider.name, booked)


WORK: dict[str, AnyWork] = {"verify": InBulk(verify_all, verify), "inquire": inquire}
