"""What the bank has booked is applied, the transactions of many invoices together: payments, ledger, receipts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.clock import clock
from kit.contracts.events import Paid, Underpaid
from kit.rows import fetch
from services.payment import domain, queries
from services.payment.commands import books
from services.payment.domain import BankTransaction, Booking, InvoiceState, PaymentState, Verdict
from services.payment.models import Invoice

PAYMENTS = """
    SELECT id, transaction_id, state FROM payment WHERE provider = $1 AND transaction_id = ANY($2::text[])
    ORDER BY transaction_id FOR UPDATE
"""
RECORD = """
    INSERT INTO payment (id, provider, transaction_id, invoice_id, amount, state, paid_at, heard_at)
    SELECT each.id, $1::text, transaction_id, invoice_id, amount, $2::text, paid_at, $3::timestamptz
    FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::bigint[], $8::timestamptz[])
        AS each (id, transaction_id, invoice_id, amount, paid_at)
    ORDER BY transaction_id
    ON CONFLICT (provider, transaction_id) DO NOTHING
"""
VERIFY = """
    UPDATE payment
    SET state = each.state, invoice_id = each.invoice_id, amount = each.amount, paid_at = each.paid_at, verified_at = $1
    FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[])
        AS each (id, state, invoice_id, amount, paid_at)
    WHERE payment.id = each.id
"""
"""What the bank has booked counts, whatever the callback said: the invoice too, or nobody would find what to refund."""
Told = Mapping[str, tuple[Invoice, BankTransaction]]
"""What the bank has booked, by the id of the transaction."""


@dataclass(frozen=True)
class Judged:
    """A transaction that was not known to be true until now, and what it means for its invoice."""

    payment: UUID
    invoice: Invoice
    booked: BankTransaction
    verdict: Verdict
    before: int
    """Satang of the invoice that were paid in part before it."""


async def settle(
    session: AsyncSession, invoice_id: UUID, provider: str, booked: Sequence[BankTransaction]
) -> set[UUID]:
    """Apply what the bank has booked under an invoice, each transaction once: the payments that are verified now.

    InvoiceNotFound.
    """
    invoices = await queries.held(session, [invoice_id])
    if not invoices:
        raise domain.InvoiceNotFound
    return await _settle(session, provider, invoices, {invoice_id: booked})


async def settle_all(
    session: AsyncSession, provider: str, booked: Mapping[UUID, Sequence[BankTransaction]]
) -> set[UUID]:
    """Do as ``settle`` for several invoices, save those that somebody else holds now, or that are unknown.

    Nobody is waited for while so many are held, so that there is no ring of those who wait.
    """
    return await _settle(session, provider, await queries.held(session, booked, waiting=False), booked)


async def _settle(
    session: AsyncSession,
    provider: str,
    invoices: Sequence[Invoice],
    booked: Mapping[UUID, Sequence[BankTransaction]],
) -> set[UUID]:
    told: dict[str, tuple[Invoice, BankTransaction]] = {}
    for invoice in invoices:
        for each in booked[invoice.id]:
            if (each.biller_id, each.reference1) == (invoice.biller_id, invoice.reference1):
                told.setdefault(each.transaction_id, (invoice, each))
    if not told:
        return set()
    now = clock.now()
    payments = await _recorded(session, provider, told, now)
    await _apply(session, _judged(told, payments), domain.account_of(provider), now)
    return {payment["id"] for payment in payments.values()}


async def _recorded(session: AsyncSession, provider: str, told: Told, now: datetime) -> Mapping[str, asyncpg.Record]:
    """The payments of transactions, written unless they are known, locked."""
    found = await _payments(session, provider, told)
    if unheard := [told[each] for each in told if each not in found]:
        await fetch(
            session, RECORD, provider, PaymentState.UNVERIFIED, now, [uuid7() for _ in unheard],
            [each.transaction_id for _, each in unheard], [invoice.id for invoice, _ in unheard],
            [each.amount for _, each in unheard], [each.paid_at for _, each in unheard],
        )  # fmt: skip
        found |= await _payments(session, provider, [each.transaction_id for _, each in unheard])
    return found


async def _payments(session: AsyncSession, provider: str, ids: Collection[str]) -> dict[str, asyncpg.Record]:
    return {row["transaction_id"]: row for row in await fetch(session, PAYMENTS, provider, list(ids))}


def _judged(told: Told, payments: Mapping[str, asyncpg.Record]) -> list[Judged]:
    """Judge what is new, one after the other: of two payments of an invoice the second is one too many."""
    judged = []
    for transaction, (invoice, booked) in told.items():
        if payments[transaction]["state"] != PaymentState.UNVERIFIED:
            continue
        before = invoice.held
        verdict = domain.judge(InvoiceState(invoice.state), invoice.amount, booked.amount, before)
        invoice.held += verdict.held
        if verdict.applied:
            invoice.state = InvoiceState.PAID
        judged.append(Judged(payments[transaction]["id"], invoice, booked, verdict, before))
    return judged


async def _hold(session: AsyncSession, parts: Sequence[Judged]) -> None:
    """Keep what was paid in part, and tell once of an invoice what is missing, where the rest has not come with it."""
    invoices = {each.invoice.id: each.invoice for each in parts}
    for invoice in invoices.values():
        await fetch(session, "UPDATE invoice SET held = $1 WHERE id = $2", invoice.held, invoice.id)
        if invoice.state == InvoiceState.OPEN:
            fact = Underpaid(
                invoice=invoice.id, amount_satang=sum(each.verdict.held for each in parts if each.invoice is invoice),
                missing_satang=invoice.missing, currency="THB", due_at=invoice.due_at,
            )  # fmt: skip
            await outbox.add(session, fact, invoice)


async def _apply(session: AsyncSession, judged: Sequence[Judged], account: str, now: datetime) -> None:
    if not judged:
        return
    await fetch(
        session, VERIFY, now, [each.payment for each in judged], [each.verdict.state for each in judged],
        [each.invoice.id for each in judged], [each.booked.amount for each in judged],
        [each.booked.paid_at for each in judged],
    )  # fmt: skip
    bookings = [
        Booking(domain.booking(each.verdict, each.invoice.lines, account, each.before), each.invoice.id, each.payment)
        for each in judged
    ]
    await books.book(session, bookings, now)
    await _hold(session, [each for each in judged if each.verdict.held])
    for each in judged:
        if each.verdict.excess:
            await books.owe(session, each.invoice, each.payment, each.verdict.excess, str(each.verdict.reason))
    # The book of receipts last: whoever has its row waits for nobody.
    if paid := [each for each in judged if each.verdict.applied]:
        await books.receipt(session, [(each.invoice, each.payment) for each in paid], now)
        for each in paid:
            await outbox.hand_over(session, each.invoice, Paid)
