"""What differs between a bank's statement and the books, and how it is resolved. Pure; money is integer satang."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import Conflict, Forbidden, NotFound, Unprocessable
from services.payment.domain.verdicts import Entry

SUSPENSE = "suspense"
"""Account of money that came in and that nobody was billed for under the payer's reference (เงินรอตรวจสอบ)."""
OVER_SHORT = "over-short"
"""Account of what a bank has more or less than the books (เงินขาดเกินบัญชี)."""
FOUND = "found"
"""The reason of a refund: the bank had received more than it told."""


class Kind(StrEnum):
    """How a transaction compares; all but the first two are differences."""

    MATCHED = "matched"
    ADJUSTED = "adjusted"
    """It differed, and the difference is booked."""
    ONLY_BANK = "only-bank"
    ONLY_BOOKS = "only-books"
    AMOUNT = "amount"
    REFERENCE = "reference"
    """Paid under a reference that is no invoice's, or another's than the books say."""


DIFFERENCES = tuple(kind for kind in Kind if kind not in (Kind.MATCHED, Kind.ADJUSTED))


class DiscrepancyState(StrEnum):
    """A cashier proposes, another approves; what moves no money one resolves with a reason."""

    OPEN = "open"
    PROPOSED = "proposed"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """How a difference ends."""

    MATCHED = "matched"
    """A statement or a payment that came later made it one."""
    EXPLAIN = "explain"
    """The books stay as they are."""
    SETTLE = "settle"
    """The money pays the invoice of its reference."""
    ASSIGN = "assign"
    """The money pays an invoice that the cashier found."""
    RETURN = "return"
    """The money was paid back."""
    REFUND = "refund"
    """What the bank has more is owed to the payer."""
    WRITE_OFF = "write-off"
    """What the bank has more or less is booked as such."""


class DiscrepancyAct(StrEnum):
    """What was done about a difference; ``found`` and ``changed`` by a statement, the rest by a cashier."""

    FOUND = "found"
    CHANGED = "changed"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESOLVED = "resolved"


class DiscrepancyNotFound(NotFound):
    """No such discrepancy, or another agency's."""

    code = "discrepancy-not-found"
    title = Text(th="ไม่พบรายการผลต่างนี้", en="There is no such discrepancy")


class DiscrepancyStateForbids(Conflict):
    """The discrepancy is not in the state that this needs; ``state`` says in which it is."""

    code = "discrepancy-state-forbids"
    title = Text(th="สถานะของรายการผลต่างไม่อนุญาตให้ดำเนินการนี้", en="The state of the discrepancy does not allow this")


class ResolutionForbidden(Unprocessable):
    """A difference of this kind does not end like that; ``allowed`` says how it may."""

    code = "resolution-forbidden"
    title = Text(th="ผลต่างประเภทนี้จัดการด้วยวิธีนี้ไม่ได้", en="This kind of difference is not resolved like that")


class ResolverIsProposer(Forbidden):
    """Who proposed how money is booked does not approve it (separation of duties)."""

    code = "resolver-is-proposer"
    title = Text(th="ผู้เสนอไม่อาจเป็นผู้อนุมัติรายการเดียวกัน", en="Who proposed this may not approve it; another cashier must")


class DayNotFound(NotFound):
    """The agency has not closed this day."""

    code = "day-not-found"
    title = Text(th="ยังไม่ได้ปิดบัญชีของวันนี้", en="This day is not closed")


class DayCannotClose(Conflict):
    """Not over, closed already, an earlier one is open, or a statement is missing; ``reason`` and more say which."""

    code = "day-cannot-close"
    title = Text(th="ปิดบัญชีของวันนี้ไม่ได้", en="This day cannot be closed")


class BookingNotFound(NotFound):
    """No such booking, or another agency's."""

    code = "booking-not-found"
    title = Text(th="ไม่พบรายการบัญชีนี้", en="There is no such booking")


@dataclass(frozen=True)
class Difference:
    """How far a difference has come."""

    kind: Kind
    bank: int
    books: int
    has_payment: bool
    state: DiscrepancyState
    proposed_by: UUID | None

    @property
    def gap(self) -> int:
        """Satang that the bank has more than the books."""
        return self.bank - self.books


def allowed(difference: Difference) -> tuple[Resolution, ...]:
    """The ways in which it may end: money that came in is never explained away."""
    match difference.kind:
        case Kind.ONLY_BANK:
            return (Resolution.SETTLE,)
        case Kind.REFERENCE if difference.has_payment:
            return (Resolution.EXPLAIN,)
        case Kind.REFERENCE:
            return (Resolution.ASSIGN, Resolution.RETURN)
        case Kind.AMOUNT if difference.gap > 0 and difference.has_payment:
            return (Resolution.EXPLAIN, Resolution.WRITE_OFF, Resolution.REFUND)
        case Kind.AMOUNT | Kind.ONLY_BOOKS:
            return (Resolution.EXPLAIN, Resolution.WRITE_OFF)
        case _:
            return ()


def check_proposal(difference: Difference, resolution: Resolution) -> None:
    """DiscrepancyStateForbids, ResolutionForbidden."""
    _must_be(difference, DiscrepancyState.OPEN)
    ways = allowed(difference)
    if resolution not in ways:
        raise ResolutionForbidden(allowed=[str(each) for each in ways])


def check_approval(difference: Difference, officer: UUID) -> None:
    """Another than the proposer agrees. DiscrepancyStateForbids, ResolverIsProposer."""
    _must_be(difference, DiscrepancyState.PROPOSED)
    if difference.proposed_by == officer:
        raise ResolverIsProposer


def check_rejection(difference: Difference) -> None:
    """DiscrepancyStateForbids."""
    _must_be(difference, DiscrepancyState.PROPOSED)


def _must_be(difference: Difference, state: DiscrepancyState) -> None:
    if difference.state != state:
        raise DiscrepancyStateForbids(state=difference.state)


def suspense_booking(amount: int) -> list[Entry]:
    """Money came in that cannot be assigned."""
    return [Entry("bank", amount), Entry(SUSPENSE, -amount)]


def unsuspend_booking(amount: int) -> list[Entry]:
    """It leaves suspense: assigned, so that it counts as any other payment does, or paid back."""
    return [Entry(SUSPENSE, amount), Entry("bank", -amount)]


def gap_booking(resolution: Resolution, gap: int) -> list[Entry]:
    """The bank has so much more (less where negative) than the books."""
    against = "refund-due" if resolution == Resolution.REFUND else OVER_SHORT
    return [Entry("bank", gap), Entry(against, -gap)]


@dataclass(frozen=True)
class Sums:
    """Transactions of one kind on one day at one biller."""

    count: int
    bank: int
    books: int


def differences(parity: Mapping[Kind, Sums]) -> int:
    """How many transactions are not alike."""
    return sum(parity[kind].count for kind in DIFFERENCES if kind in parity)
