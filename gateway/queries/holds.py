"""Reads of legal holds."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.models import JourneyHold
from kit.rows import fetch

STANDING = """
    SELECT hold_id, journey_id, agency FROM journey_hold JOIN journey USING (journey_id)
    WHERE lifted_at IS NULL ORDER BY placed_at
"""


async def holds_of(session: AsyncSession, journey: UUID) -> list[JourneyHold]:
    """All holds of a journey, the lifted ones too, oldest first."""
    query = select(JourneyHold).where(JourneyHold.journey_id == journey).order_by(col(JourneyHold.placed_at))
    return list((await session.exec(query)).all())


async def by_idempotency(session: AsyncSession, idempotency: bytes) -> JourneyHold:
    """The hold that was placed with this key."""
    return (await session.exec(select(JourneyHold).where(JourneyHold.idempotency == idempotency))).one()


async def standing(session: AsyncSession) -> Sequence[asyncpg.Record]:
    """Every hold that is not lifted, with the agency of its journey, oldest first."""
    return await fetch(session, STANDING)
