"""Projecting what is told about journeys onto their timelines."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.models import Entry, Progress
from kit.claims import Known
from kit.cloudevents import Event
from kit.contracts.events import Completed

CHANNEL = "paet_journeys"
"""PostgreSQL notifications: the id of a journey that something was told about."""


async def project(session: AsyncSession, event: Event, _known: Known) -> None:
    """Write an event on its journey's timeline and wake whoever watches; facts of no journey are passed over.

    The number is given under the lock of the journey's progress row, so that numbers grow in the order of
    commits and a reader that has seen one misses nothing below it. One statement, since this runs for every
    event of the platform.
    """
    if event.journeyid is None:
        return
    first = insert(Progress).values(journey_id=event.journeyid, last_seq=1, is_ended=event.type == Completed.type())
    again = {
        "last_seq": col(Progress.last_seq) + 1,
        "is_ended": or_(col(Progress.is_ended), first.excluded.is_ended),
    }
    counted = (
        first.on_conflict_do_update(index_elements=["journey_id"], set_=again)
        .returning(col(Progress.last_seq))
        .cte("counted")
    )
    seq = select(counted.c.last_seq).scalar_subquery()
    told = insert(Entry).values(seq=seq, **_entry(event)).returning(col(Entry.journey_id)).cte("told")
    await session.execute(select(func.pg_notify(CHANNEL, str(event.journeyid))).select_from(told))


def _entry(event: Event) -> dict[str, Any]:
    return {
        "journey_id": event.journeyid,
        "event_id": event.id,
        "type": event.type,
        "time": event.time,
        "step": event.step,
        "next": event.next,
        "nextstep": event.nextstep,
        "data": event.data.model_dump(mode="json", exclude={"slip"}),
    }
