"""Tables of the documents, and the register of every number that was ever given."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field
from uuid_utils.compat import uuid7

from kit.clock import local_date
from kit.contracts.definition import IssuanceStep, Section
from services.issuance import domain
from services.issuance.models.base import Base, moment, structure


class Series(Base, table=True):
    """The last number given in one series of an agency and Buddhist year; locked while a number is given."""

    agency: str = Field(primary_key=True)
    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class Document(Base, table=True):
    """One document of one journey: from the hand-over to the sealed file and its live status.

    Besides the applicant's id nothing personal is kept, save what the definition makes public (``public``).
    """

    __table_args__ = (
        UniqueConstraint("journey_id", "step"),
        UniqueConstraint("token"),
        Index("document_sha256", "sha256"),
        Index("document_state", "agency", "state"),
        Index("document_register", "issued_at", "id", postgresql_where=text("issued_at IS NOT NULL")),
        Index("document_grams", "grams", postgresql_using="gin"),
        Index("document_ends", "valid_until", postgresql_where=text("removed_on IS NULL AND valid_until IS NOT NULL")),
        Index(
            "document_ended", "requested_at",
            postgresql_where=text("removed_on IS NULL AND state IN ('revoked', 'replaced', 'stopped', 'failed')"),
        ),
        # Whatever goes wrong: a document is replaced once, and of two editions of a number each has its own.
        Index(
            "document_replaces", "replaces", unique=True,
            postgresql_where=text("replaces IS NOT NULL AND state <> 'stopped'"),
        ),
        Index(
            "document_edition", "agency", "series", "year", "running", "edition", unique=True,
            postgresql_where=text("edition > 0 AND state <> 'stopped'"),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_column=structure())
    person_id: UUID | None
    application_number: str
    agency_name: dict[str, str] = Field(sa_column=structure())
    title: dict[str, str] = Field(sa_column=structure())
    series: str
    state: str
    reason: str | None = None
    """Why it was stopped or failed."""
    fault: str | None = None
    """What the compositor or the seal said, for the operator."""
    attempt: int = 1
    requested_at: datetime = Field(sa_column=moment())

    year: int | None = None
    running: int | None = None
    numbered_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    issued_on: date | None = None
    valid_until: date | None = None
    token: str | None = None

    file_name: str | None = None
    stored_as: str | None = None
    sha256: str | None = None
    public: list[dict[str, Any]] = Field(default_factory=list, sa_column=structure())
    issued_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))

    document_type: str | None = None
    searched: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What the public register is searched in: of what it shows, and in one spelling."""
    grams: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))
    )
    """Its n-grams, which find it (``domain/searching.py``)."""

    kind: str = Field(default="first", sa_column_kwargs={"server_default": "first"})
    replaces: UUID | None = None
    """The document in whose place it stands."""
    origin: UUID | None = None
    """The first document of the same term, where it is not that itself: limits count over all that follow it."""
    edition: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The how-manieth document under its number, after the first."""
    suspended_until: date | None = None
    """The last day of a suspension; None: until further notice."""
    told_until: date | None = None
    """The last of the days before its end that its holder was reminded of."""
    removed_on: date | None = None
    """When its years were over: since then it says nothing of anybody (``domain/retaining.py``)."""

    @property
    def number(self) -> str:
        """The printed number; ValueError while it has none."""
        if self.year is None or self.running is None:
            msg = "the document has no number"
            raise ValueError(msg)
        return domain.number_text(self.series, self.year, self.running, self.edition)

    @property
    def made_on(self) -> date:
        """The day on which it got its number: a substitute has the day of issue of the one before. ValueError."""
        if self.issued_on is None:
            msg = "the document has no day"
            raise ValueError(msg)
        return local_date(self.numbered_at) if self.numbered_at else self.issued_on

    @property
    def plan_step(self) -> str:
        """The step of the plan. What takes the place of a document has ``<step>.<n>`` in ``step``.

        The release before relies on one document for each journey and step.
        """
        return self.step.partition(".")[0]

    def settings(self, section: Section) -> IssuanceStep:
        """What its definition says of the step by which it is issued, whose place it may have taken."""
        said: IssuanceStep = section.settings(self.plan_step)
        return said

    @property
    def place(self) -> int:
        """The how-manieth document of its journey and step it is, after the first; its file's name says so."""
        return int(self.step.partition(".")[2] or 0)

    @property
    def term_id(self) -> UUID:
        """The first document of the term that this one stands for."""
        return self.origin or self.id


class ArchivedFile(Base, table=True):
    """A later version of an issued file: the one before it, unchanged, with what makes it last behind."""

    __table_args__ = (ForeignKeyConstraint(["document_id"], ["document.id"]), Index("archivedfile_sha256", "sha256"))

    document_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    """2 and on: the first is the file as it was issued."""
    stored_as: str
    sha256: str
    archived_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    """When the certificate of its archive time-stamp ends: before that it is stamped anew."""


class Number(Base, table=True):
    """One number of a series: given, then issued, or void with its reason; never taken back."""

    __table_args__ = (
        ForeignKeyConstraint(["document_id"], ["document.id"]),
        CheckConstraint("state IN ('given', 'issued', 'void')", name="number_state"),
        CheckConstraint("(state = 'void') = (reason IS NOT NULL)", name="void_has_a_reason"),
        # Whatever goes wrong: a document never has two numbers that count.
        Index("number_document", "document_id", unique=True, postgresql_where=text("state <> 'void'")),
    )

    agency: str = Field(primary_key=True)
    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    running: int = Field(primary_key=True)
    document_id: UUID
    state: str
    reason: str | None = None
    given_at: datetime = Field(sa_column=moment())
    settled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
