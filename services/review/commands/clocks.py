"""The legal clock of a case: it is watched from its start, told of when its time is over, set anew, stopped."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.auth import Principal
from kit.calendars import calendar_of, proclaim
from kit.claims import Known
from kit.clock import BANGKOK, clock, local_date
from kit.cloudevents import Event
from kit.contracts.events import CalendarChanged, Overdue
from kit.hasten import hasten
from kit.rows import fetch
from services.review import domain
from services.review.commands.recording import record
from services.review.models import Case
from services.review.queries import locked

OVERDUE = "overdue"
"""Due work: at the end of the time for a decision, and of every further period after it, while the clock runs."""
WATCH = "watch"
"""Due work, every day: whatever clock nobody watches is watched."""
UPDATE_LASTS = timedelta(hours=1)
"""For so long delivery may be of a release before, to which the fact is unknown: it would be lost on all late cases."""
# Locked in the order in which a changed calendar locks, or the two might wait for each other.
STOP = """
    WITH open AS (
        SELECT id, journey_id FROM cases
        WHERE journey_id = ANY($1) AND clock_stopped_at IS NULL ORDER BY id FOR UPDATE
    )
    UPDATE cases SET clock_stopped_at = told.at
    FROM open JOIN unnest($1::uuid[], $2::timestamptz[]) AS told (journey_id, at) USING (journey_id)
    WHERE cases.id = open.id RETURNING cases.id
"""
WATCH_ALL = """
    INSERT INTO due_work (kind, key, payload, due_at)
    SELECT $1, id::text, '{}', greatest(due_at, $2) FROM cases WHERE clock_stopped_at IS NULL ON CONFLICT DO NOTHING
"""


async def watch(session: AsyncSession, case: Case) -> None:
    """Look at a case again when its time is over."""
    await duework.add(session, OVERDUE, case.id, due_at=case.due_at, journey=case.journey_id)


async def watch_all(session: AsyncSession) -> None:
    """Have every clock that runs watched; those that are keep their row. What is late already is told after a while."""
    await fetch(session, WATCH_ALL, OVERDUE, clock.now() + UPDATE_LASTS)


async def forget(session: AsyncSession, *cases: UUID) -> None:
    """The clocks of these cases have stopped: nothing is late any more."""
    await duework.cancel(session, OVERDUE, *cases)


async def tell_overdue(session: AsyncSession, case_id: UUID) -> datetime | None:
    """Tell that the decision is late, if it is, once for each period; when to look again, None: never.

    Of several periods that have passed since the last look only the last is told (LFA58 s.10 para. 2 wants a notice in
    each of them; who was away cannot give the earlier ones any more).
    """
    case = await session.get(Case, case_id, with_for_update=True)
    if case is None or case.clock_stopped_at is not None:
        return None
    delay = case.delay
    count = delay.count(clock.now())
    if count > case.told_overdue:
        case.told_overdue = count
        record(session, case.id, "overdue", detail=str(count))
        await outbox.add(session, Overdue(case=case.id, due_on=local_date(case.due_at), count=count), case)
    return delay.at(case.told_overdue + 1)


async def explain_delay(session: AsyncSession, case_id: UUID, officer: Principal, reason: str) -> Case:
    """Say why a decision takes longer: told with every notice of the delay from now on. CaseDefective, ClockStopped."""
    case = await locked(session, case_id, officer)
    domain.check_not_defective(case.standing)
    if case.clock_stopped_at is not None:
        raise domain.ClockStopped()
    case.delay_reason = reason
    record(session, case.id, "delay-explained", UUID(officer.subject))
    return case


async def stop_clocks(session: AsyncSession, events: Sequence[Event]) -> None:
    """The approver granted: the period of LFA58 s.10 ends."""
    journeys, times = [event.journey for event in events], [event.time for event in events]
    stopped = [row["id"] for row in await fetch(session, STOP, journeys, times)]
    for case_id in stopped:
        record(session, case_id, "granted")
    if stopped:
        await forget(session, *stopped)


async def change_calendar(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """A day became a holiday or a working day: the clocks that still run on it are set anew."""
    fact: CalendarChanged = event.data
    await proclaim(session, fact.day, fact.is_workday)
    calendar = await calendar_of(session)
    dawn = datetime.combine(fact.day, time.min, BANGKOK)
    # A period that ended before the day is not moved by it; one that moved past it may come back.
    running = select(Case).where(col(Case.clock_stopped_at).is_(None), Case.due_at >= dawn)
    for case in await session.exec(running.order_by(col(Case.id)).with_for_update()):
        due = case.clock.due(calendar)
        if due.at != case.due_at:
            is_sooner = due.at < case.due_at
            case.due_at, case.due_by = due.at, due.by
            record(session, case.id, "clock-set-anew", detail=fact.day.isoformat())
            if is_sooner:  # what looks too early looks again by itself
                await hasten(session, OVERDUE, case.id)
