"""Receipts and their books."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


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
