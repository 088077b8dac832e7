"""The cashiers' refunds."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal, allow
from kit.database import Reading, Session
from services.payment import commands, queries
from services.payment.domain import RefundState
from services.payment.schemas import (
    Payout,
    ProposedRefund,
    RefundPage,
    RefundSummary,
    RefundView,
    Rejection,
    WantedRefund,
)

router = APIRouter(tags=["payment"])

Cashier = Annotated[Principal, Depends(allow("officer:cashier"))]


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
    return RefundPage(items=[RefundSummary.of(each) for each in found], next=following)


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
    told = commands.Payout(body.reference, body.paid_on, body.amount_satang, body.account)
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
    """Propose to give back a part of a paid fee by decision; it is owed once another cashier approves.

    Of a fee that is paid in part, all that was paid. It goes back by the payments that it came by: ``others`` are the
    further refunds of a wish that takes more than one.
    """
    told = commands.Proposal(body.amount_satang, body.reason)
    first, *others = await commands.refund_by_decision(session, invoice_id, cashier, told, idempotency_key)
    return await _refund(session, first.id, cashier, [each.id for each in others])


async def _refund(
    session: AsyncSession, refund_id: UUID, cashier: Principal, others: Sequence[UUID] = ()
) -> RefundView:
    return RefundView.told(*await queries.refund_of(session, refund_id, cashier), others)
