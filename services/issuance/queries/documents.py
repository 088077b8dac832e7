"""Documents: of a journey, by token, by file, what is stuck, and what others may know of them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.auth import Principal
from kit.contracts.claims import DocumentClaim
from kit.rows import fetch
from services.issuance import domain
from services.issuance.models import ArchivedFile, Document

MOST_UNFINISHED = 200
ONLY_SEARCHED = {"searched", "grams"}
"""What no reader needs of a document."""
COLUMNS = ", ".join(name for name in Document.model_fields if name not in ONLY_SEARCHED)
ISSUED = f"SELECT {COLUMNS} FROM document WHERE journey_id = ANY($1::uuid[]) AND state = ANY($2::text[]) ORDER BY id"  # noqa: S608 - our own columns
FILES = """
    SELECT 1 AS version, stored_as, sha256 FROM document WHERE id = $1 AND sha256 IS NOT NULL
    UNION ALL SELECT version, stored_as, sha256 FROM archivedfile WHERE document_id = $1
    ORDER BY version
"""
WAS_ISSUED = col(Document.state).in_((*domain.OUT, domain.State.REMOVED))


async def documents(session: AsyncSession, ids: Iterable[UUID], *, lock: bool = False) -> Sequence[Document]:
    """These documents, in one order, locked until the transaction ends when asked. They join no session."""
    query = f"SELECT {COLUMNS} FROM document WHERE id = ANY($1::uuid[]) ORDER BY id"  # noqa: S608 - our own columns
    return [Document(**row) for row in await fetch(session, f"{query} FOR UPDATE" if lock else query, list(ids))]


async def owned(session: AsyncSession, principal: Principal, journey: UUID) -> Document:
    """The issued document of a journey, of several the newest; DocumentNotFound also when it is somebody else's."""
    found = await _issued(session, [journey])
    if not found or not is_of(found[-1], principal):
        raise domain.DocumentNotFound
    return found[-1]


async def _issued(session: AsyncSession, journeys: Sequence[UUID]) -> list[Document]:
    """The documents of journeys that are on the register, the oldest first."""
    return [Document(**row) for row in await fetch(session, ISSUED, list(journeys), list(domain.OUT))]


def is_of(row: Document, principal: Principal) -> bool:
    """Whether a document is the principal's."""
    if principal.kind == "holder":
        return row.person_id is None and str(row.journey_id) == principal.subject
    return str(row.person_id) == principal.subject


async def by_token(session: AsyncSession, token: str | None) -> Document:
    """The issued document of a verification token; VerificationNotFound, NoLongerKept."""
    if token is None:
        raise domain.VerificationNotFound
    found = await _public(session, select(Document).where(Document.token == token, WAS_ISSUED))
    check_kept(found)
    return found


def check_kept(document: Document) -> None:
    """NoLongerKept for a document of which only the number is left."""
    if document.removed_on is not None:
        raise domain.NoLongerKept(number=document.number, removed_on=document.removed_on)


async def by_sha256(session: AsyncSession, sha256: str) -> Document | None:
    """The issued document of which this file is a version to the last byte, kept or not, if there is one."""
    issued = select(Document).where(Document.sha256 == sha256, WAS_ISSUED)
    if found := (await session.exec(issued)).first():
        return found
    # Apart: one condition for both would read the whole register.
    is_its = col(ArchivedFile.document_id) == col(Document.id)
    archived = select(Document).join(ArchivedFile, is_its).where(ArchivedFile.sha256 == sha256, WAS_ISSUED)
    return (await session.exec(archived)).first()


@dataclass(frozen=True)
class StoredVersion:
    """One version of a document's file."""

    version: int
    stored_as: str
    sha256: str


async def files_of(session: AsyncSession, document: UUID) -> list[StoredVersion]:
    """The versions of an issued document's file, each the beginning of the next; the last is given out."""
    return [StoredVersion(**row) for row in await fetch(session, FILES, document)]


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
    """Claim ``documents``, by journey, of several the newest; absent while nothing is issued."""

    async def answer(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, DocumentClaim]:
        return {row.journey_id: _claim(row, verify_url) for row in await _issued(session, journeys)}

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
