"""Since when an order counts as told, and until when it may be appealed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.delivery.models.notices import Base, moment


class AppealPeriod(Base, table=True):
    """The period as it was reckoned at one time; the table only grows, and the last row of a notice counts."""

    __tablename__ = "appeal_period"
    __table_args__ = (Index("appeal_period_notice", "notice_id", "id"), Index("appeal_period_until", "until"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id")
    noticed_on: date
    until: date
    rule: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """The ``DateRule`` as it stood."""
    cause: str
    """``told``, ``read``, ``sent``, ``reported``, ``handed-over`` or ``calendar``."""
    reckoned_at: datetime = Field(sa_column=moment())
