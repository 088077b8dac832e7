"""Exactly-once effect: an event id is taken in the transaction of what it causes."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.rows import fetch

TAKE = "INSERT INTO inbox (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id"


async def take(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Take the ids in one statement and return those never taken before.

    Sorted, so that two processes taking overlapping batches wait for each other in one order.
    """
    return {row["id"] for row in await fetch(session, TAKE, sorted(set(ids)))}
