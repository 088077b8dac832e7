"""Reads of issuance: the owner's document, the public register, what delivery may know, what is stuck."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.auth import Principal
from kit.contracts.claims import DocumentClaim
from services.issuance import domain
from services.issuance.models import Document

MOST_UNFINISHED = 200
ON_THE_REGISTER = col(Document.state).in_(domain.OUT)


async def documents(session: AsyncSession, ids: Sequence[UUID], *, lock: bool = False) -> Sequence[Document]:
    """These documents, locked until the transaction ends when asked."""
    query = select(Document).where(col(Document.id).in_(ids)).order_by(col(Document.id))
    return (await session.exec(query.with_for_update() if lock else query)).all()


async def owned(session: AsyncSession, principal: Principal, journey: UUID) -> Document:
    """The issued document of a journey; DocumentNotFound also when it is somebody else's."""
    query = select(Document).where(Document.journey_id == journey, ON_THE_REGISTER)
    found = (await session.exec(query)).first()
    if found is None or not _is_of(found, principal):
        raise domain.DocumentNotFound
    return found


def _is_of(row: Document, principal: Principal) -> bool:
    if principal.kind == "holder":
        return row.person_id is None and str(row.journey_id) == principal.subject
    return str(row.person_id) == principal.subject


async def by_token(session: AsyncSession, token: str | None) -> Document:
    """The issued document of a verification token; VerificationNotFound."""
    if token is None:
        raise domain.VerificationNotFound
    return await _public(session, select(Document).where(Document.token == token, ON_THE_REGISTER))


async def by_sha256(session: AsyncSession, sha256: str) -> Document | None:
    """The issued document that is this file to the last byte, if there is one."""
    query = select(Document).where(Document.sha256 == sha256, ON_THE_REGISTER)
    return (await session.exec(query)).first()


async def _public(session: AsyncSession, query: SelectOfScalar[Document]) -> Document:
    found = (await session.exec(query)).first()
    if found is None:
        raise domain.VerificationNotFound
    return found


async def unfinished(session: AsyncSession, agency: str) -> Sequence[Document]:
    """The documents of an agency that are not made yet, oldest first: what failed is among them."""
    query = select(Document).where(Document.agency == agency, col(Document.state).in_(domain.UNFINISHED))
    return (await session.exec(query.order_by(col(Document.id)).limit(MOST_UNFINISHED))).all()


Claims = Callable[[AsyncSession, Sequence[UUID]], Awaitable[Mapping[UUID, DocumentClaim]]]


def document_claims(verify_url: Callable[[str], str]) -> Claims:
    """Claim ``documents``, by journey; absent while nothing is issued."""

    async def answer(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, DocumentClaim]:
        query = select(Document).where(col(Document.journey_id).in_(journeys), ON_THE_REGISTER)
        return {row.journey_id: _claim(row, verify_url) for row in await session.exec(query)}

    return answer


def _claim(row: Document, verify_url: Callable[[str], str]) -> DocumentClaim:
    return DocumentClaim(
        journey=row.journey_id,
        document=row.id,
        number=row.number,
        title_th=row.title["th"],
        title_en=row.title["en"],
        file_name=str(row.file_name),
        sha256=str(row.sha256),
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        verify_url=verify_url(str(row.token)),
    )
