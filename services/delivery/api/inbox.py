"""The inbox, the notices of a journey, and public documents."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.definition import DeliveryStep
from kit.database import Reading, Session
from services.delivery import commands, domain, queries
from services.delivery.api.evidence import Rules
from services.delivery.models import Notice
from services.delivery.schemas import Inbox, NoticeView

router = APIRouter(tags=["delivery"])

Citizen = Annotated[Principal, Depends(allow("citizen"))]
Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]


@router.get("/inbox")
async def inbox(
    citizen: Citizen,
    session: Reading,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Inbox:
    """List the notices to the signed-in person, newest first."""
    found = await queries.inbox(session, UUID(citizen.subject), before, limit)
    following = found[-1].id if len(found) == limit else None
    return Inbox(notices=await _views(session, found), next=following)


@router.get("/inbox/{notice_id}")
async def notice(citizen: Citizen, session: Reading, notice_id: UUID) -> NoticeView:
    """Show one notice."""
    found = await queries.notice_of(session, UUID(citizen.subject), notice_id)
    return (await _views(session, [found]))[0]


@router.post("/inbox/{notice_id}/read")
async def read(citizen: Citizen, session: Session, notice_id: UUID, rules: Rules) -> NoticeView:
    """Record that the notice was read."""
    found = await queries.notice_of(session, UUID(citizen.subject), notice_id)
    await commands.mark_read(session, found, rules)
    return (await _views(session, [found]))[0]


@router.get("/journeys/{journey_id}/notices")
async def notices(owner: Owner, session: Reading, journey_id: UUID) -> list[NoticeView]:
    """List the notices of one journey, oldest first."""
    found = await queries.notices_of_journey(session, journey_id, owner)
    return await _views(session, found)


async def _views(session: AsyncSession, found: Sequence[Notice]) -> list[NoticeView]:
    periods = await queries.periods_of(session, found)
    return [NoticeView.of(each, periods.get(each.id)) for each in found]


@router.get("/journeys/{journey_id}/public-document", response_class=Response)
async def public_document(request: Request, owner: Owner, journey_id: UUID) -> Response:
    """Download the public document that the journey asked for."""
    kit: Kit = request.app.state.kit
    # No connection is held while the section is asked for.
    async with kit.database.reading() as session:
        delivery = await queries.delivery_of(session, journey_id, owner)
    if delivery is None:
        raise domain.NoPublicDocument
    section = await kit.section(delivery.definition)
    settings: DeliveryStep = section.settings(delivery.step)
    name = settings.public_document
    if name is None or (kind := domain.content_type(name)) is None:
        raise domain.NoPublicDocument
    headers = {"Content-Disposition": f'attachment; filename="{name.rpartition("/")[2]}"'}
    return Response(section.files[name], media_type=kind, headers=headers)
