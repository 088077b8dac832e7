"""The cashiers' reconciliation: statements of banks, what differs from the books, and the end of a day."""

import asyncio
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import Principal, allow
from kit.database import Reading, Session
from kit.errors import UnsupportedMediaType
from services.payment import commands, queries
from services.payment.domain import DiscrepancyState
from services.payment.schemas import (
    Day,
    DiscrepancyPage,
    DiscrepancySummary,
    DiscrepancyView,
    ParityView,
    ProposedResolution,
    ReconciliationView,
    Rejection,
    StatementView,
)
from services.payment.statements import READERS, Provider

router = APIRouter(tags=["reconciliation"])

Cashier = Annotated[Principal, Depends(allow("officer:cashier"))]
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {name: {"schema": {"type": "string"}} for name in sorted(READERS)}}
}
KNOWN: dict[int | str, dict[str, Any]] = {200: {"description": "Taken in before", "model": StatementView}}


@router.post("/statements", status_code=201, openapi_extra=BODY, responses=KNOWN)
async def import_statement(
    cashier: Cashier,
    request: Request,
    response: Response,
    provider: Provider = "scb",
    first_day: Day | None = None,
    last_day: Day | None = None,
    biller: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z]{1,20}$")] = None,
) -> StatementView:
    """Take in a bank's statement: CSV or camt.053, all of it or nothing; 200 where the same file is known.

    The days are those of its transactions unless said; a file without any says them, and its biller.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in READERS:
        raise UnsupportedMediaType
    content = await request.body()
    told = await asyncio.to_thread(READERS[media_type], content)
    file = commands.File(provider, content, told, first_day, last_day, biller)
    kit: Kit = request.app.state.kit
    # Whoever sends slowly holds no connection.
    async with kit.database.transaction() as session:
        agency, officer = cashier.agency or "", UUID(cashier.subject)
        statement, is_new = await commands.import_statement(session, agency, file, officer)
    response.status_code = 201 if is_new else 200
    return StatementView.of(statement)


@router.get("/reconciliations/{day}")
async def reconciliation(cashier: Cashier, session: Reading, day: Day) -> ReconciliationView:
    """A day of the officer's agency beside the bank's statements: counts and sums of what is alike and what is not."""
    return await _day(session, cashier, day)


@router.post("/reconciliations/{day}/closing")
async def close_day(cashier: Cashier, session: Session, day: Day) -> ReconciliationView:
    """Close a day that is over: nothing is booked on it afterwards. Every biller's statement must be there."""
    await commands.close_day(session, day, cashier)
    return await _day(session, cashier, day)


async def _day(session: AsyncSession, cashier: Principal, day: date) -> ReconciliationView:
    agency = cashier.agency or ""
    if close := await queries.days.closed(session, agency, day):
        return ReconciliationView.sealed(close, await queries.days.is_intact(session, close))
    parity = await queries.parity.compared(session, agency, day)
    return ReconciliationView(
        day=day, parity=[ParityView.model_validate(each) for each in parity],
        differences=queries.parity.differences(parity),
        missing=await queries.parity.uncovered(session, agency, day, parity), closing=None,
    )  # fmt: skip


@router.get("/discrepancies")
async def discrepancies(
    cashier: Cashier,
    session: Reading,
    state: DiscrepancyState = DiscrepancyState.OPEN,
    day: Day | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> DiscrepancyPage:
    """What bank and books of the officer's agency do not have alike, the oldest first."""
    found, following = await queries.discrepancies.page(session, cashier.agency or "", state, day, cursor, limit)
    return DiscrepancyPage(items=[DiscrepancySummary.of(*each) for each in found], next=following)


@router.get("/discrepancies/{discrepancy_id}")
async def discrepancy(cashier: Cashier, session: Reading, discrepancy_id: UUID) -> DiscrepancyView:
    """One discrepancy with every act on it."""
    return await _discrepancy(session, discrepancy_id, cashier)


@router.post("/discrepancies/{discrepancy_id}/proposal")
async def propose_resolution(
    cashier: Cashier, session: Session, discrepancy_id: UUID, body: ProposedResolution
) -> DiscrepancyView:
    """Say how a difference ends; another cashier approves, unless the books stay as they are."""
    told = commands.Proposed(body.resolution, body.reason, body.invoice, body.reference, body.paid_on)
    await commands.propose_resolution(session, discrepancy_id, cashier, told)
    return await _discrepancy(session, discrepancy_id, cashier)


@router.post("/discrepancies/{discrepancy_id}/approval")
async def approve_resolution(cashier: Cashier, session: Session, discrepancy_id: UUID) -> DiscrepancyView:
    """Approve what another cashier proposed: the money is booked; 403 for the proposer."""
    await commands.approve_resolution(session, discrepancy_id, cashier)
    return await _discrepancy(session, discrepancy_id, cashier)


@router.post("/discrepancies/{discrepancy_id}/rejection")
async def reject_resolution(
    cashier: Cashier, session: Session, discrepancy_id: UUID, body: Rejection
) -> DiscrepancyView:
    """Do not end it as proposed; it is open again."""
    await commands.reject_resolution(session, discrepancy_id, cashier, body.reason)
    return await _discrepancy(session, discrepancy_id, cashier)


async def _discrepancy(session: AsyncSession, discrepancy_id: UUID, cashier: Principal) -> DiscrepancyView:
    return DiscrepancyView.told(*await queries.discrepancies.one(session, discrepancy_id, cashier.agency or ""))
