"""Receipts: read, fetched as a document, cancelled and issued anew."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import Principal, allow
from kit.database import Reading, Session
from services.payment import commands, queries
from services.payment.api.documents import check_printable, receipt_document
from services.payment.schemas import ReceiptCancellation, ReceiptName, ReceiptReissue, ReceiptView

router = APIRouter(tags=["payment"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]
Reader = Annotated[Principal, Depends(allow("citizen", "holder", "officer:cashier"))]
Cashier = Annotated[Principal, Depends(allow("officer:cashier"))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


async def printable_reissue(_cashier: Cashier, request: Request, body: ReceiptReissue) -> ReceiptReissue:
    """What the new receipt says, which fonts can show; looked at before the transaction opens."""
    await check_printable(request.app.state.kit, body.reason, body.correction)
    return body


@router.get("/journeys/{journey_id}/receipts")
async def receipts(owner: Owner, session: Reading, journey_id: UUID) -> list[ReceiptView]:
    """List the receipts of a journey, oldest first; those that were cancelled or replaced say so."""
    return [ReceiptView.of(each) for each in await queries.receipts_of_journey(session, journey_id, owner)]


@router.get(
    "/receipts/{receipt_id}.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, 304: {"description": "The file you have"}},
)
async def download(
    request: Request,
    reader: Reader,
    receipt_id: ReceiptName,
    if_none_match: Annotated[str | None, Header(max_length=500)] = None,
) -> Response:
    """Fetch the sealed PDF/A-3 of a receipt, the same for ever, also when the receipt has ended since.

    A lost copy is fetched again. ``GET /receipts/{receipt_id}`` says whether it stands.
    """
    kit: Kit = request.app.state.kit
    # No connection is held while the file is made or read.
    async with kit.database.reading() as session:
        shown = await queries.receipt_of(session, receipt_id, reader)
        facts = await queries.facts_of_receipt(session, shown.row.id)
    document = await receipt_document(kit, facts)
    headers = {
        "ETag": document.etag,
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{document.file_name}"',
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match is not None and document.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(document.pdf, media_type="application/pdf", headers=headers)


@router.get("/receipts/{receipt_id}")
async def receipt(reader: Reader, session: Reading, receipt_id: ReceiptName) -> ReceiptView:
    """Show one receipt by its id or number: whether it stands, and what ended it if it does not."""
    return ReceiptView.of(await queries.receipt_of(session, receipt_id, reader))


@router.post("/receipts/{receipt_id}/cancellation")
async def cancel_receipt(
    cashier: Cashier, session: Session, receipt_id: ReceiptName, body: ReceiptCancellation, key: Key = None
) -> ReceiptView:
    """Cancel a receipt and put none in its place; its number and document stay."""
    told = commands.Ending(body.purpose, body.reason, key)
    return await _receipt(session, await commands.cancel_receipt(session, receipt_id, cashier, told), cashier)


@router.post("/receipts/{receipt_id}/reissue", status_code=201)
async def reissue_receipt(
    cashier: Cashier,
    body: Annotated[ReceiptReissue, Depends(printable_reissue)],
    session: Session,
    receipt_id: ReceiptName,
    key: Key = None,
) -> ReceiptView:
    """Issue a receipt of a new number and date in place of one, which is cancelled by it and stays as it is."""
    told = commands.Ending(body.purpose, body.reason, key, body.correction)
    return await _receipt(session, await commands.reissue_receipt(session, receipt_id, cashier, told), cashier)


async def _receipt(session: AsyncSession, receipt_id: UUID, cashier: Principal) -> ReceiptView:
    return ReceiptView.of(await queries.receipt_of(session, receipt_id, cashier))
