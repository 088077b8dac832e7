"""Acts on what was issued, what waits for an officer, and what ends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import tuple_
from sqlalchemy.orm import aliased
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.contracts.claims import DocumentClaim, Order, OrdersClaim
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.issuance import domain
from services.issuance.domain import Act, Kind, Phase, State, SubstituteState
from services.issuance.models import Document, DocumentAct, Substitute
from services.issuance.queries.documents import COLUMNS, MOST_UNFINISHED, documents

ENDS = [State.ISSUED, State.SUSPENDED]
ENDING = f"""
    SELECT {COLUMNS} FROM document WHERE id > $1 AND state = ANY($2::text[]) AND valid_until >= $3 ORDER BY id LIMIT $4
"""  # noqa: S608 - as above


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


async def substituted_on(session: AsyncSession, document: Document) -> date | None:
    """The day on the stamp of a document: its own if it is a substitute, that of the last one before it in its term."""
    if document.kind == Kind.SUBSTITUTE:
        return document.made_on
    same_term = or_(Document.id == document.term_id, Document.origin == document.term_id)
    query = select(Document).where(
        same_term, Document.kind == Kind.SUBSTITUTE, col(Document.state).in_(domain.OUT), Document.id != document.id
    )
    last = (await session.exec(query.order_by(col(Document.issued_at).desc()).limit(1))).first()
    return last.made_on if last else None


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


async def enclosed(session: AsyncSession, document: Document, act_id: UUID) -> str:
    """The digest of what lies in the store for an act on a document. ProposalNotFound where there is nothing."""
    query = select(DocumentAct.enclosed).where(DocumentAct.document_id == document.id, DocumentAct.id == act_id)
    digest = (await session.exec(query)).first()
    if digest is None:
        raise domain.ProposalNotFound
    return digest


async def order_claims(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, OrdersClaim]:
    """Claim ``orders``, by document: every document asked about has an answer, be it an empty one."""
    taken = and_(DocumentAct.phase == Phase.CONFIRMED, col(DocumentAct.act).in_(domain.ADVERSE))
    refused = and_(DocumentAct.phase == Phase.REJECTED, DocumentAct.act == Act.SUBSTITUTE)
    told = (col(DocumentAct.document_id).in_(ids), or_(taken, refused))
    query = select(DocumentAct).where(*told).order_by(col(DocumentAct.place))
    found: dict[UUID, list[Order]] = {each: [] for each in ids}
    for act in (await session.exec(query)).all():
        appeal = act.appeal or {}
        said = act.model_dump(include={"act", "facts", "law", "considerations", "at"})
        found[act.document_id].append(Order(**said, appeal_th=appeal.get("th"), appeal_en=appeal.get("en")))
    return {each: OrdersClaim(document=each, orders=orders) for each, orders in found.items()}


async def proposed(
    session: AsyncSession, agency: str, cursor: str | None, limit: int
) -> tuple[Sequence[tuple[DocumentAct, Document]], str | None]:
    """A page of what waits to be confirmed or rejected in an agency, oldest first, each with its document.

    With the cursor of the next page. CursorUnknown.
    """
    settled, order = aliased(DocumentAct), (col(DocumentAct.at), col(DocumentAct.id))
    query = (
        select(DocumentAct, Document)
        .join(Document, col(Document.id) == DocumentAct.document_id)
        .where(
            DocumentAct.agency == agency, DocumentAct.phase == Phase.PROPOSED, col(Document.state).in_(ENDS),
            ~select(settled.id).where(settled.proposal_id == DocumentAct.id).exists(),
        )
        .order_by(*order)
        .limit(limit + 1)
    )  # fmt: skip
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = (await session.exec(query)).all()
    return found[:limit], cursor_of(found[limit - 1][0].at, found[limit - 1][0].id) if len(found) > limit else None


async def substitutes(session: AsyncSession, journey: UUID) -> Sequence[Substitute]:
    """The wishes for substitutes of a journey's documents, oldest first."""
    query = select(Substitute).where(Substitute.journey_id == journey).limit(MOST_UNFINISHED)
    return (await session.exec(query.order_by(col(Substitute.asked_at), col(Substitute.id)))).all()


async def wishes(
    session: AsyncSession, agency: str, state: str, cursor: str | None, limit: int
) -> tuple[Sequence[Substitute], str | None]:
    """A page of the wishes for substitutes of an agency in one state, oldest first, and the cursor of the next page.

    CursorUnknown.
    """
    order = (col(Substitute.asked_at), col(Substitute.id))
    query = select(Substitute).where(Substitute.agency == agency, Substitute.state == state).order_by(*order)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = (await session.exec(query.limit(limit + 1))).all()
    return found[:limit], cursor_of(found[limit - 1].asked_at, found[limit - 1].id) if len(found) > limit else None


async def refusals(session: AsyncSession, wishes: Sequence[Substitute]) -> Mapping[UUID | None, DocumentAct]:
    """The acts by which wishes for substitutes were refused, by wish."""
    refused = [each.id for each in wishes if each.state == SubstituteState.REFUSED]
    query = select(DocumentAct).where(col(DocumentAct.proposal_id).in_(refused))
    return {act.proposal_id: act for act in await session.exec(query)} if refused else {}


async def substitute(session: AsyncSession, officer: Principal, wish_id: UUID) -> Substitute:
    """A wish for a substitute in the officer's agency. SubstituteNotFound."""
    query = select(Substitute).where(Substitute.id == wish_id, Substitute.agency == officer.agency)
    found = (await session.exec(query)).first()
    if found is None:
        raise domain.SubstituteNotFound
    return found


Claims = Callable[[AsyncSession, Sequence[UUID]], Awaitable[Mapping[UUID, DocumentClaim]]]
