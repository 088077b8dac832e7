"""HTTP of request: the applicant's draft and submission, the gateway's new journeys, issuance's seal."""

from typing import Annotated, NamedTuple, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel

from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.definition import Section
from kit.contracts.text import Text
from kit.database import Session
from kit.errors import PreconditionRequired
from kit.internal import Ids
from services.request import commands, queries
from services.request.domain import NoDefects, etag, require_reached
from services.request.models import Application, Correction
from services.request.schemas import (
    Acknowledgement,
    ApplicationView,
    CorrectedForm,
    CorrectionView,
    Draft,
    NewJourney,
    RecordSigned,
    Seals,
)
from services.request.settings import Settings

router = APIRouter(tags=["applications"])
Applicant = Annotated[Principal, Depends(allow("citizen", "holder"))]


class Wanted(NamedTuple):
    """A journey to be opened, and the section of its definition."""

    journey: NewJourney
    section: Section


class Known(NamedTuple):
    """What is known before a change: the application as it stands, and its section."""

    application: Application
    section: Section


async def kit_of(request: Request) -> Kit:
    """What this process has in hand."""
    kit: Kit = request.app.state.kit
    return kit


KitOf = Annotated[Kit, Depends(kit_of)]


async def wanted_journey(
    new: NewJourney, _caller: Annotated[Principal, Depends(allow("service:gateway"))], kit: KitOf
) -> Wanted:
    """What the gateway asks for, with the section that it needs: no connection is held while that is asked for."""
    return Wanted(new, await kit.section(new.definition))


async def own_application(journey_id: UUID, principal: Applicant, kit: KitOf) -> Known:
    """Read the caller's application as it is committed, and its section.

    No connection is held while the section is asked for: where the process meets it for the first time.
    """
    async with kit.database.reading() as session:
        application = await queries.owned(session, principal, journey_id)
    return Known(application, await kit.section(application.definition))


Own = Annotated[Known, Depends(own_application)]


class Heard(NamedTuple):
    """An application with the last record of its defects; None where there is none."""

    application: Application
    correction: Correction | None


async def own_corrections(journey_id: UUID, principal: Applicant, kit: KitOf) -> Heard:
    """The caller's application once the last record of its defects is here: where none waits, review is asked for one.

    The applicant is told to correct as soon as review has recorded, which may be before the bus has brought it here.
    """
    async with kit.database.reading() as session:
        heard = Heard(
            await queries.owned(session, principal, journey_id), await queries.last_if_any(session, journey_id)
        )
    if (record := await queries.newer_record(kit, *heard)) is None:
        return heard
    async with kit.database.transaction() as session:
        await commands.keep_record(session, record)
        return Heard(heard.application, await queries.last_if_any(session, journey_id))


OwnCorrections = Annotated[Heard, Depends(own_corrections)]


async def own_to_correct(heard: OwnCorrections, kit: KitOf) -> Section:
    """The section of the same: no connection is held while it is asked for."""
    return await kit.section(heard.application.definition)


async def own_application_to_file(known: Own, kit: KitOf) -> Known:
    """The same where its version may be filed: the gateway is asked before the transaction opens."""
    if known.application.number is None:
        await queries.require_current(kit, known.application.definition)
    return known


OwnToFile = Annotated[Known, Depends(own_application_to_file)]


async def required_match(if_match: Annotated[str | None, Header(max_length=500)] = None) -> str:
    """The If-Match header; 428 without."""
    if if_match is None:
        raise PreconditionRequired(
            Text(th="โปรดส่ง If-Match เป็นรุ่นที่ท่านแก้ไข", en="Send If-Match with the version you have edited")
        )
    return if_match


def _answer(body: BaseModel, status: int = 200, revision: int | None = None) -> Response:
    """The body as its own model writes it: FastAPI would check it and write it by way of a dictionary."""
    headers = None if revision is None else {"ETag": etag(revision)}
    return Response(body.model_dump_json(), status, headers, media_type="application/json")


@router.post("/internal/journeys", status_code=201, tags=["internal"], response_class=Response, responses={200: {}})
async def open_journey(wanted: Annotated[Wanted, Depends(wanted_journey)], session: Session) -> Response:
    """Open the draft application of a new journey; 200 when it is open already. No body: it says nothing new."""
    _, is_new = await commands.open_draft(session, *wanted)
    return Response(status_code=201 if is_new else 200)


@router.get("/journeys/{journey_id}/application", response_model=ApplicationView)
async def read_application(known: Own) -> Response:
    """The application as it stands, with its ETag; a draft with what submission would refuse as warnings."""
    return _answer(queries.view(*known), revision=known.application.revision)


@router.put("/journeys/{journey_id}/application", response_model=ApplicationView)
async def save_application(
    journey_id: UUID,
    draft: Draft,
    principal: Applicant,
    if_match: Annotated[str, Depends(required_match)],
    known: Own,
    kit: KitOf,
    session: Session,
) -> Response:
    """Save the draft as far as it has come; needs If-Match: 428 without, 412 when another device was faster."""
    require_reached(draft.phone, cast(Settings, kit.settings).phone_countries)
    application = await commands.save_draft(session, principal, journey_id, draft, if_match)
    return _answer(queries.view(application, known.section), revision=application.revision)


@router.post(
    "/journeys/{journey_id}/submission",
    status_code=201,
    response_model=Acknowledgement,
    responses={200: {"model": Acknowledgement}},
)
async def submit(
    journey_id: UUID,
    known: OwnToFile,
    principal: Applicant,
    kit: KitOf,
    session: Session,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
    if_match: Annotated[str | None, Header(max_length=500)] = None,
) -> Response:
    """File the draft and give its acknowledgement; a repeat answers the same with 200.

    422 with a fault per field; 409 ``definition-superseded`` with the differences when a newer version of the
    service is in force; 412 when If-Match is given and the draft was changed since.
    """
    application, is_new = await commands.submit(
        session, principal, journey_id, known.section, key=idempotency_key, if_match=if_match
    )
    said = queries.acknowledgement(application, known.section, kit.settings.public_url)
    return _answer(said, 201 if is_new else 200, application.revision)


@router.get("/journeys/{journey_id}/acknowledgement")
async def read_acknowledgement(known: Own, kit: KitOf) -> Acknowledgement:
    """The acknowledgement of what was filed; 409 before submission."""
    return queries.acknowledgement(*known, kit.settings.public_url)


@router.get(
    "/journeys/{journey_id}/acknowledgement.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
async def download_acknowledgement(known: Own, kit: KitOf) -> Response:
    """The sealed acknowledgement (PDF/A-3 with the same data as XML), made once: every download is the same file."""
    said = queries.acknowledgement(*known, kit.settings.public_url)
    pdf = await queries.sealed_acknowledgement(kit, said)
    headers = {"Content-Disposition": f'attachment; filename="acknowledgement-{said.number}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/journeys/{journey_id}/withdrawal")
async def withdraw(journey_id: UUID, principal: Applicant, known: Own, session: Session) -> ApplicationView:
    """Take the application back; 409 ``application-sealed`` once the document is being issued."""
    application = await commands.withdraw(session, principal, journey_id)
    return queries.view(application, known.section)


@router.get("/journeys/{journey_id}/correction")
async def read_correction(heard: OwnCorrections) -> CorrectionView:
    """The record of the defects of the application, whole, and what became of it; 404 while there is none."""
    if heard.correction is None:
        raise NoDefects()
    return queries.correction_view(heard.application, heard.correction)


@router.post("/journeys/{journey_id}/correction/acknowledgement")
async def acknowledge_defects(
    journey_id: UUID, signed: RecordSigned, principal: Applicant, _heard: OwnCorrections, session: Session
) -> CorrectionView:
    """Sign the record of the defects; 409 ``defect-record-differs`` unless the digest is its."""
    return queries.correction_view(*await commands.acknowledge_defects(session, principal, journey_id, signed.digest))


@router.post("/journeys/{journey_id}/correction")
async def correct(
    journey_id: UUID,
    said: CorrectedForm,
    principal: Applicant,
    section: Annotated[Section, Depends(own_to_correct)],
    session: Session,
) -> CorrectionView:
    """Correct the recorded defects, which signs their record too (its ``digest``); a repeat answers the same.

    422 ``correction-invalid`` with each other field that differs from what was filed, ``form-invalid`` with a fault
    per field; 409 ``correction-too-late`` after the deadline, ``defect-record-differs`` for the digest of another.
    """
    return queries.correction_view(*await commands.correct(session, principal, journey_id, section, said))


@router.post("/internal/seals", tags=["internal"])
async def seal(
    asked: Ids, _caller: Annotated[Principal, Depends(allow("service:issuance"))], session: Session
) -> Seals:
    """The point of no return of journeys, asked before their documents get numbers; tells which were withdrawn."""
    return Seals(withdrawn=await commands.seal(session, asked.ids))
