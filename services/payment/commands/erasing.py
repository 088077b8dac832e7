"""A person wants their data erased: what is past goes at once, and what the law keeps is named with its last day."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock, local_date
from kit.contracts.events import PaymentErasureAnswered
from kit.contracts.retention import Reason, reason_to_keep
from kit.retention import RetentionSettings, Tally, removable
from services.payment import queries
from services.payment.commands.removing import remove_past
from services.payment.domain.retaining import CLASS


async def answer_erasure(
    session: AsyncSession, settings: RetentionSettings, erasure: UUID, person: UUID
) -> PaymentErasureAnswered:
    """Remove what is past of a person's invoices; the fact says what was, and what is kept."""
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
    return PaymentErasureAnswered(erasure=erasure, records=tally.records())
