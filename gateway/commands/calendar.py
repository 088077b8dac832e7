"""The working-day calendar: days that were proclaimed against the standing one."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.contracts.events import CalendarChanged
from kit.database import CALENDAR_OVERRIDE


async def proclaim(session: AsyncSession, day: date, *, is_workday: bool) -> None:
    """Make the day a working day or a holiday, and tell it; saying the same again changes nothing."""
    column = CALENDAR_OVERRIDE.c
    standing = select(column.is_workday).where(column.day == day).with_for_update()
    if (await session.execute(standing)).scalar_one_or_none() is is_workday:
        return
    statement = insert(CALENDAR_OVERRIDE).values(day=day, is_workday=is_workday)
    await session.execute(statement.on_conflict_do_update(index_elements=[column.day], set_={"is_workday": is_workday}))
    await outbox.add(session, CalendarChanged(day=day, is_workday=is_workday), subject=day.isoformat())
