"""Exactly-once effect: an event id is taken in the transaction of what it causes."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.database import INBOX


async def take(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Take the ids in one statement and return those never taken before.

    Sorted, so that two processes taking overlapping batches wait for each other in one order.
    """
    rows = [{"id": each} for each in sorted(set(ids))]
    statement = insert(INBOX).on_conflict_do_nothing().returning(INBOX.c.id)
    return set((await session.execute(statement, rows)).scalars())
