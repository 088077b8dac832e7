"""Reads of notices and deliveries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.rows import fetch
from services.delivery import domain
from services.delivery.models import Delivery, Notice

APPLICANTS = """
    SELECT DISTINCT ON (journey_id) journey_id, person_id AS person, application_number AS number, has_address
    FROM notice WHERE journey_id = ANY($1) AND application_number IS NOT NULL ORDER BY journey_id, id DESC
"""
PAID = """
    SELECT FROM notice WHERE journey_id = $1 AND kind = 'paid'
    AND slip -> 'plan' -> (slip ->> 'position')::int ->> 'id' = $2 LIMIT 1
"""
CORRECTED = "SELECT FROM notice WHERE journey_id = $1 AND kind = 'corrected' AND created_at > $2 LIMIT 1"
ENDED = "SELECT FROM delivery WHERE journey_id = $1"


async def inbox(session: AsyncSession, person: UUID, before: UUID | None, limit: int) -> Sequence[Notice]:
    """The newest notices of a person, page by page: ids are in the order of time."""
    query = select(Notice).where(Notice.person_id == person).order_by(col(Notice.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Notice.id) < before)
    return (await session.exec(query)).all()


async def notice_of(session: AsyncSession, person: UUID, notice: UUID) -> Notice:
    """One notice of a person; NoticeUnknown also when it is somebody else's."""
    found = await session.get(Notice, notice)
    if found is None or found.person_id != person:
        raise domain.NoticeUnknown
    return found


def is_of(row: Notice | Delivery, principal: Principal) -> bool:
    """Whether it is this applicant's."""
    if principal.kind == "holder":
        return row.person_id is None and str(row.journey_id) == principal.subject
    return str(row.person_id) == principal.subject


async def notices_of_journey(session: AsyncSession, journey: UUID, principal: Principal) -> Sequence[Notice]:
    """The notices of one journey, oldest first; none when it is somebody else's."""
    query = select(Notice).where(Notice.journey_id == journey).order_by(col(Notice.id))
    return [row for row in (await session.exec(query)).all() if is_of(row, principal)]


async def delivery_of(session: AsyncSession, journey: UUID, principal: Principal) -> Delivery | None:
    """The finished delivery of a journey, if it is this principal's."""
    found = (await session.exec(select(Delivery).where(Delivery.journey_id == journey))).first()
    return found if found is not None and is_of(found, principal) else None


async def applicants(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, domain.Applicant]:
    """The applicants of those journeys of which a notice was written, as the newest knows them."""
    found = await fetch(session, APPLICANTS, journeys)
    return {row["journey_id"]: domain.Applicant.model_construct(**row) for row in found}


async def has_ended(session: AsyncSession, journey: UUID) -> bool:
    """Whether the end was told already."""
    return bool(await fetch(session, ENDED, journey))


async def is_corrected(session: AsyncSession, journey: UUID, since: datetime) -> bool:
    """Whether it was told since then that a correction is received."""
    return bool(await fetch(session, CORRECTED, journey, since))


async def is_paid(session: AsyncSession, journey: UUID, step: str) -> bool:
    """Whether it was told that the fee of this step is paid: the slip of that notice is as the step left it."""
    return bool(await fetch(session, PAID, journey, step))
