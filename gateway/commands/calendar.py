"""The working-day calendar: days that are proclaimed against the standing one."""

from datetime import date

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import calendars, outbox
from kit.contracts.events import CalendarChanged
from kit.database import CALENDAR_OVERRIDE


async def proclaim(session: AsyncSession, day: date, *, is_workday: bool) -> None:
    """Make the day a working day or a holiday, and tell it; saying the same again changes nothing."""
    standing = select(CALENDAR_OVERRIDE.c.is_workday).where(CALENDAR_OVERRIDE.c.day == day).with_for_update()
    if (await session.execute(standing)).scalar_one_or_none() is is_workday:
        return
    await calendars.proclaim(session, day, is_workday)
    await outbox.add(session, CalendarChanged(day=day, is_workday=is_workday), subject=day.isoformat())
