"""Files that last: the next version of a document's file is planned, and put on the register once it is stored."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.rows import fetch, put
from services.issuance.models import ArchivedFile

ARCHIVE = "archive"
KEPT = "SELECT FROM document WHERE id = $1 AND removed_on IS NULL FOR KEY SHARE"
PLAN_ARCHIVE = "plan-archive"
"""Due work, every day: whatever has no plan to be made to last gets one."""


async def plan_archive(session: AsyncSession, document: UUID, version: int, due_at: datetime, journey: UUID) -> None:
    """Plan a version of a document's file; planning the same one twice keeps the first."""
    await duework.add(session, ARCHIVE, f"{document}:{version}", due_at=due_at, journey=journey)


async def add_version(session: AsyncSession, file: ArchivedFile, renew_at: datetime, journey: UUID) -> None:
    """A version is stored: from now on it is given out, the earlier ones stay genuine, and the next one is planned.

    Not of a document that was removed meanwhile: the file goes with the others.
    """
    if not await fetch(session, KEPT, file.document_id):
        return
    if await put(session, file, "document_id", "version"):
        await plan_archive(session, file.document_id, file.version + 1, renew_at, journey)
