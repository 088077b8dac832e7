"""Reads of issuance: the owner's document, the public register, what delivery may know, what is stuck."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.claims import DocumentClaim
from kit.contracts.definition import Section
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.issuance import domain
from services.issuance.domain import CopyState, Phase, Search, State, Status
from services.issuance.models import CertifiedCopy, CredentialGrant, Document, DocumentAct, Substitute

MOST_UNFINISHED = 200
ONLY_SEARCHED = {"searched", "grams"}
"""What no reader needs of a document."""
COLUMNS = ", ".join(name for name in Document.model_fields if name not in ONLY_SEARCHED)
ISSUED = f"SELECT {COLUMNS} FROM document WHERE journey_id = ANY($1::uuid[]) AND state = ANY($2::text[]) ORDER BY id"  # noqa: S608 - our own columns
REGISTER = f"SELECT {COLUMNS} FROM document WHERE issued_at IS NOT NULL AND state = ANY($1::text[])"  # noqa: S608 - as above
ENDS = [State.ISSUED, State.SUSPENDED]
ENDING = f"""
    SELECT {COLUMNS} FROM document WHERE id > $1 AND state = ANY($2::text[]) AND valid_until >= $3 ORDER BY id LIMIT $4
"""  # noqa: S608 - as above
CONDITIONS = {
    "phrases": "NOT EXISTS (SELECT FROM unnest({0}::text[]) AS phrase WHERE strpos(searched, phrase) = 0)",
    "grams": "grams @> {0}::text[]",
    "agency": "agency = {0}",
    "document_type": "document_type = {0}",
    "ended": "valid_until < {0}::date",
    "running": "(valid_until IS NULL OR valid_until >= {0}::date)",
    "usable": "(state = 'issued' OR suspended_until < {0}::date)",
    "held": "(suspended_until IS NULL OR suspended_until >= {0}::date)",
    "before": "(issued_at, id) < ({0}::timestamptz, {1}::uuid)",
}
ON_THE_REGISTER = col(Document.state).in_(domain.OUT)


async def documents(session: AsyncSession, ids: Iterable[UUID], *, lock: bool = False) -> Sequence[Document]:
    """These documents, in one order, locked until the transaction ends when asked. They join no session."""
    query = f"SELECT {COLUMNS} FROM document WHERE id = ANY($1::uuid[]) ORDER BY id"  # noqa: S608 - our own columns
    return [Document(**row) for row in await fetch(session, f"{query} FOR UPDATE" if lock else query, list(ids))]


async def owned(session: AsyncSession, principal: Principal, journey: UUID) -> Document:
    """The issued document of a journey, of several the newest; DocumentNotFound also when it is somebody else's."""
    found = await _issued(session, [journey])
    if not found or not _is_of(found[-1], principal):
        raise domain.DocumentNotFound
    return found[-1]


async def offerable(session: AsyncSession, principal: Principal, journey: UUID) -> Document:
    """The document of a journey of which a wallet gets a credential: the newest in force, or the one being made.

    DocumentNotFound also when it is somebody else's; DocumentNotInForce when there was one.
    """
    query = f"SELECT {COLUMNS} FROM document WHERE journey_id = $1 ORDER BY id DESC"  # noqa: S608 - our own columns
    found = [Document(**row) for row in await fetch(session, query, journey)]
    own = [each for each in found if _is_of(each, principal) and each.state != State.STOPPED]
    if not own:
        raise domain.DocumentNotFound
    today = local_date(clock.now())
    offered = [each for each in own if domain.may_be_offered(State(each.state), each.valid_until, today)]
    if not offered:
        raise domain.DocumentNotInForce
    return max(offered, key=lambda each: (each.state in domain.OUT, each.id))


async def grant_of(session: AsyncSession, agency: str, token: str) -> tuple[CredentialGrant, Document]:
    """What an access token is for; invalid_token (``Refused``) where it counts for nothing at that issuer."""
    query = select(CredentialGrant).where(CredentialGrant.token_digest == domain.wallets.digest_of(token))
    grant = (await session.exec(query)).first()
    if grant is None or grant.expires_at <= clock.now():
        raise domain.invalid_token()
    (document,) = await documents(session, [grant.document_id])
    if document.agency != agency:
        raise domain.invalid_token()
    return grant, document


async def sections_of(session: AsyncSession, agency: str) -> list[Section]:
    """What is known here of an agency's definitions, without their templates."""
    query = "SELECT body - 'files' AS body FROM section WHERE body ->> 'agency' = $1"
    return [Section(**row["body"]) for row in await fetch(session, query, agency)]


async def _issued(session: AsyncSession, journeys: Sequence[UUID]) -> list[Document]:
    """The documents of journeys that are on the register, the oldest first."""
    return [Document(**row) for row in await fetch(session, ISSUED, list(journeys), list(domain.OUT))]


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


async def copies_of(session: AsyncSession, document: UUID) -> Sequence[CertifiedCopy]:
    """The certified copies of a document, oldest first."""
    query = select(CertifiedCopy).where(CertifiedCopy.document_id == document)
    return (await session.exec(query.order_by(col(CertifiedCopy.running)))).all()


async def copy_of(session: AsyncSession, document: UUID, copy: int) -> CertifiedCopy:
    """A certified copy that is made; CopyNotFound."""
    query = select(CertifiedCopy).where(CertifiedCopy.document_id == document, CertifiedCopy.running == copy)
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


async def _public(session: AsyncSession, query: SelectOfScalar[Document]) -> Document:
    found = (await session.exec(query)).first()
    if found is None:
        raise domain.VerificationNotFound
    return found


@dataclass(frozen=True)
class Asked:
    """What is asked of the register; None: whatever it may be."""

    search: Search | None = None
    agency: str | None = None
    document_type: str | None = None
    status: Status | None = None


async def register(
    session: AsyncSession, asked: Asked, cursor: str | None, limit: int
) -> tuple[list[Document], str | None]:
    """A page of what was issued, the newest first, and the cursor of the next page. CursorUnknown."""
    states, days = _worth(asked.status)
    wanted: dict[str, Sequence[Any]] = {name: [local_date(clock.now())] for name in days}
    wanted |= {name: [value] for name in ("agency", "document_type") if (value := getattr(asked, name))}
    if asked.search is not None:
        wanted |= {"phrases": [asked.search.phrases], "grams": [asked.search.grams]}
    if cursor is not None:
        wanted["before"] = read_cursor(cursor)
    query, arguments = REGISTER, [states]
    for name, values in wanted.items():
        places = [f"${len(arguments) + place}" for place in range(1, len(values) + 1)]
        query, arguments = f"{query} AND {CONDITIONS[name].format(*places)}", [*arguments, *values]
    rows = await fetch(session, f"{query} ORDER BY issued_at DESC, id DESC LIMIT {limit + 1:d}", *arguments)
    found = [Document(**row) for row in rows]
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    assert last.issued_at is not None  # noqa: S101 - it was ordered by it
    return found[:limit], cursor_of(last.issued_at, last.id)


def _worth(status: Status | None) -> tuple[Sequence[State], Sequence[str]]:
    """The states and the conditions on the day by which ``domain.status_of`` comes to that status."""
    if status is None:
        return domain.OUT, ()
    if status is Status.EXPIRED:
        return (State.ISSUED, State.SUSPENDED), ("ended",)
    if status in (Status.REVOKED, Status.REPLACED):
        return (State(status.value),), ()
    if status is Status.VALID:
        return (State.ISSUED, State.SUSPENDED), ("running", "usable")
    return (State.SUSPENDED,), ("running", "held")


async def unfinished(session: AsyncSession, agency: str) -> Sequence[Document]:
    """The documents of an agency that are not made yet, oldest first: what failed is among them."""
    query = select(Document).where(Document.agency == agency, col(Document.state).in_(domain.UNFINISHED))
    return (await session.exec(query.order_by(col(Document.id)).limit(MOST_UNFINISHED))).all()


async def succession(session: AsyncSession, document_id: UUID) -> tuple[Document, Document, DocumentAct]:
    """A document that takes the place of another, that other one, and the act by which it does."""
    (document,) = await documents(session, [document_id])
    (before,) = await documents(session, [document.replaces] if document.replaces else [])
    act = (
        await session.exec(
            select(DocumentAct).where(DocumentAct.document_id == before.id, DocumentAct.about == document.id)
        )
    ).one()
    return document, before, act


async def ending(session: AsyncSession, today: date, after: UUID, most: int) -> Sequence[Document]:
    """Documents that have an end before them, by their ids."""
    return [Document(**row) for row in await fetch(session, ENDING, after, ENDS, today, most)]


async def of_agency(session: AsyncSession, officer: Principal, document_id: UUID) -> Document:
    """A document that was issued by the officer's agency. LicenceNotFound."""
    (*found,) = await documents(session, [document_id])
    if not found or found[0].agency != officer.agency or found[0].state not in domain.OUT:
        raise domain.LicenceNotFound
    return found[0]


async def acts(session: AsyncSession, document: Document) -> Sequence[DocumentAct]:
    """Every act on a licence in this term, on the documents before and after this one too, in their order."""
    query = select(DocumentAct).where(DocumentAct.term_id == document.term_id)
    return (await session.exec(query.order_by(col(DocumentAct.at), col(DocumentAct.id)))).all()


async def proposed(session: AsyncSession, agency: str) -> Sequence[tuple[DocumentAct, Document]]:
    """What waits to be confirmed or rejected in an agency, oldest first, each with its document."""
    settled = aliased(DocumentAct)
    query = (
        select(DocumentAct, Document)
        .join(Document, col(Document.id) == DocumentAct.document_id)
        .where(
            DocumentAct.agency == agency, DocumentAct.phase == Phase.PROPOSED, col(Document.state).in_(ENDS),
            ~select(settled.id).where(settled.proposal_id == DocumentAct.id).exists(),
        )
        .order_by(col(DocumentAct.at), col(DocumentAct.id))
        .limit(MOST_UNFINISHED)
    )  # fmt: skip
    return (await session.exec(query)).all()


async def substitutes(
    session: AsyncSession, *, agency: str | None = None, state: str | None = None, journey: UUID | None = None
) -> Sequence[Substitute]:
    """The wishes for substitutes of an agency in one state, or of a journey, oldest first."""
    query = select(Substitute)
    if journey is not None:
        query = query.where(Substitute.journey_id == journey)
    else:
        query = query.where(Substitute.agency == agency, Substitute.state == state)
    return (
        await session.exec(query.order_by(col(Substitute.asked_at), col(Substitute.id)).limit(MOST_UNFINISHED))
    ).all()


async def substitute(session: AsyncSession, officer: Principal, wish_id: UUID) -> Substitute:
    """A wish for a substitute in the officer's agency. SubstituteNotFound."""
    query = select(Substitute).where(Substitute.id == wish_id, Substitute.agency == officer.agency)
    found = (await session.exec(query)).first()
    if found is None:
        raise domain.SubstituteNotFound
    return found


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
