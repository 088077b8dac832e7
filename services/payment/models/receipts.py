"""Receipts and their books."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


class ReceiptBook(Base, table=True):
    """The last number given in one book and Buddhist year, calendar or fiscal; locked while a number is given."""

    book: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class Receipt(Base, table=True):
    """One numbered receipt; never changed. What ended it stands in ``receipt_act``.

    When its years are over its number stays; the database lets nothing be taken out of it before.
    """

    __table_args__ = (
        UniqueConstraint("book", "year", "running"),
        Index("receipt_payment", "payment_id", unique=True, postgresql_where=text("replaces IS NULL")),
        Index("receipt_replaces", "replaces", unique=True, postgresql_where=text("replaces IS NOT NULL")),
    )

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
    replaces: UUID | None = Field(default=None, foreign_key="receipt.id")
    """The receipt in whose place it was issued."""
    removed_on: date | None = None

    @property
    def number(self) -> str:
        """``<book>-<Buddhist year>-<running number of six digits>``."""
        return f"{self.book}-{self.year}-{self.running:06d}"


class ReceiptAct(Base, table=True):
    """How a receipt ended, once: cancelled, or replaced by another number. The table only grows.

    ``payer_…`` is what the receipt issued in its place says of the payer instead of what identity says.
    """

    __tablename__ = "receipt_act"

    receipt_id: UUID = Field(primary_key=True, foreign_key="receipt.id")
    act: str
    purpose: str
    reason: str | None
    agency: str
    officer: UUID
    at: datetime = Field(sa_column=moment())
    replaced_by: UUID | None = Field(default=None, foreign_key="receipt.id")
    payer_name: str | None = None
    payer_address: str | None = None
    payer_postcode: str | None = None
    idempotency_key: str | None = None
