"""Bookings, and the way of their money: bank's line, payment, invoice, its lines, head of revenue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.payment import domain
from services.payment.models import Discrepancy, Invoice, Payment, Receipt, StatementLine
from services.payment.queries.refunds import parts

ENTRY = "booking_id, invoice_id, payment_id, line_id, account, biller_id, amount, agency, day, booked_at"
OF_DAY = "SELECT DISTINCT booked_at, booking_id FROM ledger WHERE agency = $1 AND day = $5"
OF_INVOICE = "SELECT DISTINCT booked_at, booking_id FROM ledger WHERE agency = $1 AND invoice_id = $5"
OF_TRANSACTION = """
    SELECT DISTINCT booked_at, booking_id FROM ledger WHERE agency = $1 AND id IN (
        SELECT entry.id FROM payment JOIN ledgerentry AS entry ON entry.invoice_id = payment.invoice_id
        WHERE payment.transaction_id = $5 AND payment.provider = $6
            AND (coalesce(entry.payment_id, payment.id) = payment.id OR
                payment.state = 'underpaid' AND entry.account = 'part-paid' AND entry.amount > 0
                AND EXISTS (SELECT FROM receipt WHERE receipt.payment_id = entry.payment_id))
        UNION ALL
        SELECT entry.id FROM statement_line AS line JOIN ledgerentry AS entry ON entry.line_id = line.id
        WHERE line.transaction_id = $5 AND line.provider = $6
    )
"""
"""A part of a fee becomes revenue in the booking of the payment that makes it whole: it is of the part's money, too."""
PAGE = "SELECT booked_at, booking_id FROM ({}) AS found WHERE (booked_at, booking_id) > ($2, $3) ORDER BY 1, 2 LIMIT $4"
SIDES = f"SELECT {ENTRY} FROM ledger WHERE booking_id = ANY($1::uuid[]) ORDER BY id"  # noqa: S608 - our own columns
BEGINNING = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """Which bookings: of a day, of an invoice, or of a transaction at a provider."""

    day: date
    invoice: UUID | None = None
    transaction: str | None = None
    provider: str = "scb"


@dataclass(frozen=True)
class Trace:
    """Where the money of a booking came from and where it went."""

    sides: Sequence[asyncpg.Record]
    line: StatementLine | None
    payment: Payment | None
    parts: Sequence[Payment]
    """The payments before it that were parts of the same fee, where the booking makes the fee whole."""
    invoice: Invoice | None
    receipt: Receipt | None
    discrepancy: Discrepancy | None


async def page(
    session: AsyncSession, agency: str, wanted: Wanted, cursor: str | None, limit: int
) -> tuple[list[Sequence[asyncpg.Record]], str | None]:
    """A page of an agency's bookings, each as its sides, the oldest first, and the cursor of the next page."""
    after = read_cursor(cursor) if cursor else (BEGINNING, UUID(int=0))
    query, values = _query(wanted)
    found = await fetch(session, PAGE.format(query), agency, *after, limit + 1, *values)
    sides: dict[UUID, list[asyncpg.Record]] = {row["booking_id"]: [] for row in found[:limit]}
    for row in await fetch(session, SIDES, list(sides)):
        sides[row["booking_id"]].append(row)
    following = cursor_of(found[limit - 1]["booked_at"], found[limit - 1]["booking_id"]) if len(found) > limit else None
    return list(sides.values()), following


def _query(wanted: Wanted) -> tuple[str, tuple[object, ...]]:
    if wanted.invoice is not None:
        return OF_INVOICE, (wanted.invoice,)
    if wanted.transaction is not None:
        return OF_TRANSACTION, (wanted.transaction, wanted.provider)
    return OF_DAY, (wanted.day,)


async def trace(session: AsyncSession, booking_id: UUID, agency: str) -> Trace:
    """Follow the money of a booking of the agency both ways; BookingNotFound for any other."""
    sides = await fetch(session, SIDES, [booking_id])
    if not sides or sides[0]["agency"] != agency:
        raise domain.BookingNotFound
    first = sides[0]
    payment = await _payment(session, first["payment_id"])
    line = await _line(session, agency, first["line_id"], payment)
    if payment is None and line is not None:  # money that was in suspense, and was assigned since
        payment = await _payment_of(session, line)
    invoice_id = first["invoice_id"] or (payment.invoice_id if payment else None)
    invoice = (
        (await session.exec(select(Invoice).where(Invoice.id == invoice_id))).one_or_none() if invoice_id else None
    )
    known = await parts(session, invoice_id) if invoice_id else []
    accounts = {side["account"].partition(":")[0] for side in sides}
    makes_whole = {domain.PART_PAID, "revenue"} <= accounts  # not where a part goes back
    is_part = payment is not None and payment.id in {each.id for each in known}
    return Trace(
        sides, line, payment, known if makes_whole and not is_part else [], invoice,
        await _receipt(session, payment, is_part=is_part), await _discrepancy(session, payment or line),
    )  # fmt: skip


async def _receipt(session: AsyncSession, payment: Payment | None, *, is_part: bool) -> Receipt | None:
    """The last receipt that a payment has, or helped to."""
    if payment is None:
        return None
    whose = Receipt.invoice_id == payment.invoice_id if is_part else Receipt.payment_id == payment.id
    query = select(Receipt).where(whose).order_by(col(Receipt.issued_at).desc(), col(Receipt.id).desc()).limit(1)
    return (await session.exec(query)).one_or_none()


async def _discrepancy(session: AsyncSession, about: Payment | StatementLine | None) -> Discrepancy | None:
    if about is None:
        return None
    query = select(Discrepancy).where(
        Discrepancy.provider == about.provider, Discrepancy.transaction_id == about.transaction_id
    )
    return (await session.exec(query)).one_or_none()


async def _payment(session: AsyncSession, payment_id: UUID | None) -> Payment | None:
    if payment_id is None:
        return None
    return (await session.exec(select(Payment).where(Payment.id == payment_id))).one_or_none()


async def _payment_of(session: AsyncSession, line: StatementLine) -> Payment | None:
    query = select(Payment).join(Invoice, col(Invoice.id) == col(Payment.invoice_id)).where(
        Payment.provider == line.provider, Payment.transaction_id == line.transaction_id, Invoice.agency == line.agency,
        col(Payment.verified_at).is_not(None),
    )  # fmt: skip
    return (await session.exec(query)).one_or_none()


async def _line(
    session: AsyncSession, agency: str, line_id: UUID | None, payment: Payment | None
) -> StatementLine | None:
    query = select(StatementLine).where(StatementLine.agency == agency)
    if line_id is not None:
        query = query.where(StatementLine.id == line_id)
    elif payment is not None:
        query = query.where(
            StatementLine.provider == payment.provider, StatementLine.transaction_id == payment.transaction_id
        )
    else:
        return None
    return (await session.exec(query)).one_or_none()
