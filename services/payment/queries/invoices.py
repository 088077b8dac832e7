"""Reads of invoices, payments and refunds."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.app import Kit
from kit.auth import Principal
from kit.clients import PeerRefused
from kit.clock import clock
from kit.contracts.definition import Section
from kit.rows import fetch
from services.payment import domain
from services.payment.models import Checkout, Invoice, Payment, Receipt

INVOICE = ", ".join(Invoice.model_fields)
HELD = f"SELECT {INVOICE} FROM invoice WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"  # noqa: S608 - our own columns
OF_JOURNEY = f"SELECT {INVOICE} FROM invoice WHERE journey_id = $1 ORDER BY id"  # noqa: S608 - our own columns


async def held(session: AsyncSession, ids: Iterable[UUID], *, waiting: bool = True) -> list[Invoice]:
    """These invoices, locked; if not ``waiting``, save those that somebody else holds. They join no session."""
    query = HELD if waiting else f"{HELD} SKIP LOCKED"
    return [Invoice(**row) for row in await fetch(session, query, sorted(ids))]


async def held_of_journey(session: AsyncSession, journey: UUID) -> list[Invoice]:
    """The invoices of a journey as they stand now, locked. They join no session, which would keep them as they were."""
    return [Invoice(**row) for row in await fetch(session, f"{OF_JOURNEY} FOR UPDATE", journey)]


async def invoice(session: AsyncSession, invoice_id: UUID) -> Invoice:
    """One invoice; InvoiceNotFound when there is none."""
    found = await fetch(session, f"SELECT {INVOICE} FROM invoice WHERE id = $1", invoice_id)  # noqa: S608
    if not found:
        raise domain.InvoiceNotFound
    return Invoice(**found[0])


async def section(kit: Kit, definition: str) -> Section:
    """Payment's section of a version; ServiceNotFound when none such is published."""
    try:
        return await kit.section(definition)
    except PeerRefused as refused:
        if refused.status == 404:
            raise domain.ServiceNotFound from refused
        raise


async def payment(session: AsyncSession, payment_id: UUID) -> Payment:
    """One payment, which exists."""
    return (await session.exec(select(Payment).where(Payment.id == payment_id))).one()


async def checkout(session: AsyncSession, checkout_id: UUID) -> Checkout:
    """One charge that was begun, which exists."""
    return (await session.exec(select(Checkout).where(Checkout.id == checkout_id))).one()


async def pending_checkouts(session: AsyncSession, invoice_id: UUID) -> Sequence[Checkout]:
    """The charges on an invoice of which it is not known that they have ended."""
    pending = (Checkout.invoice_id == invoice_id, Checkout.state == domain.ChargeState.PENDING)
    return (await session.exec(select(Checkout).where(*pending))).all()


def is_of(row: Invoice | Receipt, principal: Principal) -> bool:
    """Whether it is of this citizen, or of the journey of this holder."""
    if principal.kind == "holder":
        return row.person_id is None and str(row.journey_id) == principal.subject
    return str(row.person_id) == principal.subject


async def invoice_of(session: AsyncSession, invoice_id: UUID, principal: Principal) -> Invoice:
    """One invoice of its owner; InvoiceNotFound also when it is somebody else's."""
    return of_owner([await invoice(session, invoice_id)], principal)


def of_owner(found: Sequence[Invoice], principal: Principal) -> Invoice:
    """The only one of these invoices, where it is this principal's; InvoiceNotFound."""
    if not found or not is_of(found[0], principal):
        raise domain.InvoiceNotFound
    return found[0]


async def invoices_of_journey(session: AsyncSession, journey: UUID, principal: Principal) -> Sequence[Invoice]:
    """The invoices of a journey of this principal, oldest first."""
    rows = [Invoice(**row) for row in await fetch(session, OF_JOURNEY, journey)]
    return [row for row in rows if is_of(row, principal)]


async def count_open(session: AsyncSession) -> float:
    """How many invoices are neither paid nor void: for the metrics."""
    return (await session.exec(_count_open())).one()


async def count_overdue(session: AsyncSession) -> float:
    """How many of them have passed their due date."""
    return (await session.exec(_count_open().where(Invoice.due_at < clock.now()))).one()


def _count_open() -> SelectOfScalar[int]:
    return select(func.count()).select_from(Invoice).where(Invoice.state == domain.InvoiceState.OPEN)
