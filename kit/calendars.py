"""The working-day calendar as a service knows it: the standing one and the days proclaimed since."""

from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.cloudevents import Event
from kit.database import CALENDAR_OVERRIDE
from kit.rows import fetch
from kit.workdays import Calendar


async def calendar_of(session: AsyncSession) -> Calendar:
    """The calendar with every proclaimed day."""
    rows = await fetch(session, "SELECT day, is_workday FROM calendar_override")
    return Calendar({row["day"]: row["is_workday"] for row in rows})


async def proclaim(session: AsyncSession, day: date, is_workday: bool) -> None:
    """Keep a proclaimed day; a later word on the same day replaces the earlier."""
    values = {"day": day, "is_workday": is_workday}
    statement = insert(CALENDAR_OVERRIDE).values(values)
    await session.execute(statement.on_conflict_do_update(index_elements=["day"], set_={"is_workday": is_workday}))


async def on_calendar_changed(session: AsyncSession, event: Event, _known: Any) -> None:
    """Consume ``CalendarChanged`` where a service has nothing to compute anew."""
    await proclaim(session, event.data.day, event.data.is_workday)
