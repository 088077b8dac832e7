"""Certified copies are asked for, and kept once they are made."""

from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.clock import clock, local_date
from kit.rows import fetch
from services.issuance import queries
from services.issuance.commands.archiving import KEPT
from services.issuance.commands.registering import StoredFile
from services.issuance.domain import CopyState, status_on
from services.issuance.models import CertifiedCopy, Document

CERTIFY = "certify"
FAILED = """
    SELECT count(*) AS failed FROM due_work
    WHERE kind = $1 AND (key = $2 OR starts_with(key, $2 || ':')) AND failed_at IS NOT NULL
"""


async def request_copy(session: AsyncSession, document: Document, officer: UUID | None = None) -> CertifiedCopy:
    """Ask for a certified copy of an issued document: of one file and status once a day, numbered without gaps.

    NoLongerKept.
    """
    (held,) = await queries.documents(session, [document.id], lock=True)  # so that copies are numbered in turn
    queries.check_kept(held)
    now = clock.now()
    today = local_date(now)
    status = status_on(held, today)
    of_document = select(CertifiedCopy).where(CertifiedCopy.document_id == held.id)
    same = of_document.where(
        CertifiedCopy.original_sha256 == held.sha256,
        CertifiedCopy.status == status,
        CertifiedCopy.certified_on == today,
    )
    if (standing := (await session.exec(same)).first()) is not None:
        if standing.state == CopyState.REQUESTED:
            await _plan(session, standing)
        return standing
    last = select(func.coalesce(func.max(col(CertifiedCopy.running)), 0)).where(CertifiedCopy.document_id == held.id)
    copy = CertifiedCopy(
        document_id=held.id, running=(await session.exec(last)).one() + 1, original_sha256=str(held.sha256),
        original_stored_as=str(held.stored_as), status=status, certified_on=today, state=CopyState.REQUESTED,
        officer=officer, requested_at=now,
    )  # fmt: skip
    session.add(copy)
    await session.flush()
    await _plan(session, copy)
    return copy


async def _plan(session: AsyncSession, copy: CertifiedCopy) -> None:
    """Have a copy made: after work that failed for good under a key of its own, for that row waits for an operator."""
    (row,) = await fetch(session, FAILED, CERTIFY, str(copy.id))
    await duework.add(session, CERTIFY, f"{copy.id}:{row['failed'] + 1}" if row["failed"] else str(copy.id))


async def keep_copy(session: AsyncSession, copy_id: UUID, document: UUID, file: StoredFile) -> None:
    """The file of a copy is stored; saying so again changes nothing.

    Not of a document that was removed meanwhile: the file goes with the others, and its name is not kept.
    """
    if not await fetch(session, KEPT, document):
        return
    copy = (await session.exec(select(CertifiedCopy).where(CertifiedCopy.id == copy_id).with_for_update())).one()
    if copy.state == CopyState.MADE:
        return
    copy.state, copy.made_at = CopyState.MADE, clock.now()
    copy.file_name, copy.stored_as, copy.sha256 = file.name, file.stored_as, file.sha256
    session.add(copy)
