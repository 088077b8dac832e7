"""Use cases of payment. Each takes the session and never commits."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import duework, outbox
from kit.calendars import calendar_of
from kit.claims import APPLICATION, SECTION, Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.definition import PaymentStep
from kit.contracts.events import Invoiced, Paid, RefundDue
from kit.rows import put
from services.payment import domain
from services.payment.domain import BankTransaction, Entry, InvoiceState, PaymentState, Verdict
from services.payment.models import Invoice, LedgerEntry, Payment, Receipt, ReceiptBook, Refund

FIRST_INQUIRY = timedelta(seconds=60)
MOST_UNVERIFIED = 5


async def open_invoice(session: AsyncSession, event: Event, known: Known) -> None:
    """Bill the fee of this step; where nothing is to be paid the journey goes straight on."""
    settings: PaymentStep = known[SECTION].settings(str(event.nextstep))
    application = known[APPLICATION]
    lines = domain.fee_lines(settings, application.form)
    calendar = await calendar_of(session)
    now = clock.now()
    invoice = Invoice(
        **event.arrival(), person_id=application.person, number=application.number, biller_id=settings.biller_id,
        reference1=domain.new_reference(), receipt_book=settings.receipt_book,
        lines=[line.as_json() for line in lines], amount=sum(line.amount for line in lines),
        state=InvoiceState.OPEN, created_at=now, due_at=calendar.add(now, settings.due.amount, settings.due.unit),
    )  # fmt: skip
    if not await put(session, invoice, "journey_id", "step"):
        return
    if invoice.amount == 0:
        await _close(session, invoice.id, InvoiceState.PAID)
        await outbox.hand_over(session, invoice, Paid)
        return
    fact = Invoiced(invoice=invoice.id, amount_satang=invoice.amount, currency="THB", due_at=invoice.due_at)
    await outbox.add(session, fact, invoice)
    # A bank may stay silent: the invoice is asked about even if nobody ever calls back.
    await duework.add(session, "inquire", invoice.id, due_at=now + FIRST_INQUIRY, journey=invoice.journey_id)


async def hear(session: AsyncSession, provider: str, told: BankTransaction) -> Payment:
    """Take down a callback as hearsay and plan to verify it; hearing it again changes nothing.

    The invoice is locked before the payment, as ``settle`` does: an inquiry may be booking the same one now.
    """
    query = select(Invoice).where(Invoice.biller_id == told.biller_id, Invoice.reference1 == told.reference1)
    invoice = (await session.exec(query.with_for_update())).first()
    if invoice is None:
        raise domain.UnknownBill
    if await _has_heard_enough(session, invoice.id, provider, told):
        raise domain.TooManyCallbacks(retry_after=60)
    payment = await _record(session, provider, invoice.id, told)
    if payment.state == PaymentState.UNVERIFIED:
        payload = {
            "invoice": str(invoice.id), "day": local_date(told.paid_at).isoformat(),
            "biller": invoice.biller_id, "reference": invoice.reference1,
        }  # fmt: skip
        await duework.add(session, "verify", payment.id, payload=payload, journey=invoice.journey_id)
    return payment


async def _has_heard_enough(session: AsyncSession, invoice: UUID, provider: str, told: BankTransaction) -> bool:
    """Whether so much hearsay waits for this invoice that more is only noise; inquiries find what is true in it."""
    waiting = select(Payment).where(Payment.invoice_id == invoice, Payment.state == PaymentState.UNVERIFIED)
    found = (await session.exec(waiting.limit(MOST_UNVERIFIED))).all()
    is_known = any((each.provider, each.transaction_id) == (provider, told.transaction_id) for each in found)
    return len(found) >= MOST_UNVERIFIED and not is_known


async def _record(session: AsyncSession, provider: str, invoice: UUID, told: BankTransaction) -> Payment:
    """The payment of a transaction, written unless it is known, locked."""
    row = Payment(
        provider=provider, transaction_id=told.transaction_id, invoice_id=invoice, amount=told.amount,
        state=PaymentState.UNVERIFIED, paid_at=told.paid_at, heard_at=clock.now(),
    )  # fmt: skip
    await put(session, row, "provider", "transaction_id")
    query = select(Payment).where(Payment.provider == provider, Payment.transaction_id == told.transaction_id)
    return (await session.exec(query.with_for_update())).one()


async def settle(session: AsyncSession, invoice_id: UUID, provider: str, booked: Sequence[BankTransaction]) -> None:
    """Apply what the bank has booked under an invoice; each transaction has its effect once."""
    invoice = (await session.exec(select(Invoice).where(Invoice.id == invoice_id).with_for_update())).one()
    for transaction in booked:
        if (transaction.biller_id, transaction.reference1) == (invoice.biller_id, invoice.reference1):
            await _settle_one(session, invoice, provider, transaction)


async def _settle_one(session: AsyncSession, invoice: Invoice, provider: str, booked: BankTransaction) -> None:
    payment = await _record(session, provider, invoice.id, booked)
    if payment.state != PaymentState.UNVERIFIED:
        return
    verdict = domain.judge(InvoiceState(invoice.state), invoice.amount, booked.amount)
    payment.state, payment.verified_at = verdict.state, clock.now()
    # What the bank has booked counts, whatever the callback said: the invoice too, or nobody would find what to refund.
    payment.invoice_id, payment.amount, payment.paid_at = invoice.id, booked.amount, booked.paid_at
    session.add(payment)
    await _book(session, invoice, domain.booking(verdict, invoice.lines))
    if verdict.excess:
        await _owe(session, invoice, payment, verdict)
    if verdict.applied:
        invoice.state, invoice.settled_at = InvoiceState.PAID, clock.now()
        session.add(invoice)
        await _receipt(session, invoice, payment)
        await outbox.hand_over(session, invoice, Paid)


async def _book(session: AsyncSession, invoice: Invoice, entries: Sequence[Entry]) -> None:
    booking, now = uuid7(), clock.now()
    session.add_all(
        LedgerEntry(booking_id=booking, invoice_id=invoice.id, account=each.account, amount=each.amount, booked_at=now)
        for each in entries
    )
    await session.flush()


async def _owe(session: AsyncSession, invoice: Invoice, payment: Payment, verdict: Verdict) -> None:
    await _refund_due(session, invoice, payment, verdict.excess, str(verdict.reason))


async def _refund_due(session: AsyncSession, invoice: Invoice, payment: Payment, amount: int, reason: str) -> None:
    session.add(
        Refund(
            invoice_id=invoice.id, payment_id=payment.id, amount=amount, reason=reason, state="due",
            created_at=clock.now(),
        )
    )  # fmt: skip
    await session.flush()
    fact = RefundDue(invoice=invoice.id, amount_satang=amount, currency="THB", reason=reason)
    await outbox.add(session, fact, invoice)


async def _receipt(session: AsyncSession, invoice: Invoice, payment: Payment) -> None:
    """Give the next number of the book; the locked row makes the series gapless."""
    now = clock.now()
    year = domain.buddhist_year(local_date(now))
    opening = insert(ReceiptBook).values(book=invoice.receipt_book, year=year, last=1)
    counting = opening.on_conflict_do_update(index_elements=["book", "year"], set_={"last": col(ReceiptBook.last) + 1})
    running = (await session.execute(counting.returning(col(ReceiptBook.last)))).scalar_one()
    session.add(
        Receipt(
            book=invoice.receipt_book, year=year, running=running, invoice_id=invoice.id, payment_id=payment.id,
            journey_id=invoice.journey_id, step=invoice.step, person_id=invoice.person_id, amount=invoice.amount,
            issued_at=now,
        )
    )  # fmt: skip
    await session.flush()


async def close_invoices(session: AsyncSession, event: Event, _known: object) -> None:
    """A journey ended early: open invoices are void, money that was paid is owed back."""
    query = select(Invoice).where(Invoice.journey_id == event.journey).with_for_update()
    for invoice in (await session.exec(query)).all():
        if invoice.state == InvoiceState.OPEN:
            await _close(session, invoice.id, InvoiceState.VOID)
        elif invoice.state == InvoiceState.PAID:
            await _give_back(session, invoice, event.data.name)


async def _give_back(session: AsyncSession, invoice: Invoice, reason: str) -> None:
    applied = (PaymentState.APPLIED, PaymentState.OVERPAID)
    query = select(Payment).where(Payment.invoice_id == invoice.id)
    payment = next((each for each in (await session.exec(query)).all() if each.state in applied), None)
    if payment is not None:  # none where nothing was to be paid
        await _close(session, invoice.id, InvoiceState.VOID)
        await _book(session, invoice, domain.refund_booking(invoice.lines))
        await _refund_due(session, invoice, payment, invoice.amount, reason)


async def _close(session: AsyncSession, invoice: UUID, state: InvoiceState) -> None:
    row = await session.get(Invoice, invoice)
    if row is not None:
        row.state, row.settled_at = state, clock.now()
        session.add(row)
        await session.flush()
