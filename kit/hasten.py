"""Planned work is wanted at once, because what it waited for has happened."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from kit.rows import fetch

HASTEN = """
    WITH planned AS (SELECT id FROM due_work WHERE kind = $1 AND key = $2 AND failed_at IS NULL),
    free AS (SELECT id FROM due_work WHERE id IN (SELECT id FROM planned) FOR UPDATE SKIP LOCKED),
    hastened AS (UPDATE due_work SET due_at = least(due_at, $3) WHERE id IN (SELECT id FROM free) RETURNING id)
    SELECT (SELECT count(*) FROM planned) = (SELECT count(*) FROM hastened) AS is_done
"""


async def hasten(session: AsyncSession, kind: str, key: UUID | str) -> bool:
    """Make planned work due now. False while it is being done: it may not have seen what the caller has just written.

    True also where none is planned. It is not waited for: it may want a row that this transaction holds.
    """
    (row,) = await fetch(session, HASTEN, kind, str(key), clock.now())
    return bool(row["is_done"])
