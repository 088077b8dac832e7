"""Tables of payment. Money is integer satang; the ledger only grows."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, Index, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7


class Base(SQLModel, registry=registry()):
    """Own registry: the tables of two services never meet."""


def moment(*, nullable: bool = False) -> Any:
    """A column for an instant, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


def satang() -> Any:
    """A column for money."""
    return Column(BigInteger, nullable=False)


class Invoice(Base, table=True):
    """What is to be paid at one step of one journey."""

    __table_args__ = (
        UniqueConstraint("journey_id", "step"),
        UniqueConstraint("biller_id", "reference1"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("invoice_open", "due_at", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    person_id: UUID | None
    number: str
    biller_id: str
    reference1: str
    receipt_book: str
    lines: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    amount: int = Field(sa_column=satang())
    state: str
    created_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    settled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class Payment(Base, table=True):
    """One transaction at the bank, claimed by a callback or found by inquiry."""

    __table_args__ = (
        UniqueConstraint("provider", "transaction_id"),
        Index("payment_invoice", "invoice_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    provider: str
    transaction_id: str
    invoice_id: UUID = Field(foreign_key="invoice.id")
    amount: int = Field(sa_column=satang())
    state: str
    paid_at: datetime = Field(sa_column=moment())
    heard_at: datetime = Field(sa_column=moment())
    verified_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ReceiptBook(Base, table=True):
    """The last number given in one book and Buddhist year; locked while a number is given."""

    book: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class Receipt(Base, table=True):
    """One numbered receipt; never changed."""

    __table_args__ = (UniqueConstraint("book", "year", "running"), UniqueConstraint("payment_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    book: str
    year: int
    running: int
    invoice_id: UUID = Field(foreign_key="invoice.id")
    payment_id: UUID = Field(foreign_key="payment.id")
    journey_id: UUID = Field(index=True)
    step: str
    person_id: UUID | None
    amount: int = Field(sa_column=satang())
    issued_at: datetime = Field(sa_column=moment())

    @property
    def number(self) -> str:
        """``<book>-<Buddhist year>-<running number of six digits>``."""
        return f"{self.book}-{self.year}-{self.running:06d}"


class LedgerEntry(Base, table=True):
    """One side of a booking; the database lets a transaction commit only when its sides balance."""

    __table_args__ = (
        Index("ledger_booking", "booking_id"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID
    invoice_id: UUID = Field(foreign_key="invoice.id")
    account: str
    amount: int = Field(sa_column=satang())
    """Debit positive, credit negative."""
    booked_at: datetime = Field(sa_column=moment())


class Refund(Base, table=True):
    """Money that must go back, once per reason and source; by decision as often as money is left."""

    __table_args__ = (
        Index("refund_source", "payment_id", "reason", unique=True, postgresql_where=text("reason <> 'decision'")),
        Index("refund_queue", "state", "created_at", "id"),
        Index("refund_key", "invoice_id", "idempotency_key", unique=True),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("paid >= 0 AND paid <= amount", name="paid_within_amount"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id")
    payment_id: UUID = Field(foreign_key="payment.id")
    amount: int = Field(sa_column=satang())
    reason: str
    state: str
    created_at: datetime = Field(sa_column=moment())
    is_owed: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=true()))
    """Booked as owed back; what is by decision is once it is approved."""
    paid: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    proposed: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Satang of the payout that is proposed or approved."""
    proposed_by: UUID | None = None
    approved_by: UUID | None = None
    idempotency_key: str | None = None


class RefundAct(Base, table=True):
    """What a cashier did about a refund; the table only grows. The bank's reference of a payout counts once."""

    __tablename__ = "refund_act"
    __table_args__ = (
        Index("refund_act_refund", "refund_id"),
        Index("refund_act_payout", "agency", "reference", unique=True, postgresql_where=text("act = 'paid'")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    refund_id: UUID = Field(foreign_key="refund.id")
    agency: str
    officer: UUID
    at: datetime = Field(sa_column=moment())
    act: str
    amount: int = Field(sa_column=satang())
    reason: str | None = None
    reference: str | None = None
    """Of a payout: the bank's; of a proposal: the payout instruction's."""
    paid_on: date | None = None


METADATA = Base.metadata
