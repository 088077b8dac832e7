"""Tombstones: a service that learns that a journey is closed opens nothing for it afterwards.

No order is promised between events, so a withdrawal may be handled before what it stops.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from kit.rows import fetch

HOLD = "SELECT pg_advisory_xact_lock(each) FROM unnest($1::bigint[]) AS each"
CLOSED = "SELECT journey_id FROM tombstone WHERE journey_id = ANY($1::uuid[])"
CLOSE = """
    INSERT INTO tombstone (journey_id, reason, closed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


async def hold(session: AsyncSession, journeys: Iterable[UUID]) -> None:
    """Hold the journeys until the transaction ends, so that nobody opens for one what another is just closing.

    In one order, so that two processes with overlapping batches wait for each other and never in a ring.
    """
    keys = sorted({int.from_bytes(each.bytes[8:], signed=True) for each in journeys})
    if keys:
        await fetch(session, HOLD, keys)


async def close(session: AsyncSession, journey: UUID, reason: str) -> None:
    """Remember that the journey is closed; the first reason stays."""
    await fetch(session, CLOSE, journey, reason, clock.now())


async def closed(session: AsyncSession, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of the journeys that are closed."""
    wanted = list(journeys)
    if not wanted:
        return set()
    return {row["journey_id"] for row in await fetch(session, CLOSED, wanted)}
