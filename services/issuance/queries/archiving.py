"""Issued documents whose file is to last and that nobody has planned it for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.rows import fetch

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0)
LOOK = """
    SELECT document.id, journey_id, issued_at, coalesce(last.version, 1) + 1 AS version, last.ends_at,
        EXISTS (
            SELECT FROM due_work
            WHERE kind = 'archive' AND key = document.id || ':' || coalesce(last.version, 1) + 1
        ) AS is_planned
    FROM (
        SELECT id, journey_id, issued_at FROM document
        WHERE issued_at IS NOT NULL AND (issued_at, id) > ($1::timestamptz, $2::uuid)
        ORDER BY issued_at, id LIMIT $3
    ) AS document
    LEFT JOIN LATERAL (
        SELECT version, ends_at FROM archivedfile WHERE document_id = document.id ORDER BY version DESC LIMIT 1
    ) AS last ON true
    ORDER BY issued_at, id
"""
"""One statement, so that it sees a version that was just made together with the plan of the next one."""


@dataclass(frozen=True)
class Unplanned:
    """The next version that a document's file lacks; ``ends_at`` of the one before, None where that is the first."""

    id: UUID
    journey_id: UUID
    issued_at: datetime
    version: int
    ends_at: datetime | None


async def unplanned(
    session: AsyncSession, after: tuple[datetime, UUID] | None, most: int
) -> tuple[list[Unplanned], tuple[datetime, UUID] | None]:
    """Of so many issued documents those that have no plan, and after which to look on; None: these were the last."""
    rows = [dict(row) for row in await fetch(session, LOOK, *(after or BEGINNING), most)]
    found = [Unplanned(**each) for each in rows if not each.pop("is_planned")]
    return found, (rows[-1]["issued_at"], rows[-1]["id"]) if len(rows) == most else None
