"""What is told on the way."""

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.claims import Known
from kit.clock import local_date
from kit.cloudevents import Event
from kit.contracts.events import (
    Invoiced,
    RefundPaid,
)
from kit.thai import baht, long_date
from services.delivery import queries
from services.delivery.commands.notifying import notify


async def tell_received(session: AsyncSession, event: Event, known: Known) -> None:
    """The application is received."""
    await notify(session, event, known, "received", {})


async def tell_granted(session: AsyncSession, event: Event, known: Known) -> None:
    """The result: granted. Within 7 days of the decision (LFA58 s.10): here at once."""
    if not await queries.has_ended(session, event.journey):
        await notify(session, event, known, "granted", {})


async def tell_to_pay(session: AsyncSession, event: Event, known: Known) -> None:
    """A fee is due. After the end nobody is asked to pay, however late the event comes."""
    fact: Invoiced = event.data
    day = local_date(fact.due_at)
    values = {
        "amount": baht(fact.amount_satang),
        "due": long_date(day),
        "due_en": f"{day:%d %B %Y}",
    }
    if not await queries.has_ended(session, event.journey):
        await notify(session, event, known, "pay", values)


async def tell_refunded(session: AsyncSession, event: Event, known: Known) -> None:
    """Money was paid back, which mostly happens after the end."""
    fact: RefundPaid = event.data
    await notify(session, event, known, "refunded", {"amount": baht(fact.amount_satang)})
