"""The ledger as cashiers and auditors read it: the balance of a day, its bookings, and the way of their money."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from kit.auth import Principal, allow
from kit.clock import clock, local_date
from kit.database import Reading
from services.payment import queries
from services.payment.queries.bookings import Wanted
from services.payment.schemas import BookingPage, BookingView, Day, TraceView, TrialBalanceView

router = APIRouter(tags=["ledger"])

Cashier = Annotated[Principal, Depends(allow("officer:cashier"))]


@router.get("/trial-balances/{day}")
async def trial_balance(cashier: Cashier, session: Reading, day: Day) -> TrialBalanceView:
    """Every account of the officer's agency on a day: what stood there, debits, credits, what stands there."""
    agency = cashier.agency or ""
    if close := await queries.days.closed(session, agency, day):
        return TrialBalanceView.of(day, close.balances, is_closed=True)
    return TrialBalanceView.of(day, await queries.days.balances(session, agency, day), is_closed=False)


@router.get("/bookings")
async def bookings(
    cashier: Cashier,
    session: Reading,
    day: Day | None = None,
    invoice: UUID | None = None,
    transaction: Annotated[str | None, Query(pattern=r"^[!-~]{1,64}$")] = None,
    provider: Literal["scb", "card"] = "scb",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> BookingPage:
    """Bookings of an invoice, else of a transaction at a provider, else of a day, which is today unless said."""
    wanted = Wanted(day or local_date(clock.now()), invoice, transaction, provider)
    found, following = await queries.bookings.page(session, cashier.agency or "", wanted, cursor, limit)
    return BookingPage(items=[BookingView.of(each) for each in found], next=following)


@router.get("/bookings/{booking_id}")
async def booking(cashier: Cashier, session: Reading, booking_id: UUID) -> TraceView:
    """Follow the money of a booking: bank's line, payment, invoice, its lines and their heads of revenue."""
    return TraceView.of(await queries.bookings.trace(session, booking_id, cashier.agency or ""))
