"""Acts of authority on licences, by the officers of the agency: proposed by one, confirmed by another.

The id of a licence is that of its issued document.
"""

import hashlib
import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.definition import IssuanceStep, Section
from kit.database import Reading
from kit.storage import Files
from services.issuance import commands, domain, queries
from services.issuance.commands import Proposal
from services.issuance.domain import Act, Terms
from services.issuance.models import Document
from services.issuance.schemas import (
    ActView,
    Corrections,
    LicenceView,
    ProposalPage,
    ProposalView,
    ProposedAct,
    Reasons,
    Rejection,
)

router = APIRouter(tags=["acts"])

Officer = Annotated[Principal, Depends(allow("officer:reviewer", "officer:approver"))]
Approver = Annotated[Principal, Depends(allow("officer:approver"))]


@router.get("/licence-acts")
async def proposed_acts(
    approver: Approver,
    session: Reading,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ProposalPage:
    """List what waits to be confirmed or rejected in the officer's agency, oldest first."""
    found, following = await queries.proposed(session, str(approver.agency), cursor, limit)
    return ProposalPage(items=[ProposalView.of(*each) for each in found], next=following)


@router.get("/licences/{licence_id}/acts")
async def acts(officer: Officer, session: Reading, licence_id: UUID) -> LicenceView:
    """Show an issued document of the agency: what it is worth today, and every act on its licence."""
    document = await queries.of_agency(session, officer, licence_id)
    return LicenceView.of(document, await queries.acts(session, document))


@router.post("/licences/{licence_id}/acts", status_code=201)
async def propose(request: Request, officer: Officer, licence_id: UUID, body: ProposedAct) -> ActView:
    """Propose to suspend, revoke or amend a document, with facts, law and considerations (APA39 s.37).

    Nothing changes before another officer confirms. The definition may limit suspensions; what takes a right away
    tells how to appeal (s.40). Repeating one's own proposal changes nothing.
    """
    kit: Kit = request.app.state.kit
    document, section, settings = await _asked(kit, officer, licence_id)
    terms = Terms.of(section, settings)
    enclosed: bytes | None = None
    if body.act == Act.AMEND:
        domain.check_corrections(body.corrections, section, settings)
        enclosed = json.dumps(body.corrections, ensure_ascii=False, sort_keys=True).encode()
    told = Proposal(
        Act(body.act), body.said, body.until if body.act == Act.SUSPEND else None,
        hashlib.sha256(enclosed).hexdigest() if enclosed else None,
    )  # fmt: skip
    if enclosed:
        # Stored before it is proposed, and only what can be: no connection is held meanwhile.
        async with kit.database.transaction() as session:
            await commands.judge(session, officer, licence_id, told, terms)
        name = domain.corrections_name(document.agency, document.id, str(told.enclosed))
        await kit.resource(Files).put(name, enclosed)
    async with kit.database.transaction() as session:
        return ActView.model_validate(await commands.propose(session, officer, licence_id, told, terms))


@router.get("/licences/{licence_id}/acts/{act_id}/corrections")
async def corrections(request: Request, officer: Officer, licence_id: UUID, act_id: UUID) -> Corrections:
    """Show which fields of a document an amendment corrects, and their new values: what another officer confirms."""
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        document = await queries.of_agency(session, officer, licence_id)
        enclosed = await queries.enclosed(session, document, act_id)
    body = await kit.resource(Files).get(domain.corrections_name(document.agency, document.id, enclosed))
    found: Corrections = json.loads(body)
    return found


@router.post("/licences/{licence_id}/acts/{act_id}/confirmation")
async def confirm(request: Request, approver: Approver, licence_id: UUID, act_id: UUID) -> ActView:
    """Do what another officer proposed; 403 for the proposer, 409 where the document does not allow it any more."""
    kit: Kit = request.app.state.kit
    _, section, settings = await _asked(kit, approver, licence_id)
    async with kit.database.transaction() as session:
        made = await commands.confirm(session, approver, licence_id, act_id, Terms.of(section, settings))
        return ActView.model_validate(made)


@router.post("/licences/{licence_id}/acts/{act_id}/rejection")
async def reject(request: Request, officer: Officer, licence_id: UUID, act_id: UUID, body: Rejection) -> ActView:
    """Do not do what was proposed; the reason is kept. A reviewer may take back a proposal of one's own."""
    kit: Kit = request.app.state.kit
    _, section, settings = await _asked(kit, officer, licence_id)
    terms = Terms.of(section, settings)
    async with kit.database.transaction() as session:
        made = await commands.reject(session, officer, licence_id, act_id, body.reason, terms)
        return ActView.model_validate(made)


@router.post("/licences/{licence_id}/reinstatement")
async def reinstate(request: Request, approver: Approver, licence_id: UUID, body: Reasons) -> ActView:
    """End a suspension before its last day, with facts and law."""
    kit: Kit = request.app.state.kit
    _, section, settings = await _asked(kit, approver, licence_id)
    async with kit.database.transaction() as session:
        made = await commands.reinstate(session, approver, licence_id, body.said, Terms.of(section, settings))
        return ActView.model_validate(made)


@router.post("/licences/{licence_id}/renewal", status_code=202)
async def renew(request: Request, approver: Approver, licence_id: UUID, body: Reasons) -> ActView:
    """Have a document of a new term made in the place of one that nears its end, with facts and law.

    The definition may say how many days before its end; the new term begins after the old one, and no more than one
    lies ahead.
    """
    kit: Kit = request.app.state.kit
    _, section, settings = await _asked(kit, approver, licence_id)
    async with kit.database.transaction() as session:
        made = await commands.renew(session, approver, licence_id, body.said, Terms.of(section, settings))
        return ActView.model_validate(made)


async def _asked(kit: Kit, officer: Principal, licence_id: UUID) -> tuple[Document, Section, IssuanceStep]:
    """A document of the officer's agency with what its definition says; no connection is held while that is fetched."""
    async with kit.database.reading() as session:
        document = await queries.of_agency(session, officer, licence_id)
    section = await kit.section(document.definition)
    return document, section, document.settings(section)
