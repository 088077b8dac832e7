"""An erasure: what delivery has of a person goes, unless its class, a hold or its use keeps it; what stays is told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import local_date
from kit.contracts.events import DeliveryErasureAnswered
from kit.contracts.retention import Reason, RecordClass
from kit.retention import Tally, removable
from kit.rows import fetch
from services.delivery import domain
from services.delivery.commands.removing import empty_letters, forget, remove_notices
from services.delivery.settings import Settings

NOTICES = """
    SELECT notice.id, notice.journey_id, notice.created_at AS at, completed_at
    FROM notice LEFT JOIN delivery USING (journey_id) WHERE notice.person_id = $1
"""
LETTERS = """
    SELECT letter.id, letter.journey_id, registered_at AS at, completed_at, emptied_at
    FROM letter LEFT JOIN delivery USING (journey_id) WHERE letter.journey_id = ANY($1::uuid[])
"""
COPIES = """
    SELECT dispatch.id, notice.journey_id, notice.created_at AS at, completed_at,
        state = 'sending' OR (state = 'sent' AND decided_at IS NULL) AS is_open,
        appeal_days IS NOT NULL AND channel = ANY($2::text[]) AS is_evidence
    FROM dispatch JOIN notice ON notice.id = notice_id LEFT JOIN delivery USING (journey_id)
    WHERE notice.person_id = $1 AND address_masked IS NOT NULL AND notice.journey_id = ANY($3::uuid[])
"""
"""Of the journeys that were looked at: whether another one, told of meanwhile, is held has been asked of nobody."""
Row = Mapping[str, Any]


async def answer_erasure(
    session: AsyncSession, settings: Settings, erasure: UUID, person: UUID
) -> DeliveryErasureAnswered:
    """Erase what delivery has of a person, save what its class, a hold or its use keeps; the fact counts both."""
    tally = Tally()
    before = await fetch(session, NOTICES, person)
    journeys = {row["journey_id"] for row in before}
    letters = [row for row in await fetch(session, LETTERS, list(journeys)) if row["emptied_at"] is None]
    free = set(await removable(session, journeys))
    copied = person, domain.proving(settings.notice_rules), list(journeys)
    copies = await fetch(session, COPIES, *copied)
    # What is past goes now, though the night has not come yet, and what is evidence of it goes with it.
    await remove_notices(session, settings, sorted(free))
    await empty_letters(session, settings, sorted(free))
    still = await fetch(session, COPIES, *copied)
    tally.erased(RecordClass.CONTACT, len({row["id"] for row in copies} - {row["id"] for row in still}))
    await _addresses(session, settings, still, free, tally)
    left = {row["id"] for row in await fetch(session, NOTICES, person)}
    _count(tally, RecordClass.NOTICE, settings, before, left, free)
    after = await fetch(session, LETTERS, list(journeys))
    _count(tally, RecordClass.REQUEST, settings, letters, _standing(after), free)
    return DeliveryErasureAnswered(erasure=erasure, records=tally.records())


def _standing(letters: Iterable[Row]) -> set[UUID]:
    return {row["id"] for row in letters if row["emptied_at"] is None}


async def _addresses(
    session: AsyncSession, settings: Settings, copies: Sequence[Row], free: set[UUID], tally: Tally
) -> None:
    """Forget the copies of addresses that nothing keeps."""
    why = {
        row["id"]: domain.why_copy_stays(
            is_held=row["journey_id"] not in free, is_open=row["is_open"], is_evidence=row["is_evidence"]
        )
        for row in copies
    }
    gone = await forget(session, [each for each, reason in why.items() if reason is None], "erasure")
    tally.erased(RecordClass.CONTACT, len(gone))
    for row in copies:
        if row["id"] in gone:
            continue
        reason = why[row["id"]] or Reason.IN_USE  # one that was taken up again in this moment
        until = _until(settings, RecordClass.NOTICE, row) if reason is Reason.KEPT_BY_LAW else None
        tally.kept(RecordClass.CONTACT, reason, until)


def _count(
    tally: Tally, record_class: RecordClass, settings: Settings, before: Iterable[Row], left: set[UUID], free: set[UUID]
) -> None:
    for row in before:
        if row["id"] not in left:
            tally.erased(record_class)
            continue
        has_ended = row["completed_at"] is not None
        reason = domain.why_record_stays(is_held=row["journey_id"] not in free, has_ended=has_ended)
        until = _until(settings, record_class, row) if reason is Reason.KEPT_BY_LAW else None
        tally.kept(record_class, reason, until)


def _until(settings: Settings, record_class: RecordClass, row: Row) -> Any:
    """The last day of a record: years after the end of its journey, or after it was written where that was later."""
    if row["completed_at"] is None:
        return None
    return settings.kept_until(record_class, local_date(max(row["completed_at"], row["at"])))
