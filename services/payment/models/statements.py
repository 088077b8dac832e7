"""What a bank's statements say, and what of it differs from the books."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


class Statement(Base, table=True):
    """One file of a bank, taken in once."""

    __table_args__ = (UniqueConstraint("agency", "digest"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agency: str
    provider: str
    digest: str
    """SHA-256 over the file and the period it is said to be of."""
    first_day: date
    last_day: date
    lines: int
    new_lines: int
    """Of them: not told by a statement before."""
    imported_by: UUID | None
    """An officer; none where the operator's command took it in."""
    imported_at: datetime = Field(sa_column=moment())


class StatementDay(Base, table=True):
    """A day of a biller of which the bank has said everything: it was over when the statement came."""

    __tablename__ = "statement_day"

    agency: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    biller_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    statement_id: UUID = Field(foreign_key="statement.id")


class StatementLine(Base, table=True):
    """One transaction as the bank's statement has it; never changed, save that what a payer typed goes in the end."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("provider", "transaction_id"),
        Index("statement_line_day", "agency", "day"),
        Index("statement_line_kept", "day", postgresql_where=text("removed_on IS NULL")),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    statement_id: UUID = Field(foreign_key="statement.id")
    agency: str
    provider: str
    biller_id: str
    transaction_id: str
    reference1: str
    reference2: str
    channel: str
    amount: int = Field(sa_column=satang())
    value_at: datetime = Field(sa_column=moment())
    day: date
    """On which it is compared: its own or, where that was closed, the first that was open when it came."""
    removed_on: date | None = None


class Discrepancy(Base, table=True):
    """A transaction that the bank and the books do not have alike (ผลต่าง), until a cashier has resolved it."""

    __table_args__ = (
        UniqueConstraint("provider", "transaction_id"),
        Index("discrepancy_queue", "agency", "state", "opened_at", "id"),
        Index("discrepancy_day", "agency", "day"),
        Index(
            "discrepancy_payout", "agency", "reference", unique=True,
            postgresql_where=text("state = 'resolved' AND resolution = 'return'"),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agency: str
    provider: str
    biller_id: str
    transaction_id: str
    day: date
    kind: str
    line_id: UUID | None = Field(default=None, foreign_key="statement_line.id")
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id")
    bank: int = Field(sa_column=satang())
    """Satang of the line; 0 where there is none."""
    books: int = Field(sa_column=satang())
    """Satang of the payment, with what was booked because of this discrepancy; 0 where there is none."""
    adjusted: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Satang by which resolving it has moved the account of the bank."""
    state: str
    opened_at: datetime = Field(sa_column=moment())
    resolution: str | None = None
    invoice_id: UUID | None = Field(default=None, foreign_key="invoice.id")
    """To which the money is, or is to be, assigned."""
    reference: str | None = None
    """The bank's, of what is, or is to be, paid back."""
    paid_on: date | None = None
    proposed_by: UUID | None = None
    resolved_by: UUID | None = None
    resolved_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    removed_on: date | None = None


class DiscrepancyAct(Base, table=True):
    """What was done about a discrepancy, when and why; the table only grows."""

    __tablename__ = "discrepancy_act"
    __table_args__ = (Index("discrepancy_act_discrepancy", "discrepancy_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    discrepancy_id: UUID = Field(foreign_key="discrepancy.id")
    officer: UUID | None
    """None: a statement or a payment that came did it."""
    at: datetime = Field(sa_column=moment())
    act: str
    resolution: str | None = None
    reason: str | None = None
    amount: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Satang that it moved."""
