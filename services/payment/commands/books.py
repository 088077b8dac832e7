"""The books: the ledger, the receipts and what is owed back. They only grow, each entry once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.clock import clock, local_date
from kit.contracts.events import RefundDue
from kit.rows import fetch
from services.payment import domain
from services.payment.domain import Entry, InvoiceState
from services.payment.models import Invoice, Refund

BOOK = """
    INSERT INTO ledgerentry (id, booking_id, invoice_id, account, amount, booked_at)
    SELECT id, booking_id, invoice_id, account, amount, $1::timestamptz
    FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[])
        AS each (id, booking_id, invoice_id, account, amount)
"""
NUMBERS = """
    INSERT INTO receiptbook (book, year, last)
    SELECT book, $1::int, wanted FROM unnest($2::text[], $3::int[]) AS each (book, wanted) ORDER BY book
    ON CONFLICT (book, year) DO UPDATE SET last = receiptbook.last + excluded.last
    RETURNING book, last
"""
"""The next numbers of some books; the locked rows, taken in one order, make the series gapless."""
RECEIPT = """
    WITH settled AS (
        UPDATE invoice SET state = $1, settled_at = $2
        FROM unnest($3::uuid[], $4::int[], $5::uuid[], $6::uuid[]) AS each (receipt_id, running, paid_id, payment_id)
        WHERE invoice.id = each.paid_id
        RETURNING invoice.id, invoice.receipt_book, invoice.journey_id, invoice.step, invoice.person_id, invoice.amount,
            each.receipt_id, each.running, each.payment_id
    )
    INSERT INTO receipt
        (id, book, year, running, invoice_id, payment_id, journey_id, step, person_id, amount, issued_at)
    SELECT receipt_id, receipt_book, $7::int, running, id, payment_id, journey_id, step, person_id, amount, $2
    FROM settled
"""
"""Every column with its table: a process that still runs while a migration adds one must not find it twice."""


async def book(session: AsyncSession, bookings: Sequence[tuple[UUID, Sequence[Entry]]], now: datetime) -> None:
    """Put bookings into the ledger, each about an invoice; the database refuses one that does not balance."""
    rows = []
    for invoice, entries in bookings:
        booking = uuid7()
        rows += [(uuid7(), booking, invoice, each.account, each.amount) for each in entries]
    await fetch(session, BOOK, now, *map(list, zip(*rows, strict=True)))


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


async def receipt(session: AsyncSession, paid: Sequence[tuple[Invoice, UUID]], now: datetime) -> None:
    """Settle invoices, each by a payment, and give each the next number of its book."""
    year = domain.buddhist_year(local_date(now))
    wanted = Counter(invoice.receipt_book for invoice, _ in paid)
    given = await fetch(session, NUMBERS, year, list(wanted), list(wanted.values()))
    numbers = {name: iter(range(last - wanted[name] + 1, last + 1)) for name, last in given}
    await fetch(
        session, RECEIPT, InvoiceState.PAID, now, [uuid7() for _ in paid],
        [next(numbers[invoice.receipt_book]) for invoice, _ in paid], [invoice.id for invoice, _ in paid],
        [payment for _, payment in paid], year,
    )  # fmt: skip
