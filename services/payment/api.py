"""HTTP of payment: invoices with their QR, receipts, the bank's callback, and the cashiers' refunds."""

import io
from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal, allow
from kit.clock import clock, local_date
from kit.contracts.definition import PaymentStep
from kit.database import Reading, Session
from kit.errors import NotFound
from services.payment import commands, domain, promptpay, queries
from services.payment.domain import RefundState
from services.payment.providers.scb import Scb
from services.payment.schemas import (
    FeeEstimate,
    FeeQuestion,
    InvoiceView,
    Payout,
    ProposedRefund,
    ReceiptView,
    RefundPage,
    RefundSummary,
    RefundView,
    Rejection,
    WantedRefund,
    bill_of,
)

router = APIRouter(tags=["payment"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]
Cashier = Annotated[Principal, Depends(allow("officer:cashier"))]


@router.get("/journeys/{journey_id}/invoices")
async def invoices(owner: Owner, session: Reading, journey_id: UUID) -> list[InvoiceView]:
    """List the invoices of a journey, oldest first."""
    return [InvoiceView.of(each) for each in await queries.invoices_of_journey(session, journey_id, owner)]


@router.get("/invoices/{invoice_id}")
async def invoice(owner: Owner, session: Reading, invoice_id: UUID) -> InvoiceView:
    """Show one invoice."""
    return InvoiceView.of(await queries.invoice_of(session, invoice_id, owner))


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


@router.get("/journeys/{journey_id}/receipts")
async def receipts(owner: Owner, session: Reading, journey_id: UUID) -> list[ReceiptView]:
    """List the receipts of a journey, oldest first."""
    return [ReceiptView.of(each) for each in await queries.receipts_of_journey(session, journey_id, owner)]


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


@router.post("/payment-callbacks/{provider}", dependencies=[Depends(allow("anyone"))])
async def callback(request: Request, session: Session, provider: str, body: dict[str, Any]) -> dict[str, str]:
    """Take a bank's confirmation down as hearsay: it is unsigned, so the bank's inquiry decides."""
    bank = request.app.state.kit.resource(Scb)
    if provider != bank.name:
        raise NotFound
    told = bank.read_callback(body)
    payment = await commands.hear(session, provider, told)
    return bank.answer(told.transaction_id, payment.hex)


@router.get("/refunds")
async def refunds(
    cashier: Cashier,
    session: Reading,
    state: RefundState = RefundState.DUE,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> RefundPage:
    """The refunds of the officer's agency in one state, the oldest first."""
    found, following = await queries.refunds(session, cashier.agency or "", state, cursor, limit)
    return RefundPage(items=[RefundSummary.of(*each) for each in found], next=following)


@router.get("/refunds/{refund_id}")
async def refund(cashier: Cashier, session: Reading, refund_id: UUID) -> RefundView:
    """One refund with every act on it."""
    return await _refund(session, refund_id, cashier)


@router.post("/refunds/{refund_id}/proposal")
async def propose_refund(cashier: Cashier, session: Session, refund_id: UUID, body: ProposedRefund) -> RefundView:
    """Propose to pay back what is due, or a part of it; another cashier approves."""
    told = commands.Proposal(body.amount_satang, body.reason, body.instruction)
    await commands.propose_refund(session, refund_id, cashier, told)
    return await _refund(session, refund_id, cashier)


@router.post("/refunds/{refund_id}/approval")
async def approve_refund(cashier: Cashier, session: Session, refund_id: UUID) -> RefundView:
    """Approve what another cashier proposed; 403 for the proposer."""
    await commands.approve_refund(session, refund_id, cashier)
    return await _refund(session, refund_id, cashier)


@router.post("/refunds/{refund_id}/rejection")
async def reject_refund(cashier: Cashier, session: Session, refund_id: UUID, body: Rejection) -> RefundView:
    """Do not pay as proposed or approved; what is owed is due again."""
    await commands.reject_refund(session, refund_id, cashier, body.reason)
    return await _refund(session, refund_id, cashier)


@router.post("/refunds/{refund_id}/payout")
async def pay_refund(cashier: Cashier, session: Session, refund_id: UUID, body: Payout) -> RefundView:
    """Record what the bank has paid, once for its reference; a rest is due again."""
    told = commands.Payout(body.reference, body.paid_on, body.amount_satang)
    await commands.pay_refund(session, refund_id, cashier, told)
    return await _refund(session, refund_id, cashier)


@router.post("/invoices/{invoice_id}/refunds", status_code=201)
async def want_refund(
    cashier: Cashier,
    session: Session,
    invoice_id: UUID,
    body: WantedRefund,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> RefundView:
    """Propose to give back a part of a paid fee by decision; it is owed once another cashier approves."""
    told = commands.Proposal(body.amount_satang, body.reason)
    made = await commands.refund_by_decision(session, invoice_id, cashier, told, idempotency_key)
    return await _refund(session, made.id, cashier)


async def _refund(session: AsyncSession, refund_id: UUID, cashier: Principal) -> RefundView:
    return RefundView.told(*await queries.refund_of(session, refund_id, cashier))
