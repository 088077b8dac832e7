"""HTTP of request: the applicant's draft and submission, the gateway's new journeys, issuance's seal."""

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.definition import Section
from kit.contracts.text import Text
from kit.database import Session
from kit.errors import PreconditionRequired
from kit.internal import Ids
from services.request import commands, queries
from services.request.domain import etag
from services.request.models import Application
from services.request.schemas import Acknowledgement, ApplicationView, Draft, NewJourney, Seals

router = APIRouter(tags=["applications"])
Applicant = Annotated[Principal, Depends(allow("citizen", "holder"))]


class Known(NamedTuple):
    """What is known before a change: the application as it stands, and its section."""

    application: Application
    section: Section


async def kit_of(request: Request) -> Kit:
    """What this process has in hand."""
    kit: Kit = request.app.state.kit
    return kit


KitOf = Annotated[Kit, Depends(kit_of)]


async def own_application(journey_id: UUID, principal: Applicant, kit: KitOf, session: Session) -> Known:
    """Read the caller's application in the request's transaction, and its section.

    The section is in memory, save where the process meets it for the first time.
    """
    application = await queries.owned(session, principal, journey_id)
    return Known(application, await kit.section(application.definition))


async def own_application_for_a_while(journey_id: UUID, principal: Applicant, kit: KitOf) -> Known:
    """The same in a short transaction of its own: for what asks another service before it changes anything."""
    async with kit.database.transaction() as session:
        return await own_application(journey_id, principal, kit, session)


Own = Annotated[Known, Depends(own_application)]
OwnForAWhile = Annotated[Known, Depends(own_application_for_a_while)]


async def required_match(if_match: Annotated[str | None, Header(max_length=500)] = None) -> str:
    """The If-Match header; 428 without."""
    if if_match is None:
        raise PreconditionRequired(
            Text(th="โปรดส่ง If-Match เป็นรุ่นที่ท่านแก้ไข", en="Send If-Match with the version you have edited")
        )
    return if_match


@router.post("/internal/journeys", status_code=201, tags=["internal"], responses={200: {"model": ApplicationView}})
async def open_journey(
    new: NewJourney,
    response: Response,
    session: Session,
    kit: KitOf,
    _caller: Annotated[Principal, Depends(allow("service:gateway"))],
) -> ApplicationView:
    """Open the draft application of a new journey; 200 with the same one when it is open already."""
    section = await kit.section(new.definition)
    application, is_new = await commands.open_draft(session, new, section)
    response.status_code = 201 if is_new else 200
    return queries.view(application, section)


@router.get("/journeys/{journey_id}/application")
async def read_application(known: Own, response: Response) -> ApplicationView:
    """The application as it stands, with its ETag; a draft with what submission would refuse as warnings."""
    response.headers["ETag"] = etag(known.application.revision)
    return queries.view(*known)


@router.put("/journeys/{journey_id}/application")
async def save_application(
    journey_id: UUID,
    draft: Draft,
    known: Own,
    principal: Applicant,
    if_match: Annotated[str, Depends(required_match)],
    session: Session,
    response: Response,
) -> ApplicationView:
    """Save the draft as far as it has come; needs If-Match: 428 without, 412 when another device was faster."""
    application = await commands.save_draft(session, principal, journey_id, draft, if_match)
    response.headers["ETag"] = etag(application.revision)
    return queries.view(application, known.section)


@router.post("/journeys/{journey_id}/submission", status_code=201, responses={200: {"model": Acknowledgement}})
async def submit(
    journey_id: UUID,
    known: OwnForAWhile,
    principal: Applicant,
    kit: KitOf,
    session: Session,
    response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
    if_match: Annotated[str | None, Header(max_length=500)] = None,
) -> Acknowledgement:
    """File the draft and give its acknowledgement; a repeat answers the same with 200.

    422 with a fault per field; 409 ``definition-superseded`` with the differences when a newer version of the
    service is in force; 412 when If-Match is given and the draft was changed since.
    """
    if known.application.number is None:
        await queries.require_current(kit, known.application.definition)
    application, is_new = await commands.submit(
        session, principal, journey_id, known.section, key=idempotency_key, if_match=if_match
    )
    response.status_code = 201 if is_new else 200
    response.headers["ETag"] = etag(application.revision)
    return queries.acknowledgement(application, known.section, kit.settings.public_url)


@router.get("/journeys/{journey_id}/acknowledgement")
async def read_acknowledgement(known: Own, kit: KitOf) -> Acknowledgement:
    """The acknowledgement of what was filed; 409 before submission."""
    return queries.acknowledgement(*known, kit.settings.public_url)


@router.get(
    "/journeys/{journey_id}/acknowledgement.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
async def download_acknowledgement(known: OwnForAWhile, kit: KitOf) -> Response:
    """The sealed acknowledgement (PDF/A-3 with the same data as XML), made once: every download is the same file."""
    said = queries.acknowledgement(*known, kit.settings.public_url)
    pdf = await queries.sealed_acknowledgement(kit, said)
    headers = {"Content-Disposition": f'attachment; filename="acknowledgement-{said.number}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/journeys/{journey_id}/withdrawal")
async def withdraw(journey_id: UUID, known: Own, principal: Applicant, session: Session) -> ApplicationView:
    """Take the application back; 409 ``application-sealed`` once the document is being issued."""
    application = await commands.withdraw(session, principal, journey_id)
    return queries.view(application, known.section)


@router.post("/internal/seals", tags=["internal"])
async def seal(
    asked: Ids, session: Session, _caller: Annotated[Principal, Depends(allow("service:issuance"))]
) -> Seals:
    """The point of no return of journeys, asked before their documents get numbers; tells which were withdrawn."""
    return Seals(withdrawn=await commands.seal(session, asked.ids))
