"""HTTP of journeys: start, list, view, and the live stream."""

import hashlib
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from gateway.commands import journeys as commands
from gateway.live import Stream
from gateway.queries import journeys as queries
from gateway.queries.definitions import Versions
from gateway.schemas import JourneyPage, JourneyStart, JourneyView, StartedJourney
from gateway.settings import Settings
from kit import duework, telemetry
from kit.app import Kit
from kit.auth import Principal, allow
from kit.database import Reading

router = APIRouter(tags=["journeys"])

Applicant = Annotated[Principal | None, Depends(allow("anyone", "citizen"))]
Citizen = Annotated[Principal, Depends(allow("citizen"))]
Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]
Reader = Annotated[Principal, Depends(allow("citizen", "holder", "officer"))]

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-Sent Events: `event: timeline`, its `seq` as `id`, an entry of the timeline as `data`",
        "content": {"text/event-stream": {}},
    },
    204: {"description": "The journey has ended, and nothing comes after that event"},
}


@router.post("/v1/journeys", status_code=201, response_model=StartedJourney)
async def start(
    request: Request,
    applicant: Applicant,
    body: JourneyStart,
    idempotency_key: Annotated[str | None, Header(description="Required. Repeating it gives the same journey.")] = None,
) -> Response:
    """Begin a journey: the gates are passed and the application form is opened.

    Where the plan has an identity step a sign-in at its level is demanded; elsewhere one may come without,
    and gets a tracking number and a secret instead.
    """
    kit: Kit = request.app.state.kit
    settings: Settings = kit.settings  # type: ignore[assignment]
    versions = kit.resource(Versions)
    wish = commands.Wish(body.definition, body.language, idempotency_key)
    async with kit.database.transaction() as session:
        resume_after = timedelta(seconds=settings.resume_seconds)
        started = await commands.start(session, versions, wish, applicant, resume_after)
    journey = started.journey
    if journey.opened_at is None:
        with telemetry.journey_span("start journey", journey.journey_id):
            await commands.ask_request(kit.peers, journey)
        async with kit.database.transaction() as session:
            journey = await commands.record_opened(session, journey)
            await duework.cancel(session, commands.OPEN_APPLICATION, journey.journey_id)
            view = await queries.started(session, versions, journey, started.secret)
    else:
        async with kit.database.reading() as session:
            view = await queries.started(session, versions, journey, started.secret)
    headers = {"Location": f"/v1/journeys/{journey.journey_id}", "Cache-Control": "no-store"}
    return Response(view.model_dump_json(), 201, headers, "application/json")


@router.get("/v1/journeys")
async def list_mine(
    request: Request,
    citizen: Citizen,
    session: Reading,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> JourneyPage:
    """List one's own journeys, newest first."""
    rows = await queries.mine(session, UUID(citizen.subject), before, limit)
    items = await queries.summaries(session, request.app.state.kit.resource(Versions), rows)
    return JourneyPage(items=items, next=rows[-1].journey_id if len(rows) == limit else None)


@router.get("/v1/journeys/{journey_id}", response_model=JourneyView, responses={304: {"description": "Unchanged"}})
async def show(
    request: Request,
    reader: Reader,
    session: Reading,
    journey_id: UUID,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Show a journey: its plan, what has happened, what is promised and what to do next."""
    row, entries = await queries.visible_with_timeline(session, journey_id, reader)
    view = await queries.view(session, request.app.state.kit.resource(Versions), row, entries)
    body = view.model_dump_json().encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and etag in (each.strip().removeprefix("W/") for each in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/v1/journeys/{journey_id}/events", response_class=StreamingResponse, responses=STREAM)
async def stream(
    request: Request,
    owner: Owner,
    session: Reading,
    journey_id: UUID,
    last_event_id: Annotated[int | None, Header(ge=0, le=1_000_000)] = None,
    after: Annotated[int, Query(ge=0, le=1_000_000, alias="last-event-id")] = 0,
) -> Response:
    """Follow a journey live; ``Last-Event-ID`` (header, or query ``last-event-id``) resumes after that event."""
    await queries.visible(session, journey_id, owner)
    seen = last_event_id if last_event_id is not None else after
    is_more = await queries.timeline(session, journey_id, seen, limit=1)
    if not is_more and await queries.is_completed(session, journey_id):
        return Response(status_code=204)  # tells an EventSource that there is nothing to come back for
    frames = Stream(request.app.state.kit, journey_id, seen)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, media_type="text/event-stream", headers=headers)
