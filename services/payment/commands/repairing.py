"""What an older release beside this one leaves in an invoice is put right at its last look."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.payment import domain, queries
from services.payment.commands import books
from services.payment.domain import InvoiceState


async def release_forgotten(session: AsyncSession, invoice_id: UUID) -> None:
    """Owe back what the ledger still keeps as parts of an invoice that has come to its end.

    A release that knows of no parts ends an invoice, or settles it by the whole fee, and leaves them where they are.
    """
    (invoice,) = await queries.held(session, [invoice_id])
    if invoice.held and invoice.state != InvoiceState.OPEN and await queries.held_in_part(session, invoice_id):
        await books.release(session, invoice, domain.RELEASED)
