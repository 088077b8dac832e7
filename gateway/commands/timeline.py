"""Projecting what is told about journeys onto their timelines."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.cloudevents import Event
from kit.contracts.events import Completed

CHANNEL = "paet_journeys"
"""PostgreSQL notifications: the id of a journey that something was told about."""

PROJECT = text("""
    WITH told AS (
        SELECT *, row_number() OVER (PARTITION BY journey_id ORDER BY place) AS within
        FROM unnest(
            CAST(:journeys AS uuid[]), CAST(:events AS uuid[]), CAST(:types AS text[]), CAST(:times AS timestamptz[]),
            CAST(:steps AS text[]), CAST(:nexts AS text[]), CAST(:nextsteps AS text[]), CAST(:data AS text[])
        ) WITH ORDINALITY AS t (journey_id, event_id, type, time, step, next, nextstep, data, place)
    ), counted AS (
        INSERT INTO progress AS known (journey_id, last_seq, is_ended)
        SELECT journey_id, count(*), bool_or(type = :completed) FROM told GROUP BY journey_id ORDER BY journey_id
        ON CONFLICT (journey_id) DO UPDATE SET
            last_seq = known.last_seq + excluded.last_seq, is_ended = known.is_ended OR excluded.is_ended
        RETURNING journey_id, last_seq
    ), written AS (
        INSERT INTO timeline (journey_id, seq, event_id, type, time, step, next, nextstep, data)
        SELECT journey_id, last_seq - max(within) OVER (PARTITION BY journey_id) + within,
            event_id, type, time, step, next, nextstep, CAST(data AS jsonb)
        FROM told JOIN counted USING (journey_id)
        RETURNING journey_id
    )
    SELECT pg_notify(:channel, CAST(journey_id AS text)) FROM (SELECT DISTINCT journey_id FROM written) AS news
""")


async def project(session: AsyncSession, events: Sequence[Event]) -> None:
    """Write events on their journeys' timelines and wake whoever watches; facts of no journey are passed over.

    The numbers are given under the lock of each journey's progress row, so that they grow in the order of
    commits and a reader that has seen one misses nothing below it. One statement for a whole batch, since this
    runs for every event of the platform.
    """
    if told := [event for event in events if event.journeyid is not None]:
        columns = {name: [of(event) for event in told] for name, of in COLUMNS.items()}
        await session.execute(PROJECT, {**columns, "completed": Completed.type(), "channel": CHANNEL})


def _data(event: Event) -> str:
    return json.dumps(event.data.model_dump(mode="json", exclude={"slip"}), ensure_ascii=False)


COLUMNS: dict[str, Any] = {
    "journeys": lambda event: event.journeyid,
    "events": lambda event: event.id,
    "types": lambda event: event.type,
    "times": lambda event: event.time,
    "steps": lambda event: event.step,
    "nexts": lambda event: event.next,
    "nextsteps": lambda event: event.nextstep,
    "data": _data,
}
"""What is kept of an event."""
