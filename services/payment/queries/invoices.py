"""Reads of invoices, payments and refunds."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.app import Kit
from kit.auth import Principal
from kit.clients import PeerRefused
from kit.clock import clock
from kit.contracts.definition import Section
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.payment import domain
from services.payment.models import Checkout, Invoice, Payment, Receipt, Refund, RefundAct

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


APPLIED = "SELECT id FROM payment WHERE invoice_id = $1 AND state = ANY($2::text[])"
PARTS = """
    SELECT id, amount FROM payment WHERE invoice_id = $1 AND state = 'underpaid' AND NOT EXISTS (
        SELECT FROM refund WHERE refund.payment_id = payment.id AND refund.reason = 'underpaid'
    ) ORDER BY id
"""
"""Save those that an earlier release owed back at once."""
GIVEN = """
    SELECT coalesce(sum(amount), 0)::bigint AS given FROM refund
    WHERE invoice_id = $1 AND reason = $2 AND (is_owed OR $3 AND state <> $4)
"""


async def applied_payment(session: AsyncSession, invoice_id: UUID) -> UUID | None:
    """The payment that settled an invoice; None where nothing was to be paid."""
    found = await fetch(session, APPLIED, invoice_id, [domain.PaymentState.APPLIED, domain.PaymentState.OVERPAID])
    return found[0]["id"] if found else None


async def parts(session: AsyncSession, invoice_id: UUID) -> list[tuple[UUID, int]]:
    """The payments that were kept as parts of an invoice, oldest first, with their satang."""
    return [(row["id"], row["amount"]) for row in await fetch(session, PARTS, invoice_id)]


async def given_by_decision(session: AsyncSession, invoice_id: UUID, *, even_wanted: bool = False) -> int:
    """Satang of an invoice that are owed back by decision, or went back; with those that wait for approval if asked."""
    found = await fetch(session, GIVEN, invoice_id, domain.BY_DECISION, even_wanted, domain.RefundState.REJECTED)
    return int(found[0]["given"])


def standing(refund: Refund) -> domain.Standing:
    """How far a refund has come."""
    return domain.Standing(
        domain.RefundState(refund.state), refund.amount, refund.paid, refund.proposed, refund.proposed_by,
        refund.is_owed,
    )  # fmt: skip


async def invoice_of_refund(session: AsyncSession, refund_id: UUID, officer: Principal) -> UUID:
    """The invoice of a refund of the officer's agency; RefundNotFound for any other."""
    query = select(Refund.invoice_id).join(Invoice).where(Refund.id == refund_id, Invoice.agency == officer.agency)
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise domain.RefundNotFound
    return found


async def refund_of(
    session: AsyncSession, refund_id: UUID, officer: Principal
) -> tuple[Refund, Invoice, Sequence[RefundAct]]:
    """A refund of the officer's agency, its invoice and the acts on it, oldest first; RefundNotFound."""
    query = select(Refund, Invoice).join(Invoice).where(Refund.id == refund_id, Invoice.agency == officer.agency)
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise domain.RefundNotFound
    acts = select(RefundAct).where(RefundAct.refund_id == refund_id).order_by(col(RefundAct.at), col(RefundAct.id))
    return *found, (await session.exec(acts)).all()


async def refunds(
    session: AsyncSession, agency: str, state: domain.RefundState, cursor: str | None, limit: int
) -> tuple[list[tuple[Refund, Invoice]], str | None]:
    """A page of an agency's refunds, the oldest first, and the cursor of the next page."""
    order = (col(Refund.created_at), col(Refund.id))
    query = select(Refund, Invoice).join(Invoice).where(Invoice.agency == agency, Refund.state == state)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = list(await session.exec(query.order_by(*order).limit(limit + 1)))
    following = cursor_of(found[limit - 1][0].created_at, found[limit - 1][0].id) if len(found) > limit else None
    return found[:limit], following


async def refund_of_key(session: AsyncSession, invoice_id: UUID, key: str) -> Refund | None:
    """The refund of an invoice that was wanted under this key."""
    query = select(Refund).where(Refund.invoice_id == invoice_id, Refund.idempotency_key == key)
    return (await session.exec(query)).one_or_none()


async def payout(session: AsyncSession, agency: str, reference: str) -> RefundAct | None:
    """What an agency's bank has paid under this reference."""
    paid = (RefundAct.act == domain.RefundAct.PAID, RefundAct.agency == agency, RefundAct.reference == reference)
    return (await session.exec(select(RefundAct).where(*paid))).one_or_none()


async def count_open(session: AsyncSession) -> float:
    """How many invoices are neither paid nor void: for the metrics."""
    return (await session.exec(_count_open())).one()


async def count_overdue(session: AsyncSession) -> float:
    """How many of them have passed their due date."""
    return (await session.exec(_count_open().where(Invoice.due_at < clock.now()))).one()


def _count_open() -> SelectOfScalar[int]:
    return select(func.count()).select_from(Invoice).where(Invoice.state == domain.InvoiceState.OPEN)
