"""Exactly-once effect: an event id is taken in the transaction of what it causes."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

TAKE = text("INSERT INTO inbox (id) SELECT unnest(CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING RETURNING id")


async def take(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Take the ids in one statement and return those never taken before.

    Sorted, so that two processes taking overlapping batches wait for each other in one order.
    """
    return set((await session.execute(TAKE, {"ids": sorted(set(ids))})).scalars())
