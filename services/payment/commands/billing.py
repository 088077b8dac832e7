"""What a journey asks of payment: the invoice of a step, and its end when the journey ends early."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.calendars import calendar_of
from kit.claims import APPLICATION, SECTION, Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.definition import PaymentStep
from kit.contracts.events import Invoiced, Paid
from kit.rows import put
from services.payment import domain, queries
from services.payment.commands import books, expiring
from services.payment.domain import Booking, InvoiceState
from services.payment.models import Invoice

CALENDAR = "calendar"
FIRST_INQUIRY = timedelta(seconds=60)


async def open_invoice(session: AsyncSession, event: Event, known: Known) -> None:
    """Bill the fee of this step; where nothing is to be paid the journey goes straight on."""
    settings: PaymentStep = known[SECTION].settings(str(event.nextstep))
    application = known[APPLICATION]
    day = local_date(application.legally_received_at)
    lines = domain.fee_lines(settings, domain.Case(application.form, day, event.agency))
    calendar = await calendar_of(session)
    now = clock.now()
    due_at = calendar.add(now, settings.due.amount, settings.due.unit)
    invoice = Invoice(
        **event.arrival(), person_id=application.person, number=application.number, biller_id=settings.biller_id,
        reference1=domain.new_reference(), receipt_book=settings.receipt_book,
        receipt_year=settings.receipt.year if settings.receipt else CALENDAR,
        lines=[line.as_json() for line in lines], amount=sum(line.amount for line in lines),
        state=InvoiceState.OPEN, created_at=now, due_at=due_at, takes_card=settings.takes_card,
        expires_at=domain.expiry(settings, due_at, calendar),
    )  # fmt: skip
    if not await put(session, invoice, "journey_id", "step"):
        return
    if invoice.amount == 0:
        await books.close(session, invoice.id, InvoiceState.PAID)
        await outbox.hand_over(session, invoice, Paid)
        return
    fact = Invoiced(
        invoice=invoice.id, amount_satang=invoice.amount, currency="THB", due_at=invoice.due_at,
        expires_at=invoice.expires_at,
    )  # fmt: skip
    await outbox.add(session, fact, invoice)
    # A bank may stay silent: the invoice is asked about even if nobody ever calls back.
    await duework.add(session, "inquire", invoice.id, due_at=now + FIRST_INQUIRY, journey=invoice.journey_id)
    await expiring.plan(session, invoice, domain.reminders(settings, due_at, now, calendar))


async def close_invoices(session: AsyncSession, event: Event, _known: object) -> None:
    """A journey ended early: open invoices are void, money that was paid is owed back."""
    for invoice in await queries.held_of_journey(session, event.journey):
        if invoice.state == InvoiceState.OPEN:
            await books.close(session, invoice.id, InvoiceState.VOID)
            await books.release(session, invoice, event.data.name)
        elif invoice.state == InvoiceState.PAID:
            await _give_back(session, invoice, event.data.name)


async def _give_back(session: AsyncSession, invoice: Invoice, reason: str) -> None:
    paid = await queries.shares(session, invoice)
    if not paid:  # nothing was to be paid
        return
    await books.close(session, invoice.id, InvoiceState.VOID)
    taken = await queries.given_by_decision(session, invoice.id)
    # One booking for each payment, so that the money of a part can be followed as any other's.
    left = [(each.payment.id, each.left) for each in paid]
    for payment, amount in domain.split(invoice.amount - taken, left):
        booking = Booking(domain.refund_booking(invoice.lines, taken, amount), invoice.id, payment)
        await books.book(session, [booking], clock.now())
        await books.owe(session, invoice, payment, amount, reason)
        taken += amount
