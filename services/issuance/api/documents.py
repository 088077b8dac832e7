"""The document of a journey for its holder; what is stuck for an administrator."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.clock import clock, local_date
from kit.database import Reading, Session
from services.issuance import commands, domain, queries
from services.issuance.duework.composing import verify_url
from services.issuance.duework.stored import registered_file
from services.issuance.schemas import DocumentView, UnfinishedDocument

router = APIRouter(tags=["documents"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]
Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]


@router.get("/journeys/{journey_id}/document")
async def document(
    request: Request, response: Response, owner: Owner, session: Reading, journey_id: UUID
) -> DocumentView:
    """Show number, days, live status and hash of the issued document."""
    kit: Kit = request.app.state.kit
    found = await queries.owned(session, owner, journey_id)
    files = await queries.files_of(session, found.id)
    response.headers["Cache-Control"] = "no-store"
    return DocumentView.of(found, files[-1].sha256, verify_url(kit.settings.public_url, str(found.token)))


@router.get(
    "/journeys/{journey_id}/document.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, 304: {"description": "The file you have"}},
)
async def download(
    request: Request,
    owner: Owner,
    journey_id: UUID,
    if_none_match: Annotated[str | None, Header(max_length=500)] = None,
) -> Response:
    """Download the sealed PDF/A-3; its ETag is the SHA-256 of the file, ``Paet-Document-Status`` what it is worth."""
    kit: Kit = request.app.state.kit
    # No connection is held while the file is read.
    async with kit.database.reading() as session:
        found = await queries.owned(session, owner, journey_id)
        file = (await queries.files_of(session, found.id))[-1]
    headers = {
        "ETag": f'"{file.sha256}"',
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{found.file_name}"',
        "X-Content-Type-Options": "nosniff",
        "Paet-Document-Status": domain.status_on(found, local_date(clock.now())),
    }
    if if_none_match is not None and f'"{file.sha256}"' in if_none_match:
        return Response(status_code=304, headers=headers)
    pdf = await registered_file(kit, file.stored_as, file.sha256)
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/documents")
async def unfinished(administrator: Administrator, session: Reading) -> list[UnfinishedDocument]:
    """List the documents of the agency that are not made yet, oldest first; those that failed with their reason."""
    found = await queries.unfinished(session, str(administrator.agency))
    return [UnfinishedDocument.of(each) for each in found]


@router.post("/documents/{document_id}/retry", status_code=202)
async def retry(administrator: Administrator, session: Session, document_id: UUID) -> UnfinishedDocument:
    """Have an unfinished document tried again; after a failure it gets a new number, and the void one stays void."""
    return UnfinishedDocument.of(await commands.retry(session, administrator, document_id))
