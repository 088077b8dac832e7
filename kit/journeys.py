"""Tombstones: a service that learns that a journey is closed opens nothing for it afterwards.

No order is promised between events, so a withdrawal may be handled before what it stops.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from kit.database import TOMBSTONE

HOLD = text("SELECT pg_advisory_xact_lock(each) FROM unnest(CAST(:keys AS bigint[])) AS each")
CLOSED = text("SELECT journey_id FROM tombstone WHERE journey_id = ANY(CAST(:journeys AS uuid[]))")


async def hold(session: AsyncSession, journeys: Iterable[UUID]) -> None:
    """Hold the journeys until the transaction ends, so that nobody opens for one what another is just closing.

    In one order, so that two processes with overlapping batches wait for each other and never in a ring.
    """
    keys = sorted({int.from_bytes(each.bytes[8:], signed=True) for each in journeys})
    if keys:
        await session.execute(HOLD, {"keys": keys})


async def close(session: AsyncSession, journey: UUID, reason: str) -> None:
    """Remember that the journey is closed; the first reason stays."""
    values = {"journey_id": journey, "reason": reason, "closed_at": clock.now()}
    await session.execute(insert(TOMBSTONE).on_conflict_do_nothing(), values)


async def closed(session: AsyncSession, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of the journeys that are closed."""
    wanted = list(journeys)
    if not wanted:
        return set()
    return set((await session.execute(CLOSED, {"journeys": wanted})).scalars())
