"""Invoices with their QR, and what a form would cost."""

import io
from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Request, Response

from kit.auth import Principal, allow
from kit.clock import clock, local_date
from kit.contracts.definition import PaymentStep
from kit.database import Reading
from services.payment import domain, promptpay, providers, queries
from services.payment.schemas import (
    FeeEstimate,
    FeeQuestion,
    InvoiceView,
    bill_of,
)

router = APIRouter(tags=["payment"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]


@router.get("/journeys/{journey_id}/invoices")
async def invoices(request: Request, owner: Owner, session: Reading, journey_id: UUID) -> list[InvoiceView]:
    """List the invoices of a journey, oldest first."""
    offers = providers.offers_cards(request.app.state.kit)
    found = await queries.invoices_of_journey(session, journey_id, owner)
    return [InvoiceView.of(each, offers_cards=offers) for each in found]


@router.get("/invoices/{invoice_id}")
async def invoice(request: Request, owner: Owner, session: Reading, invoice_id: UUID) -> InvoiceView:
    """Show one invoice."""
    offers = providers.offers_cards(request.app.state.kit)
    return InvoiceView.of(await queries.invoice_of(session, invoice_id, owner), offers_cards=offers)


@router.get("/invoices/{invoice_id}/qr.svg", response_class=Response)
async def qr_svg(owner: Owner, session: Reading, invoice_id: UUID) -> Response:
    """The PromptPay QR of an invoice as SVG."""
    return await _qr(session, owner, invoice_id, "svg", "image/svg+xml")


@router.get("/invoices/{invoice_id}/qr.png", response_class=Response)
async def qr_png(owner: Owner, session: Reading, invoice_id: UUID) -> Response:
    """The PromptPay QR of an invoice as PNG."""
    return await _qr(session, owner, invoice_id, "png", "image/png")


async def _qr(session: Reading, owner: Principal, invoice_id: UUID, kind: str, media_type: str) -> Response:
    found = await queries.invoice_of(session, invoice_id, owner)
    picture = io.BytesIO()
    segno.make(promptpay.payload(bill_of(found)), error="m", micro=False).save(picture, kind=kind, scale=8, border=4)
    return Response(picture.getvalue(), media_type=media_type)


@router.post("/fee-estimates", dependencies=[Depends(allow("anyone"))])
async def estimate_fees(request: Request, body: FeeQuestion) -> list[FeeEstimate]:
    """Reckon what a form would cost if it were filed today, line by line; nothing is kept."""
    section = await queries.section(request.app.state.kit, body.definition)
    case = domain.Case(body.form, local_date(clock.now()), section.agency)
    steps = [each for each in section.steps.values() if isinstance(each, PaymentStep)]
    try:
        return [FeeEstimate.of(each.id, domain.fee_lines(each, case)) for each in steps]
    except domain.FeeUndecidable as undecidable:
        raise undecidable.under("/form") from undecidable
