"""The ledger, and the days of it that are closed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


class LedgerEntry(Base, table=True):
    """One side of a booking; the database lets a transaction commit only when its sides balance.

    The database itself says on which day an entry counts: the day on which it is booked or, where the agency has
    closed that day, the first open one. What a release before this one booked has no day of its own, and no agency.
    """

    __table_args__ = (
        Index("ledger_booking", "booking_id"),
        Index("ledger_day", "agency", "day"),
        Index("ledger_invoice", "invoice_id"),
        Index("ledger_line", "line_id", postgresql_where=text("line_id IS NOT NULL")),
        Index("ledger_before_days", "booked_at", postgresql_where=text("day IS NULL")),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID
    invoice_id: UUID | None = Field(default=None, foreign_key="invoice.id")
    account: str
    amount: int = Field(sa_column=satang())
    """Debit positive, credit negative."""
    booked_at: datetime = Field(sa_column=moment())
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id")
    """The payment whose money it is."""
    line_id: UUID | None = Field(default=None, foreign_key="statement_line.id")
    """The line of a bank's statement by which it is booked, where that and no inquiry told of the money."""
    agency: str | None = None
    biller_id: str | None = None
    """Of the account ``bank``: at which biller's account."""
    day: date | None = None


class DayClose(Base, table=True):
    """A day of an agency's ledger that is closed; never changed. The hashes are a chain."""

    __tablename__ = "day_close"
    __table_args__ = (UniqueConstraint("agency", "day"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agency: str
    day: date
    closed_at: datetime = Field(sa_column=moment())
    closed_by: UUID
    balances: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Every account: what stood there before, debits, credits, what stands there after, in satang."""
    parity: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    entries: int
    differences: int
    before: str | None
    """The digest of the day that was closed before."""
    digest: str
    """SHA-256 over the day's entries, its balances, its parity and the digest before."""
