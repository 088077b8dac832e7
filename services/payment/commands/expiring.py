"""An invoice that nobody pays: the payer is reminded, and in the end it expires and the journey with it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.clock import clock
from kit.contracts.events import PaymentExpired, Reminded
from kit.contracts.journey import Outcome
from kit.rows import fetch
from services.payment import queries
from services.payment.commands import books
from services.payment.domain import InvoiceState
from services.payment.models import Invoice


async def plan(session: AsyncSession, invoice: Invoice, moments: Sequence[datetime]) -> None:
    """Plan the reminders of an invoice, and its end where it has one."""
    if moments:
        payload = {"at": [each.isoformat() for each in moments]}
        await duework.add(
            session, "remind", invoice.id, due_at=moments[0], payload=payload, journey=invoice.journey_id
        )  # fmt: skip
    if invoice.expires_at is not None:
        await duework.add(session, "expire", invoice.id, due_at=invoice.expires_at, journey=invoice.journey_id)


async def remind(session: AsyncSession, invoice_id: UUID, passed: int) -> bool:
    """Say once for all reminders whose time has come that a fee is still to be paid; whether it is."""
    (invoice,) = await queries.held(session, [invoice_id])
    if invoice.state != InvoiceState.OPEN:
        return False
    if invoice.reminded < passed:
        await fetch(session, "UPDATE invoice SET reminded = $1 WHERE id = $2", passed, invoice_id)
        fact = Reminded(
            invoice=invoice_id, amount_satang=invoice.missing, currency="THB", due_at=invoice.due_at,
            expires_at=invoice.expires_at,
        )  # fmt: skip
        await outbox.add(session, fact, invoice)
    return True


async def expire(session: AsyncSession, invoice_id: UUID) -> None:
    """End an open invoice whose time is over, and the journey with it; what was paid or is void stays so."""
    (invoice,) = await queries.held(session, [invoice_id])
    if invoice.state != InvoiceState.OPEN or invoice.expires_at is None or clock.now() < invoice.expires_at:
        return
    await books.close(session, invoice_id, InvoiceState.EXPIRED)
    await books.release(session, invoice, PaymentExpired.name)
    await outbox.hand_over(session, invoice, PaymentExpired, Outcome.EXPIRED)
