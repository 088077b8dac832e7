"""How money goes back: from due to paid, by two persons. Pure; money is integer satang."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import FieldError
from services.payment.domain.problems import (
    ApproverIsProposer,
    InvoiceNotPaid,
    MoreThanOwed,
    PaidOnImpossible,
    PartsGoBackWhole,
    PayoutAccountImpossible,
    RefundStateForbids,
)
from services.payment.domain.verdicts import Entry

BY_DECISION = "decision"
"""The reason of a refund that an officer wants, as long as money of the invoice is left."""


RELEASED = "part-paid"
"""The reason of a refund of what was paid in part of an invoice, and whose rest will not come."""


class RefundState(StrEnum):
    """What is due is proposed, approved by another and paid; what was only wanted ends when it is rejected."""

    DUE = "due"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PAID = "paid"
    REJECTED = "rejected"


class RefundAct(StrEnum):
    """What a cashier did about a refund."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAID = "paid"


@dataclass(frozen=True)
class Standing:
    """How far a refund has come."""

    state: RefundState
    amount: int
    paid: int
    """Satang that have gone back."""
    proposed: int | None
    """Satang of the payout that is proposed or approved."""
    proposed_by: UUID | None
    is_owed: bool
    """Whether the ledger owes it; what is only wanted is owed once it is approved."""


def split(amount: int, left: Sequence[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """An amount over payments, in their order, each at most what is left of it."""
    found = []
    for payment, most in left:
        if part := min(amount, most):
            found.append((payment, part))
            amount -= part
    return found


def whole_parts(amount: int | None, held: int) -> None:
    """What was paid in part goes back as a whole. InvoiceNotPaid where nothing was, MoreThanOwed, PartsGoBackWhole."""
    if not held:
        raise InvoiceNotPaid
    if within(amount, held) != held:
        raise PartsGoBackWhole(errors=[FieldError("/amount_satang", "parts-go-back-whole", PartsGoBackWhole.title)])


def further_key(key: str, number: object) -> str:
    """The key of a further refund of one wish; no header has a line break, so that nobody sends it."""
    return f"{key}\n{number}"


def propose(now: Standing, amount: int) -> int:
    """How much of what is due is to be paid now. RefundStateForbids, MoreThanOwed."""
    _must_be(now, RefundState.DUE)
    return within(amount, now.amount - now.paid)


def within(amount: int | None, most: int) -> int:
    """The amount, by default all there is; MoreThanOwed."""
    if amount is not None and amount > most:
        detail = Text(th=f"คืนได้ไม่เกิน {most} สตางค์", en=f"No more than {most} satang can go back")
        raise MoreThanOwed(errors=[FieldError("/amount_satang", "more-than-owed", detail)])
    return most if amount is None else amount


def approve(now: Standing, officer: UUID) -> None:
    """Another than the proposer agrees. RefundStateForbids, ApproverIsProposer."""
    _must_be(now, RefundState.PROPOSED)
    if now.proposed_by == officer:
        raise ApproverIsProposer


def reject(now: Standing) -> RefundState:
    """What becomes of it: due again if it is owed, else nothing more. RefundStateForbids."""
    _must_be(now, RefundState.PROPOSED, RefundState.APPROVED)
    return RefundState.DUE if now.is_owed else RefundState.REJECTED


def pay(now: Standing, amount: int | None) -> tuple[int, RefundState]:
    """How much has gone back of what is approved, and what becomes of the refund: a rest is due again.

    RefundStateForbids, MoreThanOwed.
    """
    _must_be(now, RefundState.APPROVED)
    paid = within(amount, now.proposed or 0)
    return paid, RefundState.PAID if now.paid + paid == now.amount else RefundState.DUE


def check_day(paid_on: date, due_since: date, today: date) -> None:
    """Nothing is paid back before it was due, or tomorrow. PaidOnImpossible."""
    if not due_since <= paid_on <= today:
        raise PaidOnImpossible(errors=[FieldError("/paid_on", "paid-on-impossible", PaidOnImpossible.title)])


def payout_account(wanted: str | None, came_to: str) -> str:
    """The account that a payout has left: where the payment lies, or the bank, from which anything may be sent.

    PayoutAccountImpossible.
    """
    if wanted not in (None, "bank", came_to):
        title = PayoutAccountImpossible.title
        raise PayoutAccountImpossible(errors=[FieldError("/account", "payout-account-impossible", title)])
    return wanted or came_to


def payout_booking(amount: int, account: str = "bank") -> list[Entry]:
    """What was owed has left the bank, or wherever the money lay."""
    return [Entry("refund-due", amount), Entry(account, -amount)]


def _must_be(now: Standing, *states: RefundState) -> None:
    if now.state not in states:
        raise RefundStateForbids(state=now.state)
