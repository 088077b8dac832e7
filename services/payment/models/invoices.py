"""Invoices, the payments on them, and payments begun on a provider's page."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


class Invoice(Base, table=True):
    """What is to be paid at one step of one journey."""

    __table_args__ = (
        UniqueConstraint("journey_id", "step"),
        UniqueConstraint("biller_id", "reference1"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("held >= 0 AND held <= amount", name="held_within_amount"),
        Index("invoice_biller", "agency", "biller_id"),
        Index("invoice_open", "due_at", postgresql_where=text("state = 'open'")),
        Index("invoice_kept", "settled_at", postgresql_where=text("settled_at IS NOT NULL AND removed_on IS NULL")),
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
    receipt_year: str = Field(default="calendar", sa_column_kwargs={"server_default": "calendar"})
    lines: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    amount: int = Field(sa_column=satang())
    state: str
    created_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    settled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    takes_card: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    """Whether the definition lets it be paid by card."""
    reminded: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    """How many of its reminders have come."""
    expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When it expires and the journey with it; None where nothing lapses."""
    held: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Satang that were paid in part, before the rest."""
    removed_on: date | None = None
    """When its years were over: since then it says nothing of anybody (``domain/retaining.py``)."""

    @property
    def missing(self) -> int:
        """Satang that are still to be paid; none unless it is open."""
        return self.amount - self.held if self.state == "open" else 0


class Payment(Base, table=True):
    """One transaction at the bank, claimed by a callback or found by inquiry."""

    __table_args__ = (
        UniqueConstraint("provider", "transaction_id"),
        Index("payment_invoice", "invoice_id"),
        Index("payment_unreconciled", "paid_at", postgresql_where=text("reconciled_on IS NULL AND provider = 'scb'")),
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
    reconciled_on: date | None = None
    """The day whose closing found it on the bank's statement as the books have it."""


class Checkout(Base, table=True):
    """A charge begun at a gateway of cards; its id is the idempotency key there. Nothing of a card is kept."""

    __table_args__ = (
        UniqueConstraint("provider", "charge_id"),
        Index("checkout_invoice", "invoice_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id")
    provider: str
    amount: int = Field(sa_column=satang())
    state: str
    created_at: datetime = Field(sa_column=moment())
    charge_id: str | None = None
    """The gateway's; None until it has answered."""
    url: str | None = None
    expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
