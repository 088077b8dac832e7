"""Reads of refunds, and of what each payment of an invoice may still give back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.payment import domain
from services.payment.models import Invoice, Payment, Refund, RefundAct

PAYMENT = ", ".join(f"payment.{name}" for name in Payment.model_fields)
PARTS = f"""
    SELECT {PAYMENT} FROM payment WHERE invoice_id = $1 AND state = 'underpaid' AND NOT EXISTS (
        SELECT FROM refund WHERE refund.payment_id = payment.id AND refund.reason = ANY($2::text[])
    ) ORDER BY id
"""  # noqa: S608 - our own columns
"""Save those that went back as too little, as an earlier release did at once, or as parts."""
SETTLING = f"""
    SELECT {PAYMENT}, payment.amount - coalesce((
        SELECT sum(amount) FROM refund WHERE refund.payment_id = payment.id AND refund.reason = 'overpaid'
    ), 0)::bigint AS share
    FROM payment WHERE invoice_id = $1 AND state = ANY($2::text[])
"""  # noqa: S608 - our own columns
TAKEN = """
    SELECT payment_id, sum(amount)::bigint AS taken FROM refund
    WHERE invoice_id = $1 AND reason = $2 AND (is_owed OR $3 AND state <> $4) GROUP BY payment_id
"""
IN_PART = "SELECT -sum(amount)::bigint AS held FROM ledgerentry WHERE invoice_id = $1 AND account = $2"
SHOWN = (
    select(Refund, Invoice, Payment)
    .join(Invoice, col(Invoice.id) == col(Refund.invoice_id))
    .join(Payment, col(Payment.id) == col(Refund.payment_id))
)


@dataclass(frozen=True)
class Share:
    """What a payment has paid of an invoice, and what of that has not gone back by decision."""

    payment: Payment
    amount: int
    left: int


@dataclass(frozen=True)
class ShownRefund:
    """A refund, whose money it is, and the payment that it goes back to."""

    row: Refund
    invoice: Invoice
    payment: Payment


async def parts(session: AsyncSession, invoice_id: UUID) -> list[Payment]:
    """The payments that were kept as parts of an invoice, oldest first."""
    gone = [domain.PaymentState.UNDERPAID, domain.RELEASED]
    return [Payment(**row) for row in await fetch(session, PARTS, invoice_id, gone)]


async def shares(session: AsyncSession, invoice: Invoice, *, even_wanted: bool = False) -> list[Share]:
    """The payments that made the fee of an invoice, or a part of it so far, the last first.

    What is wanted by decision and waits for approval is not left either, if asked.
    """
    settling = [domain.PaymentState.APPLIED, domain.PaymentState.OVERPAID]
    paid = [(dict(row), row["share"]) for row in await fetch(session, SETTLING, invoice.id, settling)]
    made = [(Payment(**{name: row[name] for name in Payment.model_fields}), share) for row, share in paid]
    if made or invoice.state == domain.InvoiceState.OPEN:
        made += [(each, each.amount) for each in reversed(await parts(session, invoice.id))]
    taken = await _taken(session, invoice.id, even_wanted=even_wanted)
    found, rest = [], invoice.amount
    for payment, most in made:
        amount = min(most, rest)
        found.append(Share(payment, amount, max(0, amount - taken.get(payment.id, 0))))
        rest -= amount
    return [each for each in found if each.amount]


async def held_in_part(session: AsyncSession, invoice_id: UUID) -> int:
    """Satang that the ledger keeps as parts of an invoice."""
    found = await fetch(session, IN_PART, invoice_id, domain.PART_PAID)
    return int(found[0]["held"] or 0)


async def given_by_decision(session: AsyncSession, invoice_id: UUID, *, even_wanted: bool = False) -> int:
    """Satang of an invoice that are owed back by decision, or went back; with those that wait for approval if asked."""
    return sum((await _taken(session, invoice_id, even_wanted=even_wanted)).values())


async def _taken(session: AsyncSession, invoice_id: UUID, *, even_wanted: bool) -> dict[UUID, int]:
    """The same by the payment from which it is taken."""
    values = (invoice_id, domain.BY_DECISION, even_wanted, domain.RefundState.REJECTED)
    return {row["payment_id"]: row["taken"] for row in await fetch(session, TAKEN, *values)}


def standing(refund: Refund) -> domain.Standing:
    """How far a refund has come."""
    return domain.Standing(
        domain.RefundState(refund.state), refund.amount, refund.paid, refund.proposed, refund.proposed_by,
        refund.is_owed,
    )  # fmt: skip


async def invoice_of_refund(session: AsyncSession, refund_id: UUID, officer: Principal) -> UUID:
    """The invoice of a refund of the officer's agency; RefundNotFound for any other."""
    query = select(Refund.invoice_id).join(Invoice).where(Refund.id == refund_id, Invoice.agency == officer.agency)
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise domain.RefundNotFound
    return found


async def refund_of(
    session: AsyncSession, refund_id: UUID, officer: Principal
) -> tuple[ShownRefund, Sequence[RefundAct]]:
    """A refund of the officer's agency and the acts on it, oldest first; RefundNotFound."""
    query = SHOWN.where(Refund.id == refund_id, Invoice.agency == officer.agency)
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise domain.RefundNotFound
    acts = select(RefundAct).where(RefundAct.refund_id == refund_id).order_by(col(RefundAct.at), col(RefundAct.id))
    return ShownRefund(*found), (await session.exec(acts)).all()


async def refunds(
    session: AsyncSession, agency: str, state: domain.RefundState, cursor: str | None, limit: int
) -> tuple[list[ShownRefund], str | None]:
    """A page of an agency's refunds, the oldest first, and the cursor of the next page."""
    order = (col(Refund.created_at), col(Refund.id))
    query = SHOWN.where(Invoice.agency == agency, Refund.state == state)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = list(await session.exec(query.order_by(*order).limit(limit + 1)))
    following = cursor_of(found[limit - 1][0].created_at, found[limit - 1][0].id) if len(found) > limit else None
    return [ShownRefund(*each) for each in found[:limit]], following


async def refunds_of_key(session: AsyncSession, invoice_id: UUID, key: str) -> Sequence[Refund]:
    """The refunds of an invoice that were wanted under this key, in their order."""
    of_key = col(Refund.idempotency_key)
    is_of = or_(of_key == key, of_key.startswith(domain.further_key(key, ""), autoescape=True))
    query = select(Refund).where(Refund.invoice_id == invoice_id, is_of).order_by(col(Refund.id))
    return (await session.exec(query)).all()


async def payout(session: AsyncSession, agency: str, reference: str) -> RefundAct | None:
    """What an agency's bank has paid under this reference."""
    paid = (RefundAct.act == domain.RefundAct.PAID, RefundAct.agency == agency, RefundAct.reference == reference)
    return (await session.exec(select(RefundAct).where(*paid))).one_or_none()
