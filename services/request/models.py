"""Tables of request: applications and the running numbers they are given."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime
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


METADATA = Base.metadata
