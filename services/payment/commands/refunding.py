"""Money goes back by the acts of cashiers: proposed by one, approved by another, paid, every act kept.

The invoice is locked before the refund, as whoever owes money back does.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.events import RefundDue, RefundPaid
from kit.rows import fetch, put
from services.payment import domain, queries
from services.payment.commands import books
from services.payment.domain import Booking, InvoiceState, RefundAct, RefundState
from services.payment.models import Invoice, Refund
from services.payment.models import RefundAct as ActRow


@dataclass(frozen=True)
class Proposal:
    """What a cashier proposes: satang (all there is unless said), why, and the number of the payout instruction."""

    amount: int | None
    reason: str
    reference: str | None = None


@dataclass(frozen=True)
class Payout:
    """What has left the bank: its reference, the day, and how much (all that is approved unless said)."""

    reference: str
    paid_on: date
    amount: int | None = None
    account: str | None = None
    """The account it has left, unless it went back the way it came."""


async def propose_refund(session: AsyncSession, refund_id: UUID, officer: Principal, told: Proposal) -> Refund:
    """Propose to pay what is due, or a part; the proposer's own repetition changes nothing.

    RefundNotFound, RefundStateForbids, MoreThanOwed.
    """
    _, refund = await _held(session, refund_id, officer)
    me = UUID(officer.subject)
    amount = refund.amount - refund.paid if told.amount is None else told.amount
    if (refund.state, refund.proposed_by, refund.proposed) == (RefundState.PROPOSED, me, amount):
        return refund
    refund.proposed = domain.propose(queries.standing(refund), amount)
    refund.state, refund.proposed_by = RefundState.PROPOSED, me
    await _note(session, refund, officer, RefundAct.PROPOSED, reason=told.reason, reference=told.reference)
    return refund


async def refund_by_decision(
    session: AsyncSession, invoice_id: UUID, officer: Principal, told: Proposal, key: str | None
) -> list[Refund]:
    """Propose to give a part of a paid fee back, or all that was paid of an open one; owed once another approves.

    One refund for each payment that it goes back to, the last payment first. A key counts once for an invoice.
    InvoiceNotFound, NoLongerKept, InvoiceNotPaid, MoreThanOwed, PartsGoBackWhole, RefundKeyUsed.
    """
    invoice = next((each for each in await queries.held(session, [invoice_id]) if each.agency == officer.agency), None)
    if invoice is None:
        raise domain.InvoiceNotFound
    queries.retained.check_kept(invoice)
    if key is not None and (known := list(await queries.refunds_of_key(session, invoice_id, key))):
        if sum(each.amount for each in known) != told.amount:
            raise domain.RefundKeyUsed
        return known
    wanted: list[Refund] = []
    for payment, amount in await _drawn(session, invoice, told.amount):
        refund = Refund(
            invoice_id=invoice_id, payment_id=payment, amount=amount, reason=domain.BY_DECISION, is_owed=False,
            state=RefundState.PROPOSED, proposed=amount, proposed_by=UUID(officer.subject), created_at=clock.now(),
            idempotency_key=domain.further_key(key, len(wanted)) if key and wanted else key,
        )  # fmt: skip
        session.add(refund)
        await _note(session, refund, officer, RefundAct.PROPOSED, reason=told.reason, reference=told.reference)
        wanted.append(refund)
    return wanted


async def _drawn(session: AsyncSession, invoice: Invoice, amount: int | None) -> list[tuple[UUID, int]]:
    """The payments that a wish is drawn on, with how much."""
    shares = await queries.shares(session, invoice, even_wanted=True)
    left = [(each.payment.id, each.left) for each in shares]
    most = sum(satang for _, satang in left)
    if invoice.state == InvoiceState.OPEN:
        domain.whole_parts(amount, most)
        return domain.split(most, left)
    if invoice.state != InvoiceState.PAID or not shares:
        raise domain.InvoiceNotPaid
    given = await queries.given_by_decision(session, invoice.id, even_wanted=True)
    return domain.split(domain.within(amount, min(most, invoice.amount - given)), left)


async def approve_refund(session: AsyncSession, refund_id: UUID, officer: Principal) -> Refund:
    """Agree to what another proposed; what is by decision is booked as owed now. Repeating it changes nothing.

    RefundNotFound, RefundStateForbids, ApproverIsProposer, InvoiceNotPaid, InvoiceNotOpen.
    """
    invoice, refund = await _held(session, refund_id, officer)
    me = UUID(officer.subject)
    if refund.state == RefundState.APPROVED and refund.approved_by == me:
        return refund
    domain.approve(queries.standing(refund), me)
    if not refund.is_owed:
        await _owe_by_decision(session, invoice, refund)
    refund.state, refund.approved_by = RefundState.APPROVED, me
    await _note(session, refund, officer, RefundAct.APPROVED)
    return refund


async def _owe_by_decision(session: AsyncSession, invoice: Invoice, refund: Refund) -> None:
    """Owe what was only wanted: revenue of a paid invoice, or what was paid in part of an open one."""
    if invoice.state == InvoiceState.OPEN:
        entries = domain.release_booking(refund.amount)
        refund.reason = domain.RELEASED
        await fetch(session, "UPDATE invoice SET held = held - $1 WHERE id = $2", refund.amount, invoice.id)
    elif invoice.state != InvoiceState.PAID:  # its journey ended meanwhile: all of it is owed back already
        raise domain.InvoiceNotPaid
    elif invoice.settled_at and refund.created_at < invoice.settled_at:  # the rest came: it is a paid fee now
        raise domain.InvoiceNotOpen(state=invoice.state)
    else:
        taken = await queries.given_by_decision(session, invoice.id)
        entries = domain.refund_booking(invoice.lines, taken, refund.amount)
    await books.book(session, [Booking(entries, invoice.id, refund.payment_id)], clock.now())
    refund.is_owed = True
    fact = RefundDue(invoice=invoice.id, amount_satang=refund.amount, currency="THB", reason=refund.reason)
    await outbox.add(session, fact, invoice)


async def reject_refund(session: AsyncSession, refund_id: UUID, officer: Principal, reason: str) -> Refund:
    """Do not pay as proposed or approved: what is owed is due again, what was only wanted has ended.

    RefundNotFound, RefundStateForbids.
    """
    _, refund = await _held(session, refund_id, officer)
    state = domain.reject(queries.standing(refund))
    await _note(session, refund, officer, RefundAct.REJECTED, reason=reason)
    _settle(refund, state)
    return refund


async def pay_refund(session: AsyncSession, refund_id: UUID, officer: Principal, told: Payout) -> Refund:
    """Take down that the bank has paid: booked once for its reference, and told; a rest is due again.

    RefundNotFound, RefundStateForbids, MoreThanOwed, PaidOnImpossible, PayoutAccountImpossible, PayoutReferenceUsed.
    """
    invoice, refund = await _held(session, refund_id, officer)
    if known := await queries.payout(session, invoice.agency, told.reference):
        is_same = known.refund_id == refund.id and known.paid_on == told.paid_on
        if is_same and told.amount in (None, known.amount):
            return refund
        raise domain.PayoutReferenceUsed
    if await queries.discrepancies.is_reference_used(session, invoice.agency, told.reference):
        raise domain.PayoutReferenceUsed
    now = clock.now()
    amount, state = domain.pay(queries.standing(refund), told.amount)
    came_to = domain.account_of((await queries.payment(session, refund.payment_id)).provider)
    account = domain.payout_account(told.account, came_to)
    domain.check_day(told.paid_on, local_date(refund.created_at), local_date(now))
    details = {"amount": amount, "reference": told.reference, "paid_on": told.paid_on}
    if not await _note(session, refund, officer, RefundAct.PAID, **details):
        raise domain.PayoutReferenceUsed  # by somebody else in this moment
    booking = Booking(domain.payout_booking(amount, account), invoice.id, refund.payment_id)
    await books.book(session, [booking], now)
    refund.paid += amount
    _settle(refund, state)
    fact = RefundPaid(refund=refund.id, invoice=invoice.id, amount_satang=amount, currency="THB")
    await outbox.add(session, fact, invoice)
    return refund


def _settle(refund: Refund, state: RefundState) -> None:
    refund.state, refund.proposed, refund.proposed_by, refund.approved_by = state, None, None, None


async def _held(session: AsyncSession, refund_id: UUID, officer: Principal) -> tuple[Invoice, Refund]:
    """A refund of the officer's agency and its invoice, locked in the order of all who owe money back."""
    invoice_id = await queries.invoice_of_refund(session, refund_id, officer)
    (invoice,) = await queries.held(session, [invoice_id])
    refund = (await session.exec(select(Refund).where(Refund.id == refund_id).with_for_update())).one()
    return invoice, refund


async def _note(session: AsyncSession, refund: Refund, officer: Principal, act: RefundAct, **details: Any) -> bool:
    """Keep an act; False where the bank's reference stands for another payout."""
    await session.flush()
    row = ActRow(
        refund_id=refund.id, agency=officer.agency or "", officer=UUID(officer.subject), at=clock.now(), act=act,
        **({"amount": refund.proposed} | details),
    )  # fmt: skip
    return await put(session, row)
