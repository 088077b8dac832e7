"""Bodies about statements, what differs from the books, and days of the ledger. Money is integer satang."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.payment.domain import DiscrepancyAct, DiscrepancyState, Kind, Resolution
from services.payment.models import DayClose, Discrepancy, Payment, Statement, StatementLine
from services.payment.models import DiscrepancyAct as ActRow
from services.payment.schemas.base import Body, Day, Reason, Reference


class StatementView(BaseModel):
    """A statement that was taken in; ``new_lines`` are those that none before had."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    provider: str
    first_day: date
    last_day: date
    lines: int
    new_lines: int
    imported_at: datetime

    @classmethod
    def of(cls, statement: Statement) -> "StatementView":
        """From its row."""
        return cls.model_validate(statement)


class LineView(BaseModel):
    """A transaction as the bank's statement has it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    statement: UUID = Field(validation_alias="statement_id")
    provider: str
    biller_id: str
    transaction_id: str
    reference1: str
    reference2: str
    channel: str
    amount_satang: int = Field(validation_alias="amount")
    value_at: datetime
    day: date


class PaymentView(BaseModel):
    """A payment as cashiers see it: ``reconciled`` once its day is closed, else what it meant for its invoice."""

    id: UUID
    invoice: UUID
    provider: str
    transaction_id: str
    amount_satang: int
    state: str
    verdict: str
    paid_at: datetime
    verified_at: datetime | None
    reconciled_on: date | None

    @classmethod
    def of(cls, payment: Payment) -> "PaymentView":
        """From its row."""
        return cls(
            id=payment.id, invoice=payment.invoice_id, provider=payment.provider,
            transaction_id=payment.transaction_id, amount_satang=payment.amount,
            state="reconciled" if payment.reconciled_on else payment.state, verdict=payment.state,
            paid_at=payment.paid_at, verified_at=payment.verified_at, reconciled_on=payment.reconciled_on,
        )  # fmt: skip


class DiscrepancySummary(BaseModel):
    """A transaction that the bank and the books do not have alike."""

    id: UUID
    provider: str
    biller_id: str
    transaction_id: str
    day: date
    kind: Kind
    state: DiscrepancyState
    bank_satang: int
    books_satang: int
    adjusted_satang: int
    resolution: Resolution | None
    invoice: UUID | None
    reference: str | None
    paid_on: date | None
    proposed_by: UUID | None
    resolved_by: UUID | None
    opened_at: datetime
    resolved_at: datetime | None
    line: LineView | None
    payment: PaymentView | None

    @classmethod
    def of(cls, row: Discrepancy, line: StatementLine | None, payment: Payment | None) -> "DiscrepancySummary":
        """From its rows."""
        return cls(
            id=row.id, provider=row.provider, biller_id=row.biller_id, transaction_id=row.transaction_id, day=row.day,
            kind=Kind(row.kind), state=DiscrepancyState(row.state), bank_satang=row.bank, books_satang=row.books,
            adjusted_satang=row.adjusted, resolution=Resolution(row.resolution) if row.resolution else None,
            invoice=row.invoice_id or (payment.invoice_id if payment else None), reference=row.reference,
            paid_on=row.paid_on, proposed_by=row.proposed_by, resolved_by=row.resolved_by, opened_at=row.opened_at,
            resolved_at=row.resolved_at, line=LineView.model_validate(line) if line else None,
            payment=PaymentView.of(payment) if payment else None,
        )  # fmt: skip


class DiscrepancyPage(BaseModel):
    """A page of discrepancies; ``next`` is the cursor of the page after it."""

    items: list[DiscrepancySummary]
    next: str | None


class DiscrepancyActView(BaseModel):
    """What was done, when and why; by nobody where a statement or a payment did it."""

    model_config = ConfigDict(from_attributes=True)

    act: DiscrepancyAct
    officer: UUID | None
    at: datetime
    resolution: Resolution | None
    reason: str | None
    amount_satang: int | None = Field(validation_alias="amount")


class DiscrepancyView(DiscrepancySummary):
    """A discrepancy with every act on it, oldest first."""

    acts: list[DiscrepancyActView]

    @classmethod
    def told(
        cls, shown: tuple[Discrepancy, StatementLine | None, Payment | None], acts: Sequence[ActRow]
    ) -> "DiscrepancyView":
        """From its rows."""
        views = [DiscrepancyActView.model_validate(each) for each in acts]
        return cls(**dict(DiscrepancySummary.of(*shown)), acts=views)


class ProposedResolution(Body):
    """How a difference is to end, and why.

    ``assign`` names the invoice that the money pays; ``return`` the bank's reference of what went back, and the day.
    """

    resolution: Resolution
    reason: Reason
    invoice: UUID | None = None
    reference: Reference | None = None
    paid_on: Day | None = None


class SumsView(BaseModel):
    """How many transactions compare so, and what the bank and the books have of them."""

    count: int
    bank_satang: int
    books_satang: int


class ParityView(BaseModel):
    """One biller at one provider: by kind. All kinds together are all that either side has of the day."""

    provider: str
    biller_id: str
    is_covered: bool
    """Whether a statement has told the whole day."""
    bank_satang: int
    books_satang: int
    kinds: dict[Kind, SumsView]


class AccountView(BaseModel):
    """An account on a day, debit positive: what stood there, what was booked, what stands there."""

    account: str
    biller_id: str | None
    opening_satang: int
    debit_satang: int
    credit_satang: int
    closing_satang: int


class ClosingView(BaseModel):
    """The seal on a closed day; ``is_intact`` where its entries and sums still are what was sealed."""

    closed_at: datetime
    closed_by: UUID
    entries: int
    digest: str
    before: str | None
    is_intact: bool


class ReconciliationView(BaseModel):
    """A day of an agency's books beside the bank's statements; as it was sealed, if it is closed."""

    day: date
    parity: list[ParityView]
    differences: int
    missing: list[str]
    """Billers of which no statement has told the whole day."""
    closing: ClosingView | None

    @classmethod
    def sealed(cls, close: DayClose, is_intact: bool) -> "ReconciliationView":
        """Of a closed day."""
        closing = ClosingView(
            closed_at=close.closed_at, closed_by=close.closed_by, entries=close.entries, digest=close.digest,
            before=close.before, is_intact=is_intact,
        )  # fmt: skip
        parity = [ParityView.model_validate(each) for each in close.parity]
        return cls(day=close.day, parity=parity, differences=close.differences, missing=[], closing=closing)


class TrialBalanceView(BaseModel):
    """All accounts of an agency on a day: debits are credits, and what stands there sums to nothing."""

    day: date
    is_closed: bool
    accounts: list[AccountView]
    debit_satang: int
    credit_satang: int
    closing_satang: int
    currency: str = "THB"

    @classmethod
    def of(cls, day: date, rows: Sequence[dict[str, Any]], *, is_closed: bool) -> "TrialBalanceView":
        """From its accounts."""
        accounts = [AccountView.model_validate(each) for each in rows]
        return cls(
            day=day, is_closed=is_closed, accounts=accounts, debit_satang=sum(each.debit_satang for each in accounts),
            credit_satang=sum(each.credit_satang for each in accounts),
            closing_satang=sum(each.closing_satang for each in accounts),
        )  # fmt: skip
