"""Substitutes (ใบแทน) of documents that were lost or damaged: asked for by the holder, decided by an officer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.database import Reading
from services.issuance import commands, queries
from services.issuance.commands import Told
from services.issuance.domain import SubstituteState, Terms
from services.issuance.models import Document
from services.issuance.schemas import Reasons, SubstitutePage, SubstituteView, WantedSubstitute

router = APIRouter(tags=["substitutes"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]
Approver = Annotated[Principal, Depends(allow("officer:approver"))]


@router.post("/journeys/{journey_id}/document/substitutes", status_code=201)
async def ask(request: Request, owner: Owner, journey_id: UUID, body: WantedSubstitute) -> SubstituteView:
    """Ask for a substitute of one's document: what happened to it, and since when one knows.

    It holds for the rest of the term. While it is not decided, asking again changes nothing.
    """
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        document = await queries.owned(session, owner, journey_id)
    terms, told = await _terms(kit, document), Told(body.reason, body.known_on)
    async with kit.database.transaction() as session:
        wish = await commands.ask_substitute(session, owner, journey_id, told, terms)
        return SubstituteView.of(wish)


@router.get("/journeys/{journey_id}/document/substitutes")
async def asked(response: Response, owner: Owner, session: Reading, journey_id: UUID) -> list[SubstituteView]:
    """List what was asked for and what became of it, oldest first; a refusal with its reasons and how to appeal."""
    response.headers["Cache-Control"] = "no-store"
    await queries.owned(session, owner, journey_id)
    found = await queries.substitutes(session, journey_id)
    refused = await queries.refusals(session, found)
    return [SubstituteView.of(each, refused.get(each.id)) for each in found]


@router.get("/substitutes")
async def substitutes(
    approver: Approver,
    session: Reading,
    state: SubstituteState = SubstituteState.ASKED,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> SubstitutePage:
    """List the wishes for substitutes of documents of the officer's agency in one state, oldest first."""
    found, following = await queries.wishes(session, str(approver.agency), state, cursor, limit)
    refused = await queries.refusals(session, found)
    return SubstitutePage(items=[SubstituteView.of(each, refused.get(each.id)) for each in found], next=following)


@router.post("/substitutes/{substitute_id}/grant", status_code=202)
async def grant(request: Request, approver: Approver, substitute_id: UUID) -> SubstituteView:
    """Have the substitute made; the document before is replaced when it is on the register."""
    kit: Kit = request.app.state.kit
    terms = await _asked(kit, approver, substitute_id)
    async with kit.database.transaction() as session:
        wish = await commands.grant_substitute(session, approver, substitute_id, terms)
        return SubstituteView.of(wish)


@router.post("/substitutes/{substitute_id}/refusal")
async def refuse(request: Request, approver: Approver, substitute_id: UUID, body: Reasons) -> SubstituteView:
    """Refuse a substitute with facts, law, considerations (APA39 s.37) and the right to appeal (s.40)."""
    kit: Kit = request.app.state.kit
    terms = await _asked(kit, approver, substitute_id)
    async with kit.database.transaction() as session:
        wish = await commands.refuse_substitute(session, approver, substitute_id, body.said, terms)
        return SubstituteView.of(wish, (await queries.refusals(session, [wish])).get(wish.id))


async def _asked(kit: Kit, officer: Principal, substitute_id: UUID) -> Terms:
    """What the definition says for a wish in the officer's agency; no connection is held while that is fetched."""
    async with kit.database.reading() as session:
        wish = await queries.substitute(session, officer, substitute_id)
        (document,) = await queries.documents(session, [wish.document_id])
    return await _terms(kit, document)


async def _terms(kit: Kit, document: Document) -> Terms:
    section = await kit.section(document.definition)
    return Terms.of(section, document.settings(section))
