"""A day of an agency's ledger is closed: compared, summed up, sealed; nothing is booked on it afterwards."""

from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.events import Reconciled
from kit.rows import fetch
from services.payment import domain, queries
from services.payment.commands import comparing
from services.payment.domain import Kind
from services.payment.models import DayClose
from services.payment.queries.parity import PAIRS

HOLD_BOOKS = "SELECT pg_advisory_xact_lock(45068, hashtext($1))"
"""Waits for all who have booked and not committed; the trigger of the ledger makes the others wait."""
RECONCILE = f"""{PAIRS}
    UPDATE payment SET reconciled_on = $2 FROM pair
    WHERE pair.kind = ANY($4::text[]) AND payment.id = pair.payment_id AND payment.reconciled_on IS NULL
"""  # noqa: S608 - our own text


async def close_day(session: AsyncSession, day: date, officer: Principal) -> DayClose:
    """Close a day that is over, for the officer's agency; a day that is closed stays as it was.

    Every transaction of the day is matched, or a difference that is written down; the statement of every biller is
    there. DayCannotClose.
    """
    agency = officer.agency or ""
    await comparing.hold(session, agency)
    if known := await queries.days.closed(session, agency, day):
        return known
    before = await _check_order(session, agency, day)
    await _compare(session, agency, day)
    await fetch(session, HOLD_BOOKS, agency)
    await _compare(session, agency, day)  # what was booked while we waited
    close = await _sealed(session, agency, day, before, UUID(officer.subject))
    session.add(close)
    await session.flush()
    fact = Reconciled(day=day, differences=close.differences)
    await outbox.add(session, fact, agency=agency, subject=close.id)
    return close


async def _check_order(session: AsyncSession, agency: str, day: date) -> DayClose | None:
    """The day closed before: days are closed one after the other once they are over. DayCannotClose."""
    if day >= local_date(clock.now()):
        raise domain.DayCannotClose(reason="not-over")
    last = await queries.days.last_closed(session, agency)
    if last is None:
        return None
    if day < last.day:
        raise domain.DayCannotClose(reason="later-day-closed", day=last.day)
    if (earlier := await queries.days.first_open(session, agency, last.day, day)) is not None:
        raise domain.DayCannotClose(reason="earlier-day-open", day=earlier)
    return last


async def _compare(session: AsyncSession, agency: str, day: date) -> None:
    await comparing.compare(session, agency, day, day)
    await fetch(session, RECONCILE, agency, day, day, [Kind.MATCHED, Kind.ADJUSTED])


async def _sealed(session: AsyncSession, agency: str, day: date, before: DayClose | None, officer: UUID) -> DayClose:
    parity = await queries.parity.compared(session, agency, day)
    if missing := await queries.parity.uncovered(session, agency, day, parity):
        raise domain.DayCannotClose(reason="statement-missing", billers=missing)
    balances = await queries.days.balances(session, agency, day)
    entries = await queries.days.entries(session, agency, day)
    previous = before.digest if before else None
    return DayClose(
        agency=agency, day=day, closed_at=clock.now(), closed_by=officer, balances=balances, parity=parity,
        entries=len(entries), differences=queries.parity.differences(parity), before=previous,
        digest=queries.days.digest_of(agency, day, entries, balances, parity, previous),
    )  # fmt: skip
