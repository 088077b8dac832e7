"""Tables of the gateway: published definitions, journeys with their owners, and the projected timeline.

`Journey` is truth, written once at its start. `Progress` and `Entry` are a projection of the events: they
never name an owner, may stand before or without the journey's row, and can be built anew at any time.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from kit.contracts.text import Language


class Base(SQLModel, registry=registry()):
    """The gateway's own tables."""


def _time(*, nullable: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable)


def _json() -> Any:
    return Column(JSONB, nullable=False)


class DefinitionVersion(Base, table=True):
    """One published version of a government service; never changed afterwards."""

    __tablename__ = "definition_version"

    id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    agency: str = Field(index=True)
    agency_name: dict[str, str] = Field(sa_column=_json())
    title: dict[str, str] = Field(sa_column=_json())
    kind: str
    level: str
    bundle: dict[str, Any] = Field(sa_column=_json())
    digest: str
    """SHA-256 of what was published, hex: tells a repeat from another text."""
    published_at: datetime = Field(sa_column=_time())
    published_by: str
    """``client:<id>`` or ``officer:<id>``."""

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"


class Journey(Base, table=True):
    """One applicant's way through one definition version, and whose it is."""

    __tablename__ = "journey"
    __table_args__ = (
        # Either a person owns it or whoever knows its secret holds it, never both.
        CheckConstraint("(person IS NULL) = (tracking_number IS NOT NULL)", name="owner_or_holder"),
        CheckConstraint("(tracking_number IS NULL) = (secret_hash IS NULL)", name="tracked_with_secret"),
        # In the order of a person's list, page by page: the ids are in the order of time.
        Index("journey_of_person", "person", "journey_id"),
    )

    journey_id: UUID = Field(primary_key=True)
    definition: str
    agency: str
    person: UUID | None = None
    tracking_number: str | None = Field(default=None, unique=True)
    secret_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    language: str
    idempotency: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """SHA-256 of who asked and their ``Idempotency-Key``."""
    request_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """SHA-256 of what was asked: the same key with another body is refused."""
    started_at: datetime = Field(sa_column=_time())
    opened_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """When request has opened the application; None while that is still to be done."""


class JourneyRow(NamedTuple):
    """A row of ``journey`` as the driver reads and writes it, without the ORM; what its columns mean is said there."""

    journey_id: UUID
    definition: str
    agency: str
    person: UUID | None
    tracking_number: str | None
    secret_hash: bytes | None
    language: Language
    idempotency: bytes
    request_hash: bytes
    started_at: datetime
    opened_at: datetime | None = None


class Progress(Base, table=True):
    """How many events of a journey are known; its row lock gives the sequence numbers."""

    __tablename__ = "progress"
    __table_args__ = (Index("progress_open", "journey_id", postgresql_where=text("NOT is_ended")),)

    journey_id: UUID = Field(primary_key=True)
    last_seq: int
    is_ended: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """Whether its end is among them."""


class Entry(Base, table=True):
    """One event on a journey's timeline."""

    __tablename__ = "timeline"

    journey_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    """1, 2, 3, … in the order of arrival: the ``id`` of the live stream."""
    event_id: UUID = Field(unique=True)
    type: str
    time: datetime = Field(sa_column=_time())
    step: str | None = Field(default=None, sa_column=Column(Text))
    next: str
    nextstep: str | None = Field(default=None, sa_column=Column(Text))
    data: dict[str, Any] = Field(sa_column=_json())
    """The fact without its slip: ids, codes, amounts, times."""


class JourneyHold(Base, table=True):
    """A legal hold: why the records of a journey are kept, and who has said so. It is never removed nor told."""

    __tablename__ = "journey_hold"
    __table_args__ = (
        CheckConstraint("num_nulls(lifted_at, lifted_by, lift_reason) IN (0, 3)", name="lifted_whole"),
        Index("journey_hold_of_journey", "journey_id", "placed_at"),
    )

    hold_id: UUID = Field(primary_key=True)
    journey_id: UUID = Field(foreign_key="journey.journey_id")
    reason: str
    legal_basis: str
    idempotency: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """SHA-256 of journey, officer and their ``Idempotency-Key``."""
    request_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    placed_at: datetime = Field(sa_column=_time())
    placed_by: UUID
    """The officer, as ``lifted_by``."""
    lifted_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    lifted_by: UUID | None = None
    lift_reason: str | None = None


METADATA = Base.metadata
