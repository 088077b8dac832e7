"""To be fetched at a counter: the person's code, and the officer's check of the identity."""

import io
from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.claims import PERSON
from kit.database import Reading, Session
from services.delivery import commands, domain, queries
from services.delivery.api.evidence import Rules
from services.delivery.channels import Channels
from services.delivery.channels.pickup import Pickup, hash_of
from services.delivery.models import Dispatch, Notice
from services.delivery.schemas import Collection, CounterView, PickupCode, PickupView

router = APIRouter(tags=["delivery"])

Citizen = Annotated[Principal, Depends(allow("citizen"))]
Counter = Annotated[Principal, Depends(allow("officer:counter"))]


def _code(request: Request, found: Dispatch) -> str:
    channel = request.app.state.kit.resource(Channels).get("pickup")
    code = channel.code_kept(found.notice_id, found.message_id) if isinstance(channel, Pickup) else None
    if code is None:
        raise domain.NothingToFetch
    return code


@router.get("/inbox/{notice_id}/pickup")
async def pickup(
    request: Request, response: Response, citizen: Citizen, session: Reading, notice_id: UUID
) -> PickupView:  # fmt: skip
    """Show the code with which a notice is fetched at the counter."""
    found = await queries.pickup_of(session, UUID(citizen.subject), notice_id)
    response.headers["Cache-Control"] = "no-store"
    return PickupView(code=_code(request, found), ready_at=found.sent_at, collected_at=found.proved_at)


@router.get("/inbox/{notice_id}/pickup.svg", response_class=Response)
async def pickup_svg(request: Request, citizen: Citizen, session: Reading, notice_id: UUID) -> Response:
    """Draw the same code as a QR code."""
    found = await queries.pickup_of(session, UUID(citizen.subject), notice_id)
    picture = io.BytesIO()
    segno.make(_code(request, found), error="m", micro=False).save(picture, kind="svg", scale=8, border=4)
    return Response(picture.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@router.post("/pickups/lookup")
async def lookup(request: Request, officer: Counter, body: PickupCode) -> CounterView:
    """Find what a shown code is for; nothing of another agency is found."""
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        dispatch, notice = await queries.at_counter(session, officer.agency, hash_of(body.code))
    return await _view(kit, dispatch, notice)


@router.post("/pickups/collection")
async def collect(officer: Counter, session: Session, body: Collection, rules: Rules) -> CounterView:
    """Record that the identity was checked and the notice handed out; saying so again changes nothing."""
    dispatch, notice = await queries.at_counter(session, officer.agency, hash_of(body.code), lock=True)
    await commands.collect(session, dispatch, notice, body.identity, UUID(officer.subject))
    await commands.reckon(session, [notice.id], rules, "handed-over")
    return _shown(dispatch, notice, None)


async def _view(kit: Kit, dispatch: Dispatch, notice: Notice) -> CounterView:
    person = notice.person_id and (await PERSON.ask(kit, [notice.person_id]))[notice.person_id]
    return _shown(dispatch, notice, person.name_th if person else None)


def _shown(dispatch: Dispatch, notice: Notice, name: str | None) -> CounterView:
    return CounterView(
        notice=notice.id, journey=notice.journey_id, kind=notice.kind, application_number=notice.application_number,
        name=name, ready_at=dispatch.sent_at, collected_at=dispatch.proved_at,
    )  # fmt: skip
