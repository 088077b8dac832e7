"""A receipt ends by the act of a cashier: cancelled, or replaced by one of a new number and date. Never changed.

The invoice is locked first and the book of receipts last, as whoever books a payment does: of two cashiers at once
one ends the receipt.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.auth import Principal
from kit.clock import clock
from kit.contracts.events import ReceiptReplaced
from kit.rows import put
from services.payment import domain, queries
from services.payment.commands import books
from services.payment.domain import Correction, InvoiceState, Purpose, ReceiptState
from services.payment.models import Invoice, Receipt, ReceiptAct
from services.payment.queries import ReceiptFacts


@dataclass(frozen=True)
class Ending:
    """What a cashier says: why a receipt ends, and what the new one corrects about the payer."""

    purpose: Purpose
    reason: str | None
    key: str | None
    corrected: Correction = domain.NOTHING


async def cancel_receipt(session: AsyncSession, name: UUID | str, officer: Principal, told: Ending) -> UUID:
    """End a receipt and put none in its place; the id of the receipt. A key counts once for a receipt.

    ReceiptNotFound, NoLongerKept, ReceiptEnded, ReceiptKeyUsed, ReceiptActIncomplete, MoneyKept.
    """
    facts, invoice, ended = await _held(session, name, officer)
    if ended is not None:
        _check_repeated(ended, ReceiptState.CANCELLED, told, facts.correction)
        return facts.receipt.id
    domain.check_cancellation(told.purpose, await _left(session, invoice))
    await _end(session, invoice, _act(facts, officer, told, ReceiptState.CANCELLED, clock.now()))
    return facts.receipt.id


async def reissue_receipt(session: AsyncSession, name: UUID | str, officer: Principal, told: Ending) -> UUID:
    """Issue a receipt of a new number and date in place of one, which it refers to and which ends by it; its id.

    Over what is left of the fee, less than before where money went back by decision. ReceiptNotFound, NoLongerKept,
    ReceiptEnded, ReceiptKeyUsed, ReceiptActIncomplete, NothingReturned, NothingKept.
    """
    domain.check_reissue(told.purpose, told.reason, told.corrected)
    facts, invoice, ended = await _held(session, name, officer)
    if ended is not None:
        _check_repeated(ended, ReceiptState.REPLACED, told, facts.correction)
        assert ended.replaced_by is not None  # noqa: S101 - by whatever replaced it
        return ended.replaced_by
    amount = domain.reissued_amount(told.purpose, facts.receipt.amount, await _left(session, invoice))
    now, former = clock.now(), facts.receipt
    series = books.series_of(invoice, now)
    [running] = (await books.next_numbers(session, {series: 1}))[series]
    new = Receipt(
        id=uuid7(), book=series[0], year=series[1], running=running, invoice_id=invoice.id,
        payment_id=former.payment_id, journey_id=former.journey_id, step=former.step, person_id=former.person_id,
        amount=amount, issued_at=now, replaces=former.id,
    )  # fmt: skip
    if not await put(session, new):
        raise domain.ReceiptEnded(state=ReceiptState.REPLACED)
    await _end(session, invoice, _act(facts, officer, told, ReceiptState.REPLACED, now, new.id))
    return new.id


async def _left(session: AsyncSession, invoice: Invoice) -> int:
    """Satang of an invoice that are kept: none once its journey has ended, for then all of it is owed back."""
    if invoice.state != InvoiceState.PAID:
        return 0
    return invoice.amount - await queries.given_by_decision(session, invoice.id)


async def _held(
    session: AsyncSession, name: UUID | str, officer: Principal
) -> tuple[ReceiptFacts, Invoice, ReceiptAct | None]:
    """A receipt of the officer's agency and its invoice, locked, with what ended the receipt by now."""
    receipt_id, invoice_id = await queries.invoice_of_receipt(session, name, officer)
    [invoice] = await queries.held(session, [invoice_id])
    queries.retained.check_kept(invoice)
    return await queries.facts_of_receipt(session, receipt_id), invoice, await queries.act_on(session, receipt_id)


def _act(
    facts: ReceiptFacts,
    officer: Principal,
    told: Ending,
    act: ReceiptState,
    now: datetime,
    by: UUID | None = None,
) -> ReceiptAct:
    said = told.corrected.over(facts.correction) if by else domain.NOTHING
    return ReceiptAct(
        receipt_id=facts.receipt.id, act=act, purpose=told.purpose, reason=told.reason, agency=officer.agency or "",
        officer=UUID(officer.subject), at=now, replaced_by=by, payer_name=said.name, payer_address=said.address,
        payer_postcode=said.postcode, idempotency_key=told.key,
    )  # fmt: skip


async def _end(session: AsyncSession, invoice: Invoice, act: ReceiptAct) -> None:
    if not await put(session, act):
        raise domain.ReceiptEnded(state=act.act)
    fact = ReceiptReplaced(receipt=act.receipt_id, by=act.replaced_by, purpose=act.purpose.lower())
    await outbox.add(session, fact, invoice)


def _check_repeated(ended: ReceiptAct, act: ReceiptState, told: Ending, former: Correction) -> None:
    """Whether this is the act that ended the receipt, told again. ReceiptEnded, ReceiptKeyUsed."""
    if told.key is None or told.key != ended.idempotency_key:
        raise domain.ReceiptEnded(state=ended.act)
    said = told.corrected.over(former) if act is ReceiptState.REPLACED else domain.NOTHING
    again = (act, told.purpose, told.reason, said.name, said.address, said.postcode)
    if again != (
        ended.act, ended.purpose, ended.reason, ended.payer_name, ended.payer_address, ended.payer_postcode,
    ):  # fmt: skip
        raise domain.ReceiptKeyUsed
