"""Tombstones: a service that learns that a journey is closed opens nothing for it afterwards.

No order is promised between events, so a withdrawal may be handled before what it stops.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from kit.database import TOMBSTONE


async def close(session: AsyncSession, journey: UUID, reason: str) -> None:
    """Remember that the journey is closed; the first reason stays."""
    values = {"journey_id": journey, "reason": reason, "closed_at": clock.now()}
    await session.execute(insert(TOMBSTONE).on_conflict_do_nothing(), values)


async def closed(session: AsyncSession, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of the journeys that are closed."""
    wanted = list(journeys)
    if not wanted:
        return set()
    rows = await session.execute(select(TOMBSTONE.c.journey_id).where(TOMBSTONE.c.journey_id.in_(wanted)))
    return set(rows.scalars())


async def is_closed(session: AsyncSession, journey: UUID) -> bool:
    """Whether this service knows that the journey is closed."""
    return bool(await closed(session, [journey]))
