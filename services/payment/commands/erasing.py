"""A person wants their data erased: what is past goes at once, and what the law keeps is named with its last day."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.claims import ERASURE, Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.events import PaymentErasureAnswered
from kit.contracts.retention import Reason, reason_to_keep
from kit.retention import RetentionSettings, Tally, removable
from kit.rows import put
from services.payment import queries
from services.payment.commands.removing import remove_past
from services.payment.domain.retaining import CLASS
from services.payment.models import Erasure

ERASE = "erase"
"""Due work: an erasure is answered. All invoices are read for it, which the bus does not wait for."""


async def plan_erasure(session: AsyncSession, event: Event, known: Known) -> None:
    """Have the erasure answered."""
    await duework.add(session, ERASE, event.data.erasure, payload={"person": str(known[ERASURE].person)})


async def answer_erasure(session: AsyncSession, settings: RetentionSettings, erasure: UUID, person: UUID) -> None:
    """Remove what is past of a person's invoices and tell what was and what is kept, once."""
    if not await put(session, Erasure(id=erasure, answered_at=clock.now()), "id"):
        return
    before = await queries.retained.of_person(session, person)
    journeys = {each.journey for each in before}
    free = await removable(session, journeys)
    await remove_past(session, settings, free)
    tally, today, held = Tally(), local_date(clock.now()), journeys.difference(free)
    kept = await queries.retained.of_person(session, person)
    tally.erased(CLASS, len({each.invoice for each in before}.difference(each.invoice for each in kept)))
    for each in kept:  # one that was billed meanwhile is kept, and nobody holds it
        until = settings.kept_until(CLASS, each.last_on)
        is_held = each.journey in held
        reason = reason_to_keep(until, today, is_open=each.is_open, is_held=is_held) or Reason.IN_USE
        tally.kept(CLASS, reason, until if reason is Reason.KEPT_BY_LAW else None)
    fact = PaymentErasureAnswered(erasure=erasure, records=tally.records())
    await outbox.add(session, fact, subject=erasure)
