"""Official letters, and the register in which they are numbered."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.delivery.models.notices import Base, moment


class LetterSeries(Base, table=True):
    """The last number of an agency's register of sent letters in a Buddhist year; locked while one is given."""

    __tablename__ = "letter_series"

    agency: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class Letter(Base, table=True):
    """One letter with its number: an entry of the register of sent letters (ทะเบียนส่ง). It never goes.

    What it says about a journey does, when the time of the journey is over: ``emptied_at``.
    """

    __table_args__ = (
        UniqueConstraint("agency", "year", "running"),
        UniqueConstraint("agency", "idempotency_key"),
        Index("letter_full", "registered_at", postgresql_where=text("journey_id IS NOT NULL AND emptied_at IS NULL")),
        CheckConstraint("state IN ('registered', 'sent', 'refused', 'acknowledged')", name="letter_state"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agency: str
    year: int
    running: int
    number: str
    """As printed."""
    to_agency: str
    mailbox: str
    """Whereto, as the address book said."""
    subject: str
    salutation: str
    reference: str | None = None
    body: str
    signer: str
    position: str
    urgency: str
    secrecy: str
    journey_id: UUID | None = None
    enclosure: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """The document that goes with it, ``domain.Enclosure``."""
    idempotency_key: str
    fingerprint: str
    registered_by: UUID | None = None
    """None: the platform, by its settings."""
    registered_at: datetime = Field(sa_column=moment())
    state: str
    message_id: str | None = None
    sha256: str | None = None
    """Of the mail that was taken or refused, to the last byte."""
    reply: str | None = None
    """Code and status of the mail server's answer; of a letter that can never leave ``enclosure-changed``,
    ``document-gone`` or ``no-own-mailbox``."""
    settled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When the mail server took or refused it."""
    acknowledged_as: str | None = None
    """The number under which the addressee has received it."""
    acknowledged_on: date | None = None
    acknowledged_by: UUID | None = None
    """The officer who took that down."""
    emptied_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
