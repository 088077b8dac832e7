"""The books: the ledger, the receipts and what is owed back. They only grow, each entry once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.clock import clock, local_date
from kit.contracts.events import RefundDue
from kit.rows import fetch
from services.payment import domain, queries
from services.payment.domain import Booking, InvoiceState
from services.payment.models import Invoice, Refund

BOOK = """
    INSERT INTO ledgerentry
        (id, booking_id, invoice_id, account, amount, booked_at, payment_id, line_id, agency, biller_id)
    SELECT id, booking_id, invoice_id, account, amount, $1::timestamptz, payment_id, line_id, agency, biller_id
    FROM unnest(
        $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::uuid[], $8::uuid[], $9::text[], $10::text[]
    ) AS each (id, booking_id, invoice_id, account, amount, payment_id, line_id, agency, biller_id)
"""
NUMBERS = """
    INSERT INTO receiptbook (book, year, last)
    SELECT book, year, wanted FROM unnest($1::text[], $2::int[], $3::int[]) AS each (book, year, wanted)
    ORDER BY book, year
    ON CONFLICT (book, year) DO UPDATE SET last = receiptbook.last + excluded.last
    RETURNING book, year, last
"""
"""The next numbers of some books; the locked rows, taken in one order, make the series gapless."""
RECEIPT = """
    WITH settled AS (
        UPDATE invoice SET state = $1, settled_at = $2
        FROM unnest($3::uuid[], $4::int[], $5::uuid[], $6::uuid[], $7::int[])
            AS each (receipt_id, running, paid_id, payment_id, year)
        WHERE invoice.id = each.paid_id
        RETURNING invoice.id, invoice.receipt_book, invoice.journey_id, invoice.step, invoice.person_id, invoice.amount,
            each.receipt_id, each.running, each.payment_id, each.year
    )
    INSERT INTO receipt
        (id, book, year, running, invoice_id, payment_id, journey_id, step, person_id, amount, issued_at)
    SELECT receipt_id, receipt_book, year, running, id, payment_id, journey_id, step, person_id, amount, $2
    FROM settled
"""
"""Every column with its table: a process that still runs while a migration adds one must not find it twice."""
Series = tuple[str, int]
"""A book in a year."""


async def book(session: AsyncSession, bookings: Sequence[Booking], now: datetime) -> None:
    """Put bookings into the ledger; the database refuses one that does not balance, and says on which day it counts."""
    rows = []
    for each in bookings:
        booking = uuid7()
        whose = (each.payment, each.line, each.agency)
        rows += [
            (uuid7(), booking, each.invoice, entry.account, entry.amount, *whose,
             each.biller if entry.account == "bank" else None)
            for entry in each.entries
        ]  # fmt: skip
    await fetch(session, BOOK, now, *map(list, zip(*rows, strict=True)))


async def close(session: AsyncSession, invoice: UUID, state: InvoiceState) -> None:
    """An invoice, which is locked, has come to its end."""
    await fetch(session, "UPDATE invoice SET state = $1, settled_at = $2 WHERE id = $3", state, clock.now(), invoice)


async def owe(session: AsyncSession, invoice: Invoice, payment: UUID, amount: int, reason: str) -> None:
    """Take down and tell what must go back of a payment."""
    session.add(
        Refund(
            invoice_id=invoice.id, payment_id=payment, amount=amount, reason=reason, state="due", created_at=clock.now()
        )
    )  # fmt: skip
    await session.flush()
    fact = RefundDue(invoice=invoice.id, amount_satang=amount, currency="THB", reason=reason)
    await outbox.add(session, fact, invoice)


async def release(session: AsyncSession, invoice: Invoice, reason: str) -> None:
    """Owe back what was paid in part of an invoice that has come to its end, each part to its own payment."""
    if parts := await queries.parts(session, invoice.id) if invoice.held else []:
        bookings = [Booking(domain.release_booking(each.amount), invoice.id, each.id) for each in parts]
        await book(session, bookings, clock.now())
        for each in parts:
            await owe(session, invoice, each.id, each.amount, reason)


async def receipt(session: AsyncSession, paid: Sequence[tuple[Invoice, UUID]], now: datetime) -> None:
    """Settle invoices, each by a payment, and give each the next number of its book."""
    series = [series_of(invoice, now) for invoice, _ in paid]
    numbers = await next_numbers(session, Counter(series))
    await fetch(
        session, RECEIPT, InvoiceState.PAID, now, [uuid7() for _ in paid], [next(numbers[each]) for each in series],
        [invoice.id for invoice, _ in paid], [payment for _, payment in paid], [year for _, year in series],
    )  # fmt: skip


def series_of(invoice: Invoice, now: datetime) -> Series:
    """The book of an invoice's receipts, and the year that its numbers count in."""
    return invoice.receipt_book, domain.receipt_year(local_date(now), invoice.receipt_year)


async def next_numbers(session: AsyncSession, wanted: Mapping[Series, int]) -> dict[Series, Iterator[int]]:
    """So many next numbers of each series, whose books stay locked until the transaction ends."""
    books, years = zip(*wanted, strict=True)
    given = await fetch(session, NUMBERS, list(books), list(years), list(wanted.values()))
    return {
        (book, year): iter(range(last - wanted[book, year] + 1, last + 1)) for book, year, last in given
    }  # fmt: skip
