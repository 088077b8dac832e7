"""The end of each journey, and the notices in the inboxes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7


class Base(SQLModel, registry=registry()):
    """Own registry: the tables of two services never meet."""


def moment(*, nullable: bool = False) -> Any:
    """A column for an instant, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


class Delivery(Base, table=True):
    """The last step of one journey: the result handed to the applicant, once."""

    __table_args__ = (UniqueConstraint("journey_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    person_id: UUID | None
    """None of an anonymous journey, and once the time of its notices is over."""
    outcome: str
    completed_at: datetime = Field(sa_column=moment())


class Notice(Base, table=True):
    """One notice in an inbox, in both languages; ``cause`` is the event it tells of."""

    __table_args__ = (
        UniqueConstraint("cause", "kind"),
        Index("notice_person", "person_id", "id"),
        Index("notice_journey", "journey_id", "id"),
        Index("notice_created", "created_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    cause: UUID
    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    person_id: UUID | None
    kind: str
    subject_th: str
    subject_en: str
    body_th: str
    body_en: str
    link: str | None = None
    application_number: str | None = None
    has_address: bool | None = None
    """With the person all that delivery must know of the applicant again: None on rows from before it was kept."""
    template_id: UUID | None = None
    template_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The words that were used; without a template the shipped ones, version 0."""
    digest: str | None = None
    """SHA-256 of what was said (``domain.digest_of``); None on rows from before it was kept."""
    appeal_days: int | None = None
    """How long the order that is told may be appealed; None where nothing can be."""
    created_at: datetime = Field(sa_column=moment())
    read_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


METADATA = Base.metadata
