"""Cashiers resolve differences: what moves money is proposed by one and approved by another, and every act is kept."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock, local_date
from services.payment import domain, queries
from services.payment.commands import books, comparing
from services.payment.commands.settling import settle
from services.payment.domain import BankTransaction, Booking, DiscrepancyAct, DiscrepancyState, Resolution
from services.payment.models import Discrepancy, Invoice, StatementLine
from services.payment.models import DiscrepancyAct as ActRow


@dataclass(frozen=True)
class Proposed:
    """How a difference is to end, and why; with the invoice that is paid, or the bank's word on what went back."""

    resolution: Resolution
    reason: str
    invoice: UUID | None = None
    reference: str | None = None
    paid_on: date | None = None


async def propose_resolution(
    session: AsyncSession, discrepancy_id: UUID, officer: Principal, told: Proposed
) -> Discrepancy:
    """Propose how a difference ends; what moves no money is resolved by it. One's own repetition changes nothing.

    DiscrepancyNotFound, DiscrepancyStateForbids, ResolutionForbidden, InvoiceNotFound, PaidOnImpossible,
    PayoutReferenceUsed.
    """
    row, me = await _held(session, discrepancy_id, officer), UUID(officer.subject)
    wish = (told.resolution, told.invoice, told.reference, told.paid_on)
    who = row.resolved_by if told.resolution == Resolution.EXPLAIN else row.proposed_by
    if (row.resolution, row.invoice_id, row.reference, row.paid_on) == wish and who == me:
        return row
    domain.check_proposal(queries.discrepancies.difference(row), told.resolution)
    await _check_wish(session, row, told)
    row.resolution, row.invoice_id, row.reference, row.paid_on = wish
    if told.resolution == Resolution.EXPLAIN:
        _resolve(row, me)
        await _note(session, row, me, DiscrepancyAct.RESOLVED, reason=told.reason)
        return row
    row.state, row.proposed_by = DiscrepancyState.PROPOSED, me
    await _note(session, row, me, DiscrepancyAct.PROPOSED, reason=told.reason)
    return row


async def approve_resolution(session: AsyncSession, discrepancy_id: UUID, officer: Principal) -> Discrepancy:
    """Agree to what another proposed: the money is booked. What a payment has settled meanwhile is resolved by that.

    DiscrepancyNotFound, DiscrepancyStateForbids, ResolverIsProposer, InvoiceNotFound, PayoutReferenceUsed.
    """
    row, me = await _held(session, discrepancy_id, officer), UUID(officer.subject)
    if row.state == DiscrepancyState.RESOLVED and (row.resolved_by == me or row.resolution == Resolution.MATCHED):
        return row
    domain.check_approval(queries.discrepancies.difference(row), me)
    moved = await _carry_out(session, row)
    _resolve(row, me)
    await _note(session, row, me, DiscrepancyAct.APPROVED, amount=moved)
    return row


async def reject_resolution(
    session: AsyncSession, discrepancy_id: UUID, officer: Principal, reason: str
) -> Discrepancy:
    """Do not end it as proposed: it is open again. DiscrepancyNotFound, DiscrepancyStateForbids."""
    row, me = await _held(session, discrepancy_id, officer), UUID(officer.subject)
    domain.check_rejection(queries.discrepancies.difference(row))
    await _note(session, row, me, DiscrepancyAct.REJECTED, reason=reason)
    row.state, row.resolution, row.proposed_by = DiscrepancyState.OPEN, None, None
    row.invoice_id, row.reference, row.paid_on = None, None, None
    return row


async def _held(session: AsyncSession, discrepancy_id: UUID, officer: Principal) -> Discrepancy:
    """A discrepancy of the officer's agency as it stands now, which a payment may have changed since it was found."""
    agency = officer.agency or ""
    await comparing.hold(session, agency)
    row = await queries.discrepancies.held(session, discrepancy_id, agency)
    await comparing.compare(session, agency, row.day, row.day)
    return await queries.discrepancies.held(session, discrepancy_id, agency)


async def _check_wish(session: AsyncSession, row: Discrepancy, told: Proposed) -> None:
    """Whether what is proposed says all that it must, and nothing that it cannot."""
    is_return = told.resolution == Resolution.RETURN
    if (told.invoice is not None) != (told.resolution == Resolution.ASSIGN):
        raise domain.InvoiceNotFound
    if is_return != (told.paid_on is not None) or is_return != (told.reference is not None):
        raise domain.PaidOnImpossible
    if told.invoice is not None:
        await _assignable(session, row, told.invoice)
    if told.paid_on is not None and told.reference is not None:
        line = await _line(session, row)
        domain.check_day(told.paid_on, local_date(line.value_at), local_date(clock.now()))
        await _check_reference(session, row, told.reference)


async def _assignable(session: AsyncSession, row: Discrepancy, invoice_id: UUID) -> Invoice:
    """An invoice of the agency and of the account into which the money came; InvoiceNotFound."""
    invoice = await queries.invoice(session, invoice_id)
    if (invoice.agency, invoice.biller_id) != (row.agency, row.biller_id) or invoice.removed_on is not None:
        raise domain.InvoiceNotFound
    return invoice


async def _check_reference(session: AsyncSession, row: Discrepancy, reference: str) -> None:
    if await queries.discrepancies.is_reference_used(session, row.agency, reference):
        raise domain.PayoutReferenceUsed


async def _carry_out(session: AsyncSession, row: Discrepancy) -> int:
    """Book what was proposed; how many satang it moved."""
    match row.resolution:
        case Resolution.SETTLE:
            return await _settle(session, row, await _billed(session, row))
        case Resolution.ASSIGN:
            invoice = await _assignable(session, row, row.invoice_id or row.id)
            moved = await _settle(session, row, invoice)
            await comparing.unsuspend(session, row.agency, _id(row.line_id), row.biller_id, row.payment_id)
            return moved
        case Resolution.RETURN:
            await _check_reference(session, row, row.reference or "")
            return await comparing.unsuspend(session, row.agency, _id(row.line_id), row.biller_id, None)
        case _:
            return await _adjust(session, row)


async def _billed(session: AsyncSession, row: Discrepancy) -> Invoice:
    """The invoice of the line's own reference, which an only line of the bank's has."""
    line = await _line(session, row)
    query = select(Invoice).where(Invoice.biller_id == line.biller_id, Invoice.reference1 == line.reference1)
    return (await session.exec(query)).one()


async def _settle(session: AsyncSession, row: Discrepancy, invoice: Invoice) -> int:
    """The line pays the invoice as any payment does: it settles it, or is owed back."""
    line = await _line(session, row)
    booked = BankTransaction(
        line.transaction_id, invoice.biller_id, invoice.reference1, line.amount, line.value_at
    )  # fmt: skip
    (row.payment_id,) = await settle(session, invoice.id, line.provider, [booked])
    if (await queries.payment(session, row.payment_id)).invoice_id != invoice.id:  # it pays another agency's
        raise domain.DiscrepancyStateForbids(state=row.state)
    row.books = line.amount
    return line.amount


async def _adjust(session: AsyncSession, row: Discrepancy) -> int:
    """Book the gap between bank and books as such, or as owed to the payer."""
    payment = await queries.payment(session, _id(row.payment_id))
    (invoice,) = await queries.held(session, [payment.invoice_id])
    gap = queries.discrepancies.difference(row).gap
    resolution = Resolution(row.resolution or "")
    await books.book(session, [Booking(domain.gap_booking(resolution, gap), invoice.id, payment.id)], clock.now())
    if resolution == Resolution.REFUND:
        await books.owe(session, invoice, payment.id, gap, domain.FOUND)
    row.adjusted += gap
    row.books += gap
    return gap


async def _line(session: AsyncSession, row: Discrepancy) -> StatementLine:
    return (await session.exec(select(StatementLine).where(StatementLine.id == row.line_id))).one()


def _id(value: UUID | None) -> UUID:
    if value is None:
        msg = "the discrepancy lacks what its kind has"
        raise RuntimeError(msg)
    return value


def _resolve(row: Discrepancy, officer: UUID) -> None:
    row.state, row.resolved_by, row.resolved_at = DiscrepancyState.RESOLVED, officer, clock.now()


async def _note(session: AsyncSession, row: Discrepancy, officer: UUID, act: DiscrepancyAct, **details: Any) -> None:
    session.add(
        ActRow(discrepancy_id=row.id, officer=officer, at=clock.now(), act=act, resolution=row.resolution, **details)
    )
    await session.flush()
