"""A fee is paid by card: a charge is begun at the gateway, followed, and concluded by what the gateway says of it.

The invoice is locked before what is begun on it, as ``settle`` does.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.auth import Principal
from kit.clock import clock
from kit.telemetry import log
from services.payment import domain, queries
from services.payment.commands.settling import settle
from services.payment.domain import ChargeState, InvoiceState
from services.payment.models import Checkout, Invoice
from services.payment.providers import Charge

FIRST_LOOK = timedelta(seconds=60)
UNANSWERED = timedelta(minutes=10)
"""How long a charge that the gateway has not answered may be ordered again under its key."""


async def want_checkout(
    session: AsyncSession, invoice_id: UUID, owner: Principal, provider: str
) -> tuple[Invoice, Checkout]:
    """The charge that the payer may still use for all that is to be paid, or a new one, not yet ordered.

    InvoiceNotFound, CardNotOffered, InvoiceNotOpen.
    """
    invoice = queries.of_owner(await queries.held(session, [invoice_id]), owner)
    if not invoice.takes_card:
        raise domain.CardNotOffered
    now = clock.now()
    if invoice.state != InvoiceState.OPEN:
        raise domain.InvoiceNotOpen(state=invoice.state)
    if invoice.expires_at is not None and now >= invoice.expires_at:  # else each new charge would put the end off
        raise domain.InvoiceNotOpen(state=InvoiceState.EXPIRED)
    pending = (Checkout.invoice_id == invoice_id, Checkout.provider == provider, Checkout.state == ChargeState.PENDING)
    query = select(Checkout).where(*pending, Checkout.amount == invoice.missing).order_by(col(Checkout.id).desc())
    for begun in await session.exec(query):
        if begun.charge_id is not None or now < begun.created_at + UNANSWERED:
            return invoice, begun
    begun = Checkout(
        invoice_id=invoice_id, provider=provider, amount=invoice.missing, state=ChargeState.PENDING, created_at=now
    )
    session.add(begun)
    # A gateway may stay silent: the charge is asked about even if no webhook ever comes.
    await duework.add(session, "charge", begun.id, due_at=now + FIRST_LOOK, journey=invoice.journey_id)
    return invoice, begun


async def record_charge(session: AsyncSession, checkout_id: UUID, charge: Charge) -> Checkout:
    """Keep what the gateway has made of an order, so that it can be asked about; it is the same each time."""
    begun = await _held(session, checkout_id)
    begun.charge_id, begun.url, begun.expires_at = charge.charge_id, charge.url, charge.expires_at
    return begun


async def conclude(session: AsyncSession, checkout_id: UUID, charge: Charge | None) -> None:
    """A charge has ended, or None was ever made: what was paid is settled, once."""
    begun = await _held(session, checkout_id)
    if charge is None:
        begun.state = ChargeState.FAILED
        return
    if charge.transaction is not None:
        settled = await settle(session, begun.invoice_id, begun.provider, [charge.transaction])
        if not settled:  # the gateway has money that it says is for another bill: somebody must look there
            log.error("a charge that succeeded settles nothing", checkout=str(begun.id), charge=charge.charge_id)
    begun.state = charge.state


async def _held(session: AsyncSession, checkout_id: UUID) -> Checkout:
    """What was begun, locked after its invoice."""
    begun = await queries.checkout(session, checkout_id)
    await queries.held(session, [begun.invoice_id])
    await session.refresh(begun, with_for_update=True)
    return begun
