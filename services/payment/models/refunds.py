"""Refunds, and the acts on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, text, true
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.payment.models.base import Base, moment, satang


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
