"""Reads of payment."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.auth import Principal
from kit.clock import clock
from kit.contracts import claims
from services.payment import domain
from services.payment.models import Invoice, Payment, Receipt


async def invoice(session: AsyncSession, invoice_id: UUID) -> Invoice:
    """One invoice; InvoiceNotFound when there is none."""
    found = await session.get(Invoice, invoice_id)
    if found is None:
        raise domain.InvoiceNotFound
    return found


async def payment(session: AsyncSession, payment_id: UUID) -> Payment:
    """One payment, which exists."""
    return (await session.exec(select(Payment).where(Payment.id == payment_id))).one()


def _is_of(row: Invoice | Receipt, principal: Principal) -> bool:
    if principal.kind == "holder":
        return row.person_id is None and str(row.journey_id) == principal.subject
    return str(row.person_id) == principal.subject


async def invoice_of(session: AsyncSession, invoice_id: UUID, principal: Principal) -> Invoice:
    """One invoice of its owner; InvoiceNotFound also when it is somebody else's."""
    found = await invoice(session, invoice_id)
    if not _is_of(found, principal):
        raise domain.InvoiceNotFound
    return found


async def invoices_of_journey(session: AsyncSession, journey: UUID, principal: Principal) -> Sequence[Invoice]:
    """The invoices of a journey of this principal, oldest first."""
    query = select(Invoice).where(Invoice.journey_id == journey).order_by(col(Invoice.id))
    return [row for row in (await session.exec(query)).all() if _is_of(row, principal)]


async def receipts_of_journey(session: AsyncSession, journey: UUID, principal: Principal) -> Sequence[Receipt]:
    """The receipts of a journey of this principal, oldest first."""
    query = select(Receipt).where(Receipt.journey_id == journey).order_by(col(Receipt.id))
    return [row for row in (await session.exec(query)).all() if _is_of(row, principal)]


async def receipt_claims(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, claims.ReceiptClaim]:
    """Claim ``receipts``: every journey asked about has an answer, be it an empty one."""
    query = select(Receipt).where(col(Receipt.journey_id).in_(journeys)).order_by(col(Receipt.id))
    found: dict[UUID, list[claims.Receipt]] = {journey: [] for journey in journeys}
    for row in (await session.exec(query)).all():
        claim = claims.Receipt(number=row.number, amount_satang=row.amount, paid_at=row.issued_at, step=row.step)
        found[row.journey_id].append(claim)
    return {journey: claims.ReceiptClaim(journey=journey, receipts=rows) for journey, rows in found.items()}


async def count_open(session: AsyncSession) -> float:
    """How many invoices are neither paid nor void: for the metrics."""
    return (await session.exec(_count_open())).one()


async def count_overdue(session: AsyncSession) -> float:
    """How many of them have passed their due date."""
    return (await session.exec(_count_open().where(Invoice.due_at < clock.now()))).one()


def _count_open() -> SelectOfScalar[int]:
    return select(func.count()).select_from(Invoice).where(Invoice.state == domain.InvoiceState.OPEN)
