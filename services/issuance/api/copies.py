"""Certified copies of an issued document, for its holder and for the agency's approvers; free of charge."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.database import Reading, Session
from services.issuance import commands, queries
from services.issuance.duework.stored import registered_file
from services.issuance.models import CertifiedCopy
from services.issuance.schemas import CopyView

router = APIRouter(tags=["documents"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]
Approver = Annotated[Principal, Depends(allow("officer:approver"))]
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


@router.post("/journeys/{journey_id}/document/copies", status_code=202)
async def ask_for_copy(owner: Owner, session: Session, journey_id: UUID) -> CopyView:
    """Ask for a certified copy; of one file and status there is one a day, and asking again shows it."""
    document = await queries.owned(session, owner, journey_id)
    return CopyView.of(await commands.request_copy(session, document))


@router.get("/journeys/{journey_id}/document/copies")
async def copies(owner: Owner, session: Reading, journey_id: UUID) -> list[CopyView]:
    """List the certified copies of a document and of those that it took the place of, oldest first."""
    document = await queries.owned(session, owner, journey_id)
    return [CopyView.of(each) for each in await queries.copies_of(session, document.journey_id)]


@router.get("/journeys/{journey_id}/document/copies/{copy_id}/document.pdf", response_class=Response, responses=PDF)
async def download_copy(request: Request, owner: Owner, journey_id: UUID, copy_id: UUID) -> Response:
    """Download a certified copy: the original in a frame and attached, under the agency's seal."""
    kit: Kit = request.app.state.kit
    # No connection is held while the file is read.
    async with kit.database.reading() as session:
        document = await queries.owned(session, owner, journey_id)
        found = await queries.copy_of(session, copy_id, document)
    return await _file(kit, found)


@router.post("/documents/{document_id}/copies", status_code=202)
async def certify_copy(approver: Approver, session: Session, document_id: UUID) -> CopyView:
    """Have a copy certified at the counter, where the holder has shown the document; the agency makes it, free."""
    document = await queries.of_agency(session, approver, document_id)
    return CopyView.of(await commands.request_copy(session, document, UUID(approver.subject)))


@router.get("/documents/{document_id}/copies/{copy_id}/document.pdf", response_class=Response, responses=PDF)
async def download_copy_for_agency(request: Request, approver: Approver, document_id: UUID, copy_id: UUID) -> Response:
    """Download a certified copy of a document of the agency."""
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        document = await queries.of_agency(session, approver, document_id)
        found = await queries.copy_of(session, copy_id, document)
    return await _file(kit, found)


async def _file(kit: Kit, copy: CertifiedCopy) -> Response:
    headers = {
        "ETag": f'"{copy.sha256}"',
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{copy.file_name}"',
        "X-Content-Type-Options": "nosniff",
    }
    pdf = await registered_file(kit, str(copy.stored_as), str(copy.sha256))
    return Response(pdf, media_type="application/pdf", headers=headers)
