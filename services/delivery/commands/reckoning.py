"""Appeal periods are reckoned, and anew whenever something that they go by has changed; each reckoning is kept."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.calendars import calendar_of, proclaim
from kit.claims import Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.events import CalendarChanged
from kit.rows import fetch
from services.delivery import domain, queries
from services.delivery.commands.claims import RULES
from services.delivery.domain import DateRule
from services.delivery.models import AppealPeriod, Notice

RUNNING = """
    SELECT notice_id FROM appeal_period WHERE until >= $1 AND until >= $2 AND noticed_on <= $2
    GROUP BY notice_id ORDER BY notice_id
"""
"""The notices of which a period that is not over has the day in it; of an earlier reckoning too, which does no harm."""


async def reckon(session: AsyncSession, notices: Sequence[UUID], rules: Sequence[DateRule], cause: str) -> None:
    """Reckon the appeal periods of notices and keep those that are new or other than before.

    What has begun is never taken back to a day that is over: a period that would now have ended before today stands.
    """
    rows = await queries.notices_to_reckon(session, notices)
    if not rows:
        return
    calendar, today = await calendar_of(session), local_date(clock.now())
    dispatches, before = await queries.dispatches_by_notice(session, rows), await queries.periods_of(session, rows)
    for row in rows:
        told = domain.noticed(queries.marks_of(row, dispatches[row.id]), rules, calendar)
        if told is None or row.appeal_days is None:
            continue
        until, last = domain.appeal_until(told.on, row.appeal_days, calendar), before.get(row.id)
        if last is None or ((last.noticed_on, last.until) != (told.on, until) and _may_become(last, until, today)):
            session.add(_period(row, told, until, cause))
    await session.flush()


def _may_become(last: AppealPeriod, until: date, today: date) -> bool:
    return last.until >= today and until >= today


def _period(notice: Notice, told: domain.Noticed, until: date, cause: str) -> AppealPeriod:
    return AppealPeriod(
        notice_id=notice.id, noticed_on=told.on, until=until, rule=told.rule.model_dump(mode="json"), cause=cause,
        reckoned_at=clock.now(),
    )  # fmt: skip


async def change_calendar(session: AsyncSession, event: Event, known: Known) -> None:
    """Keep the proclaimed day, and reckon anew the appeal periods that it lies in and that are not over."""
    fact: CalendarChanged = event.data
    await proclaim(session, fact.day, fact.is_workday)
    running = await fetch(session, RUNNING, local_date(clock.now()), fact.day)
    await reckon(session, [row["notice_id"] for row in running], known[RULES], "calendar")
