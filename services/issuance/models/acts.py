"""Acts of authority on what was issued, and wishes for substitutes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.issuance.domain import Link
from services.issuance.models.base import Base, moment, structure


class DocumentAct(Base, table=True):
    """An act of authority on a document; the table only grows, and each act holds the digest of the one before.

    Once its document is not kept any more it is emptied; its digest stays.
    """

    __tablename__ = "document_act"
    __table_args__ = (
        ForeignKeyConstraint(["document_id"], ["document.id"]),
        UniqueConstraint("document_id", "place"),
        CheckConstraint("(phase IN ('confirmed', 'rejected')) = (proposal_id IS NOT NULL)", name="settles_a_proposal"),
        # Of two officers who settle a proposal at once only one does.
        Index("document_act_proposal", "proposal_id", unique=True, postgresql_where=text("proposal_id IS NOT NULL")),
        Index("document_act_proposed", "agency", "at", "id", postgresql_where=text("phase = 'proposed'")),
        Index("document_act_term", "term_id", "act"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document_id: UUID
    term_id: UUID
    agency: str
    place: int
    """From 0 on each document."""
    act: str
    phase: str
    proposal_id: UUID | None = None
    """The proposal that is confirmed or rejected."""
    officer: UUID | None = None
    """None: the calendar did it."""
    authority: dict[str, str] = Field(sa_column=structure())
    facts: str = ""
    law: str = ""
    considerations: str = ""
    appeal: dict[str, str] | None = Field(default=None, sa_column=structure(nullable=True))
    until: date | None = None
    """The last day of a suspension."""
    about: UUID | None = None
    """The document that follows, or the wish for a substitute."""
    enclosed: str | None = None
    """SHA-256 of what lies in the store: the corrections of an amendment."""
    at: datetime = Field(sa_column=moment())
    previous: str | None = None
    digest: str

    def content(self) -> dict[str, Any]:
        """What its digest is of, besides the digest before it."""
        return self.model_dump(exclude={"previous", "digest"})

    @property
    def link(self) -> Link:
        """What of it says whether it holds; without content once it is emptied, for every act has an authority."""
        return self.content() if self.authority else None, self.previous, self.digest


class Substitute(Base, table=True):
    """A wish for a substitute (ใบแทน) of a document that was lost or damaged: one at a time for a document."""

    __table_args__ = (
        ForeignKeyConstraint(["document_id"], ["document.id"]),
        CheckConstraint("state IN ('asked', 'granted', 'refused', 'void')", name="substitute_state"),
        Index("substitute_asked", "document_id", unique=True, postgresql_where=text("state = 'asked'")),
        Index("substitute_journey", "journey_id"),
        Index("substitute_queue", "agency", "state", "asked_at", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document_id: UUID
    journey_id: UUID
    agency: str
    reason: str
    """``lost`` or ``damaged``."""
    known_on: date
    """The day on which the holder says to have known of it."""
    is_late: bool
    """Whether it was asked for after the days that the definition gives."""
    state: str
    asked_at: datetime = Field(sa_column=moment())
    settled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
