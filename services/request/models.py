"""Tables of request: applications, the running numbers they are given, and the corrections of their defects."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.request.domain import State


class Base(SQLModel, registry=registry()):
    """The registry of this service alone."""


def _time(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class Application(Base, table=True):
    """What an applicant asks for on one journey. ``state`` is a ``domain.State``."""

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    journey_id: UUID = Field(unique=True)
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = State.DRAFT
    person: UUID | None
    """The owner; None when the journey is anonymous and held by whoever knows its secret."""
    language: str
    email: str | None = None
    phone: str | None = None
    """E.164."""
    line_user: str | None = None
    postal_address: str | None = None
    """Line by line, as the form said at submission; only where the definition names the fields."""
    form: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """As it was typed; shown back unchanged."""
    filed_form: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """As it was read at submission: Thai digits and numbers typed as text are what they mean."""
    revision: int = 1
    opened_at: datetime = _time()
    saved_at: datetime = _time()
    submission_key: str | None = None
    number: str | None = Field(default=None, unique=True)
    entered_system_at: datetime | None = _time(nullable=True)
    legally_received_at: datetime | None = _time(nullable=True)
    promised_at: datetime | None = _time(nullable=True)
    payload_sha256: str | None = None
    sealed_at: datetime | None = _time(nullable=True)
    closed_at: datetime | None = _time(nullable=True)


class NumberSeries(Base, table=True):
    """The last running number of an agency, prefix and Buddhist year; its row lock keeps the series gapless."""

    __tablename__ = "number_series"

    agency: str = Field(primary_key=True)
    prefix: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class Correction(Base, table=True):
    """A record of defects as review told it, and what became of it; the last of a journey counts.

    ``state`` is a ``domain.CorrectionState``, ``items`` are a ``DefectClaim``'s.
    """

    __table_args__ = (Index("correction_of_journey", "journey_id", "recorded_at"),)

    id: UUID = Field(primary_key=True)
    """The id of the record."""
    journey_id: UUID = Field(foreign_key="application.journey_id")
    case_id: UUID
    items: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    days: int
    recorded_at: datetime = _time()
    due_at: datetime = _time()
    """The last instant for the correction; moves on where its day becomes a holiday."""
    officer: UUID
    officer_name: str
    officer_position: str
    uncorrected: str
    """``returned`` or ``struck_off``: the state in the end, if nobody corrects."""
    law_th: str
    law_en: str
    appeal_th: str
    appeal_en: str
    digest: str
    state: str
    acknowledged_at: datetime | None = _time(nullable=True)
    signature: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """Of the applicant, under the record: kind of subject, session, ial, aal (ETA s.9)."""
    corrected_at: datetime | None = _time(nullable=True)
    legally_received_at: datetime | None = _time(nullable=True)
    remarks: str
    changed: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    form_before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    filed_before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    postal_address_before: str | None = None
    payload_sha256: str | None = None
    """Of the correction; the acknowledgement of the submission keeps its own."""

    @property
    def pointers(self) -> list[str | None]:
        """Where in the form the defects are; None for each that is no field."""
        return [each.get("pointer") for each in self.items]


METADATA = Base.metadata
