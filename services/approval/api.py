"""HTTP in: the approver's queue, one decision, grant and refusal, and the keys to check signatures with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from kit.app import Kit
from kit.auth import Jwks, Principal, allow, load_publics
from kit.claims import APPLICATION, Missing
from kit.contracts.claims import ApplicationClaim
from kit.database import Reading, Session
from kit.errors import Unavailable
from services.approval import commands, queries
from services.approval.domain import Keyring, State
from services.approval.models import Decision
from services.approval.schemas import DecisionPage, DecisionSummary, DecisionView, KeySet, Order, Reasons

router = APIRouter(tags=["approval"])
Approver = Annotated[Principal, Depends(allow("officer:approver"))]


async def keyring_of(request: Request) -> Keyring:
    """The keyring of the process."""
    kit: Kit = request.app.state.kit
    return kit.resource(Keyring)


Keys = Annotated[Keyring, Depends(keyring_of)]


@router.get("/decisions")
async def list_decisions(
    approver: Approver,
    session: Reading,
    state: State = State.WAITING,
    unit: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> DecisionPage:
    """The queue of the officer's agency, the earliest legal deadline first."""
    found, following = await queries.queue(session, approver.agency or "", state, unit, cursor, limit)
    return DecisionPage(items=[DecisionSummary.model_validate(each) for each in found], next=following)


@router.get("/decisions/{decision_id}")
async def read_decision(decision_id: UUID, approver: Approver, request: Request) -> DecisionView:
    """One decision with the form, the reviewer's recommendation and, once made, the signed order."""
    kit: Kit = request.app.state.kit
    # No connection is held while others are asked.
    async with kit.database.reading() as session:
        decision = await queries.find(session, decision_id, approver)
    try:
        application = await APPLICATION.one(kit, decision.journey_id)
    except Missing:
        raise Unavailable() from None
    return _view(decision, application)


@router.post("/decisions/{decision_id}/grant")
async def grant(
    decision_id: UUID, approver: Approver, session: Session, keys: Keys, reasons: Reasons | None = None
) -> DecisionSummary:
    """Grant and sign. 403 for the case's own reviewer, 409 once decided by another or closed."""
    said = (reasons or Reasons()).model_dump()
    return DecisionSummary.model_validate(await commands.grant(session, keys, decision_id, approver, said))


@router.post("/decisions/{decision_id}/refusal")
async def refuse(
    decision_id: UUID, reasons: Reasons, approver: Approver, session: Session, keys: Keys
) -> DecisionSummary:
    """Refuse and sign: an order with facts, law and considerations (APA39 s.37), told with appeal rights."""
    decision = await commands.refuse(session, keys, decision_id, approver, reasons.model_dump())
    return DecisionSummary.model_validate(decision)


@router.get("/decision-keys", dependencies=[Depends(allow("anyone"))])
async def decision_keys(session: Reading) -> KeySet:
    """The public keys that check signatures of decisions (JWKS); it is not told whose they are."""
    pems = await queries.public_keys(session)
    keys = Jwks(key for pem in pems for key in load_publics(pem.encode()))
    return KeySet.model_validate(keys.as_dict())


def _view(decision: Decision, application: ApplicationClaim) -> DecisionView:
    return DecisionView(
        **DecisionSummary.model_validate(decision).model_dump(),
        application_number=application.number,
        form=application.form,
        reviewer=decision.reviewer,
        recommended=decision.recommended,
        appeal=decision.appeal_text,
        order=Order.model_validate(decision) if decision.state in queries.DECIDED else None,
    )
