"""Projecting what is told about journeys onto their timelines."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.cloudevents import Event
from kit.contracts.events import Completed
from kit.rows import fetch

CHANNEL = "paet_journeys"
"""PostgreSQL notifications: the id of a journey that something was told about."""

PROJECT = """
    WITH told AS (
        SELECT *, row_number() OVER (PARTITION BY journey_id ORDER BY place) AS within
        FROM unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[]
        ) WITH ORDINALITY AS t (journey_id, event_id, type, time, step, next, nextstep, data, place)
    ), counted AS (
        INSERT INTO progress AS known (journey_id, last_seq, is_ended)
        SELECT journey_id, count(*), bool_or(type = $9) FROM told GROUP BY journey_id ORDER BY journey_id
        ON CONFLICT (journey_id) DO UPDATE SET
            last_seq = known.last_seq + excluded.last_seq, is_ended = known.is_ended OR excluded.is_ended
        RETURNING journey_id, last_seq
    ), written AS (
        INSERT INTO timeline (journey_id, seq, event_id, type, time, step, next, nextstep, data)
        SELECT journey_id, last_seq - max(within) OVER (PARTITION BY journey_id) + within,
            event_id, type, time, step, next, nextstep, data::jsonb
        FROM told JOIN counted USING (journey_id)
        RETURNING journey_id
    )
    SELECT pg_notify($10, journey_id::text) FROM (SELECT DISTINCT journey_id FROM written) AS news
"""


async def project(session: AsyncSession, events: Sequence[Event]) -> None:
    """Write events on their journeys' timelines and wake whoever watches; facts of no journey are passed over.

    The numbers are given under the lock of each journey's progress row, so that they grow in the order of
    commits and a reader that has seen one misses nothing below it. One statement for a whole batch, since this
    runs for every event of the platform.
    """
    if told := [event for event in events if event.journeyid is not None]:
        columns = ([of(event) for event in told] for of in COLUMNS)
        await fetch(session, PROJECT, *columns, Completed.type(), CHANNEL)


COLUMNS: tuple[Callable[[Event], Any], ...] = (
    lambda event: event.journeyid,
    lambda event: event.id,
    lambda event: event.type,
    lambda event: event.time,
    lambda event: event.step,
    lambda event: event.next,
    lambda event: event.nextstep,
    lambda event: event.data.model_dump_json(exclude={"slip"}),
)
"""What is kept of an event."""
