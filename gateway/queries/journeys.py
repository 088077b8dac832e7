"""Reads of journeys: whose they are, and what is known of them. Statements go by the driver: they run all the time."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func, not_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway import schemas
from gateway.domain import journeys as domain
from gateway.domain.journeys import JourneyNotFound, Standing
from gateway.models import JourneyRow, Progress
from gateway.queries.definitions import Versions
from gateway.schemas import TimelineEntry
from kit.auth import Principal
from kit.calendars import calendar_of
from kit.contracts.definition import Definition
from kit.contracts.events import Completed
from kit.rows import fetch
from kit.workdays import Calendar

_WIDTH = len(JourneyRow._fields)
_JOURNEY = ", ".join(f"journey.{name}" for name in JourneyRow._fields)
_ENTRY = "timeline.seq, timeline.event_id, timeline.type, timeline.time, timeline.step, timeline.next, timeline.data"
# The names of columns are the code's own.
_JOURNEYS = f"SELECT {_JOURNEY} FROM journey WHERE"  # noqa: S608
_ENTRIES = f"SELECT {_ENTRY}, timeline.journey_id FROM timeline WHERE"  # noqa: S608
_BOTH = f"SELECT {_JOURNEY}, {_ENTRY} FROM journey LEFT JOIN timeline USING (journey_id) WHERE"  # noqa: S608
_REPEATED_OR_LATEST = f"""
    SELECT {_JOURNEY}, latest FROM (SELECT max(version) AS latest FROM definition_version WHERE id = $2) AS published
    LEFT JOIN journey ON idempotency = $1
"""  # noqa: S608
_AFTER_ALL = UUID(int=(1 << 128) - 1)


async def find(session: AsyncSession, journey: UUID) -> JourneyRow | None:
    """The journey of an id."""
    return _first(await fetch(session, f"{_JOURNEYS} journey_id = $1", journey))


async def by_idempotency(session: AsyncSession, idempotency: bytes) -> JourneyRow | None:
    """The journey that was started with this key."""
    return _first(await fetch(session, f"{_JOURNEYS} idempotency = $1", idempotency))


async def repeated_or_latest(
    session: AsyncSession, idempotency: bytes, definition: str
) -> tuple[JourneyRow | None, int]:
    """The journey that was started with this key, and the number of the version in force, 0 where there is none."""
    row = (await fetch(session, _REPEATED_OR_LATEST, idempotency, definition))[0]
    return None if row["journey_id"] is None else JourneyRow(*row[:_WIDTH]), row["latest"] or 0


async def by_tracking_number(session: AsyncSession, number: str) -> JourneyRow | None:
    """The anonymous journey of a tracking number."""
    return _first(await fetch(session, f"{_JOURNEYS} tracking_number = $1", number))


def _first(rows: Sequence[asyncpg.Record]) -> JourneyRow | None:
    return JourneyRow(*rows[0]) if rows else None


async def mine(session: AsyncSession, person: UUID, before: UUID | None, limit: int) -> list[JourneyRow]:
    """The journeys of a person, newest first, page by page: ids are in the order of time."""
    query = f"{_JOURNEYS} person = $1 AND journey_id < $2 ORDER BY journey_id DESC LIMIT $3"
    rows = await fetch(session, query, person, before or _AFTER_ALL, limit)
    return [JourneyRow(*row) for row in rows]


async def visible(session: AsyncSession, journey: UUID, principal: Principal) -> JourneyRow:
    """A journey for its owner, its holder, or an officer of its agency; JourneyNotFound for everybody else."""
    return _for(principal, await find(session, journey))


async def visible_with_timeline(
    session: AsyncSession, journey: UUID, principal: Principal
) -> tuple[JourneyRow, list[TimelineEntry]]:
    """The same with all that happened on it, in one read."""
    rows = await fetch(session, f"{_BOTH} journey.journey_id = $1 ORDER BY seq", journey)
    row = _for(principal, JourneyRow(*rows[0][:_WIDTH]) if rows else None)
    return row, [TimelineEntry.of(each) for each in rows if each["seq"] is not None]


def _for(principal: Principal, row: JourneyRow | None) -> JourneyRow:
    if row is None or not _may_see(row, principal):
        raise JourneyNotFound()
    return row


def _may_see(row: JourneyRow, principal: Principal) -> bool:
    if principal.kind == "officer":
        return principal.agency == row.agency
    if principal.kind == "holder":
        return row.person is None and principal.subject == str(row.journey_id)
    return principal.kind == "citizen" and row.person is not None and principal.subject == str(row.person)


async def timeline(
    session: AsyncSession, journey: UUID, after: int = 0, limit: int | None = None
) -> list[TimelineEntry]:
    """What happened on a journey after a sequence number, in its order."""
    query = f"{_ENTRIES} journey_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    return [TimelineEntry.of(row) for row in await fetch(session, query, journey, after, limit)]


async def timelines(session: AsyncSession, journeys: Sequence[UUID]) -> dict[UUID, list[TimelineEntry]]:
    """The timelines of several journeys in one read."""
    query = f"{_ENTRIES} journey_id = ANY($1::uuid[]) ORDER BY journey_id, seq"
    found: dict[UUID, list[TimelineEntry]] = defaultdict(list)
    for row in await fetch(session, query, list(journeys)):
        found[row["journey_id"]].append(TimelineEntry.of(row))
    return found


async def is_completed(session: AsyncSession, journey: UUID) -> bool:
    """Whether the end of the journey is known."""
    query = "SELECT FROM timeline WHERE journey_id = $1 AND type = $2 LIMIT 1"
    return bool(await fetch(session, query, journey, Completed.type()))


async def count_open(session: AsyncSession) -> float:
    """How many journeys are known to have begun and not to have ended: for the metrics."""
    query = select(func.count()).select_from(Progress).where(not_(col(Progress.is_ended)))
    return (await session.exec(query)).one()


async def view(
    session: AsyncSession, versions: Versions, row: JourneyRow, entries: Sequence[TimelineEntry]
) -> schemas.JourneyView:
    """A journey as its applicant sees it."""
    return schemas.JourneyView(**await _members(session, versions, row, entries))


async def started(
    session: AsyncSession, versions: Versions, row: JourneyRow, secret: str | None
) -> schemas.StartedJourney:
    """A journey as its applicant sees it at the start."""
    entries = await timeline(session, row.journey_id)
    return schemas.StartedJourney(**await _members(session, versions, row, entries), secret=secret)


async def _members(
    session: AsyncSession, versions: Versions, row: JourneyRow, entries: Sequence[TimelineEntry]
) -> dict[str, Any]:
    definition = await versions.get(session, row.definition)
    standing = domain.standing_of(definition.steps, entries)
    summary = _summary(row, definition, standing, entries, await _calendar(session, entries))
    return summary | {"steps": schemas.step_views(row, definition, standing, entries), "timeline": entries}


async def summaries(
    session: AsyncSession, versions: Versions, rows: Sequence[JourneyRow]
) -> list[schemas.JourneySummary]:
    """Journeys in a list."""
    entries = await timelines(session, [row.journey_id for row in rows])
    days = await _calendar(session, *entries.values())
    items = []
    for row in rows:
        definition, told = await versions.get(session, row.definition), entries[row.journey_id]
        standing = domain.standing_of(definition.steps, told)
        items.append(schemas.JourneySummary(**_summary(row, definition, standing, told, days)))
    return items


async def _calendar(session: AsyncSession, *timelines: Sequence[TimelineEntry]) -> Calendar:
    """The calendar with what was proclaimed; the standing one where nothing follows it."""
    return await calendar_of(session) if any(domain.counts_days(each) for each in timelines) else Calendar()


def _summary(
    row: JourneyRow,
    definition: Definition,
    standing: Standing,
    entries: Sequence[TimelineEntry],
    days: Calendar,
) -> dict[str, Any]:
    is_opened = row.opened_at is not None or bool(entries)
    action = domain.next_action(row.journey_id, definition, standing, entries, is_opened=is_opened, calendar=days)
    promise = domain.promise_of(definition.periods, entries, days)
    return schemas.summary_fields(row, definition, standing, action, promise)
