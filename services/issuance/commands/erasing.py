"""A person wants their data erased: what is past goes at once, and what the law keeps is named with its last day."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock, local_date
from kit.contracts.events import IssuanceErasureAnswered
from kit.contracts.retention import Reason, reason_to_keep
from kit.retention import RetentionSettings, Tally, removable
from kit.rows import fetch
from services.issuance import queries
from services.issuance.commands.removing import remove_past
from services.issuance.domain.retaining import OF_NO_CLASS


async def answer_erasure(
    session: AsyncSession, settings: RetentionSettings, erasure: UUID, person: UUID
) -> IssuanceErasureAnswered:
    """Remove what is past of a person's documents and what no law keeps; the fact counts documents, gone and kept."""
    journeys = await queries.retained.journeys_of(session, person)
    free = await removable(session, journeys)
    before = {each.term: each for each in await queries.retained.of_journeys(session, journeys)}
    await _forget_wallets(
        session, [each for some in before.values() if some.journey in free for each in some.documents]
    )
    await remove_past(session, settings, free)
    kept = {each.term for each in await queries.retained.of_journeys(session, journeys)}
    tally, today = Tally(), local_date(clock.now())
    for term, each in before.items():
        if term not in kept:
            tally.erased(each.record_class, len(each.documents))
            continue
        until = each.last_day(settings.kept_until)
        is_held = each.journey not in free
        reason = reason_to_keep(until, today, is_open=each.is_open, is_held=is_held) or Reason.IN_USE
        last = until if reason is Reason.KEPT_BY_LAW else None
        tally.kept(each.record_class, reason, last, len(each.documents))
    return IssuanceErasureAnswered(erasure=erasure, records=tally.records())


async def _forget_wallets(session: AsyncSession, documents: list[UUID]) -> None:
    for table in OF_NO_CLASS:
        await fetch(session, f"DELETE FROM {table} WHERE document_id = ANY($1::uuid[])", documents)  # noqa: S608 - our tables
