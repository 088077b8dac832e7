"""Reminders and the end of an invoice that nobody pays; nothing expires before every provider has been asked."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.app import Kit
from kit.clock import clock, local_date
from kit.duework import Later
from services.payment import commands, queries
from services.payment.commands.charging import UNANSWERED
from services.payment.domain import ChargeState, InvoiceState
from services.payment.duework.charging import stands
from services.payment.duework.inquiring import ask, days
from services.payment.models import Invoice

UNDER_WAY = timedelta(minutes=5)
"""Between looks at a charge that the payer may still be paying while the invoice would expire."""


async def remind(kit: Kit, key: str, payload: Mapping[str, Any]) -> None:
    """Remind the payer, unless the bank shows now that it is paid; then wait for the next reminder."""
    moments = [datetime.fromisoformat(each) for each in payload["at"]]
    invoice = await _invoice(kit, key)
    if invoice.state != InvoiceState.OPEN:
        return
    now = clock.now()
    with suppress(OSError):  # a bank that is away keeps nobody from being reminded
        await ask(kit, invoice, days(local_date(now - timedelta(days=1)), local_date(now)))
    passed = sum(each <= now for each in moments)
    async with kit.database.transaction() as session:
        is_open = await commands.remind(session, invoice.id, passed)
    if is_open and passed < len(moments):
        raise Later(moments[passed])


async def expire(kit: Kit, key: str, _payload: Mapping[str, Any]) -> None:
    """End an invoice after a last look at every charge, and then at every day since it was made.

    A bank that is away, or a charge that is still being paid, puts it off; the bank is not asked before.
    """
    invoice = await _invoice(kit, key)
    if invoice.state != InvoiceState.OPEN or invoice.expires_at is None:
        return
    now = clock.now()
    if now < invoice.expires_at:
        raise Later(invoice.expires_at)
    await _conclude_charges(kit, invoice)
    await ask(kit, invoice, days(local_date(invoice.created_at), local_date(now)))
    async with kit.database.transaction() as session:
        await commands.expire(session, invoice.id)


async def _invoice(kit: Kit, key: str) -> Invoice:
    async with kit.database.reading() as session:
        return await queries.invoice(session, UUID(key))


async def _conclude_charges(kit: Kit, invoice: Invoice) -> None:
    """Learn what became of every charge; Later while a payer may still be paying one."""
    async with kit.database.reading() as session:
        pending = await queries.pending_checkouts(session, invoice.id)
    for begun in pending:
        if begun.charge_id is None:
            if clock.now() < begun.created_at + UNANSWERED:  # the gateway is being asked for it
                raise Later(begun.created_at + UNANSWERED)
            continue
        charge = await stands(kit, begun)
        if charge.state is ChargeState.PENDING:
            raise Later(clock.now() + UNDER_WAY)
        async with kit.database.transaction() as session:
            await commands.conclude(session, begun.id, charge)
