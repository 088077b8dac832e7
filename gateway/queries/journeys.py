"""Reads of journeys: whose they are, and what is known of them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, not_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway import schemas
from gateway.domain import journeys as domain
from gateway.domain.journeys import JourneyNotFound
from gateway.models import Entry, Journey, Progress
from gateway.queries.definitions import Versions
from kit.auth import Principal
from kit.calendars import calendar_of
from kit.contracts.definition import Definition
from kit.contracts.events import Completed
from kit.workdays import Calendar


async def by_idempotency(session: AsyncSession, idempotency: bytes) -> Journey | None:
    """The journey that was started with this key."""
    return (await session.exec(select(Journey).where(Journey.idempotency == idempotency))).first()


async def by_tracking_number(session: AsyncSession, number: str) -> Journey | None:
    """The anonymous journey of a tracking number."""
    return (await session.exec(select(Journey).where(Journey.tracking_number == number))).first()


async def mine(session: AsyncSession, person: UUID, before: UUID | None, limit: int) -> Sequence[Journey]:
    """The journeys of a person, newest first, page by page: ids are in the order of time."""
    query = select(Journey).where(Journey.person == person).order_by(col(Journey.journey_id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Journey.journey_id) < before)
    return (await session.exec(query)).all()


async def visible(session: AsyncSession, journey: UUID, principal: Principal) -> Journey:
    """A journey for its owner, its holder, or an officer of its agency; JourneyNotFound for everybody else."""
    row = await session.get(Journey, journey)
    if row is None or not _may_see(row, principal):
        raise JourneyNotFound()
    return row


def _may_see(row: Journey, principal: Principal) -> bool:
    if principal.kind == "officer":
        return principal.agency == row.agency
    if principal.kind == "holder":
        return row.person is None and principal.subject == str(row.journey_id)
    return principal.kind == "citizen" and row.person is not None and principal.subject == str(row.person)


async def timeline(session: AsyncSession, journey: UUID, after: int = 0, limit: int | None = None) -> Sequence[Entry]:
    """What happened on a journey after a sequence number, in its order."""
    query = (
        select(Entry).where(Entry.journey_id == journey, col(Entry.seq) > after).order_by(col(Entry.seq)).limit(limit)
    )
    return (await session.exec(query)).all()


async def is_completed(session: AsyncSession, journey: UUID) -> bool:
    """Whether the end of the journey is known."""
    query = select(Entry.seq).where(Entry.journey_id == journey, Entry.type == Completed.type())
    return (await session.exec(query)).first() is not None


async def count_open(session: AsyncSession) -> float:
    """How many journeys are known to have begun and not to have ended: for the metrics."""
    query = select(func.count()).select_from(Progress).where(not_(col(Progress.is_ended)))
    return (await session.exec(query)).one()


async def timelines(session: AsyncSession, journeys: Sequence[UUID]) -> dict[UUID, list[Entry]]:
    """The timelines of several journeys in one read."""
    query = select(Entry).where(col(Entry.journey_id).in_(journeys)).order_by(col(Entry.journey_id), col(Entry.seq))
    found: dict[UUID, list[Entry]] = defaultdict(list)
    for entry in (await session.exec(query)).all():
        found[entry.journey_id].append(entry)
    return found


async def view(session: AsyncSession, versions: Versions, row: Journey) -> schemas.JourneyView:
    """A journey as its applicant sees it."""
    return schemas.JourneyView(**await _members(session, versions, row))


async def started(
    session: AsyncSession, versions: Versions, row: Journey, secret: str | None
) -> schemas.StartedJourney:
    """A journey as its applicant sees it at the start."""
    return schemas.StartedJourney(**await _members(session, versions, row), secret=secret)


async def _members(session: AsyncSession, versions: Versions, row: Journey) -> dict[str, Any]:
    definition = await versions.get(session, row.definition)
    entries = await timeline(session, row.journey_id)
    summary = _summary(row, definition, entries, await calendar_of(session))
    return summary | {
        "steps": schemas.step_views(row, definition, entries),
        "timeline": [schemas.TimelineEntry.of(entry) for entry in entries],
    }


async def summaries(session: AsyncSession, versions: Versions, rows: Sequence[Journey]) -> list[schemas.JourneySummary]:
    """Journeys in a list."""
    entries = await timelines(session, [row.journey_id for row in rows])
    days = await calendar_of(session)
    return [
        schemas.JourneySummary(
            **_summary(row, await versions.get(session, row.definition), entries[row.journey_id], days)
        )
        for row in rows
    ]


def _summary(row: Journey, definition: Definition, entries: Sequence[Entry], days: Calendar) -> dict[str, Any]:
    standing = domain.standing_of(definition.steps, entries)
    is_opened = row.opened_at is not None or bool(entries)
    action = domain.next_action(row.journey_id, definition, standing, entries, is_opened=is_opened)
    promise = domain.promise_of(definition.periods, entries, days)
    return schemas.summary_fields(row, definition, standing, action, promise)
