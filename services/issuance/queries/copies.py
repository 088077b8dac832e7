"""Certified copies."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.issuance import domain
from services.issuance.domain import CopyState
from services.issuance.models import CertifiedCopy, Document


async def copies_of(session: AsyncSession, journey: UUID) -> Sequence[CertifiedCopy]:
    """The certified copies of every document of a journey, also of those that were replaced; oldest first."""
    query = select(CertifiedCopy).join(Document).where(Document.journey_id == journey)
    return (await session.exec(query.order_by(col(CertifiedCopy.id)))).all()


async def copy_of(session: AsyncSession, copy: UUID, of: Document) -> CertifiedCopy:
    """A certified copy that is made, of a document or another of its journey; CopyNotFound."""
    query = select(CertifiedCopy).join(Document)
    query = query.where(CertifiedCopy.id == copy, Document.journey_id == of.journey_id)
    found = (await session.exec(query)).first()
    if found is None or found.state != CopyState.MADE:
        raise domain.CopyNotFound
    return found


async def copy_to_make(session: AsyncSession, copy: UUID) -> tuple[CertifiedCopy, Document]:
    """A copy that was asked for, and the document."""
    query = select(CertifiedCopy, Document).where(CertifiedCopy.id == copy, CertifiedCopy.document_id == Document.id)
    return (await session.exec(query)).one()


async def copy_by_sha256(session: AsyncSession, sha256: str) -> tuple[CertifiedCopy, Document] | None:
    """The certified copy that is this file to the last byte, and its document, if there is one."""
    query = select(CertifiedCopy, Document).where(
        CertifiedCopy.sha256 == sha256, CertifiedCopy.document_id == Document.id
    )
    return (await session.exec(query)).first()
