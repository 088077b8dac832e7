"""The ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


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
