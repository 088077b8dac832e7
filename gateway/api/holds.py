"""HTTP of legal holds: what an administrator of the agency keeps from being removed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header

from gateway.commands import holds as commands
from gateway.queries import holds as queries
from gateway.queries import journeys
from gateway.schemas import HoldView, NewHold, Release
from kit.auth import Principal, allow
from kit.database import Reading, Session

router = APIRouter(tags=["holds"])

Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]
Key = Annotated[str | None, Header(description="Required. Repeating it gives the same hold.")]


@router.post("/v1/journeys/{journey_id}/holds", status_code=201)
async def hold_journey(
    administrator: Administrator, session: Session, journey_id: UUID, body: NewHold, idempotency_key: Key = None
) -> HoldView:
    """Hold the records of a journey of one's agency, whatever their class, until this hold is released.

    Nothing of it is told to anybody but the agency's administrators.
    """
    journey = await journeys.visible(session, journey_id, administrator)
    hold = await commands.place(session, journey, administrator, body.reason, body.legal_basis, idempotency_key)
    return HoldView.of(hold)


@router.get("/v1/journeys/{journey_id}/holds")
async def list_holds(administrator: Administrator, session: Reading, journey_id: UUID) -> list[HoldView]:
    """List the holds of a journey, the released ones too, oldest first: who, when, why and by which law."""
    await journeys.visible(session, journey_id, administrator)
    return [HoldView.of(each) for each in await queries.holds_of(session, journey_id)]


@router.post("/v1/journeys/{journey_id}/holds/{hold_id}/release")
async def release_hold(
    administrator: Administrator, session: Session, journey_id: UUID, hold_id: UUID, body: Release
) -> HoldView:
    """Release a hold; releasing it again changes nothing. What is past goes in the night after the last one."""
    journey = await journeys.visible(session, journey_id, administrator)
    return HoldView.of(await commands.lift(session, journey, administrator, hold_id, body.reason))
