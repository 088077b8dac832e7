"""The file of a document, for a service that sends it on officially."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.documents.attachments import attachment_of_async
from services.issuance import domain, queries
from services.issuance.duework.stored import registered_file

router = APIRouter(prefix="/internal/documents", tags=["internal"])

Delivery = Annotated[Principal, Depends(allow("service:delivery"))]


@router.get("/{document_id}/pdf", response_class=Response)
async def pdf(request: Request, _caller: Delivery, document_id: UUID) -> Response:
    """The sealed PDF/A-3 of an issued document, as it is stored."""
    return Response(await _file(request.app.state.kit, document_id), media_type="application/pdf")


@router.get("/{document_id}/xml", response_class=Response)
async def xml(request: Request, _caller: Delivery, document_id: UUID) -> Response:
    """The data of the document: the XML that lies inside its PDF."""
    found = await attachment_of_async(await _file(request.app.state.kit, document_id), domain.XML_FILE_NAME)
    if found is None:
        raise domain.DocumentNotFound
    return Response(found, media_type="application/xml")


async def _file(kit: Kit, document_id: UUID) -> bytes:
    # No connection is held while the file is read.
    async with kit.database.reading() as session:
        found = await queries.documents(session, [document_id])
    if not found or found[0].stored_as is None or found[0].state not in domain.OUT:
        raise domain.DocumentNotFound
    return await registered_file(kit, found[0].stored_as, str(found[0].sha256))
