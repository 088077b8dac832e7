"""Reads of legal holds."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.models import JourneyHold


async def holds_of(session: AsyncSession, journey: UUID) -> list[JourneyHold]:
    """All holds of a journey, the lifted ones too, oldest first."""
    query = select(JourneyHold).where(JourneyHold.journey_id == journey).order_by(col(JourneyHold.placed_at))
    return list((await session.exec(query)).all())


async def by_idempotency(session: AsyncSession, idempotency: bytes) -> JourneyHold:
    """The hold that was placed with this key."""
    return (await session.exec(select(JourneyHold).where(JourneyHold.idempotency == idempotency))).one()
