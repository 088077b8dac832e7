"""Tables of review: cases, the records of their defects, and the history of every act."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.contracts.definition import Periods
from kit.contracts.journey import Process, Slip
from kit.contracts.text import Text
from services.review.domain import Clock, Delay, Earlier, Result, Standing, State

Time = DateTime(timezone=True)
IS_OPEN = "state IN ('waiting', 'claimed')"
"""What an officer's queue shows: said in these words, or the index of it is not found."""


class Base(SQLModel, registry=registry()):
    """Own registry: two services' tables must not meet in one metadata."""


class Case(Base, table=True):
    """One application under review. Of the form nothing is kept: it is asked of request when it is read."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("journey_id", "step"),
        Index("cases_queue", "agency", "state", "due_at", "id"),
        Index("cases_open", "agency", "due_at", "id", postgresql_where=text(IS_OPEN)),
        Index("cases_unfinished", "state", postgresql_where=text(IS_OPEN)),
        Index("cases_open_clocks", "due_at", postgresql_where=text("clock_stopped_at IS NULL")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_type=JSONB)
    unit: str
    priority: int
    application_number: str

    state: str = State.WAITING
    holder: UUID | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Time)

    result: str | None = None
    reviewer: UUID | None = None
    rule: str | None = None
    """The row of the decision table that fits, whether it decided or only advises."""
    queue_reason: str | None = None
    """Why an officer must look, as a code; None where the table decided."""
    facts: str = ""
    law: str = ""
    considerations: str = ""
    appeal: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    """The right to appeal under this definition, Thai and English."""

    periods: dict[str, Any] = Field(sa_type=JSONB)
    opened_at: datetime = Field(default_factory=clock.now, sa_type=Time)
    accepted_at: datetime = Field(sa_type=Time)
    due_at: datetime = Field(sa_type=Time)
    due_by: str
    """Which period is the earlier one: ``manual`` or ``act``."""
    decided_at: datetime | None = Field(default=None, sa_type=Time)
    clock_stopped_at: datetime | None = Field(default=None, sa_type=Time)
    told_overdue: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The number of the last notice of a delay; those that fell into an outage are counted and were not given."""
    delay_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Why the decision is late, in the officer's words; empty where nobody has said so."""

    @property
    def standing(self) -> Standing:
        """State and holder, as the domain sees them."""
        return Standing(State(self.state), self.holder, self.lease_until, Result(self.result) if self.result else None)

    def stand(self, standing: Standing) -> None:
        """Take over what the domain has decided."""
        self.state, self.result = standing.state, standing.result
        self.holder, self.lease_until = standing.holder, standing.lease_until

    @property
    def has_approval(self) -> bool:
        """Whether somebody decides after the review."""
        return any(step.process is Process.APPROVAL for step in Slip.model_validate(self.slip).plan)

    @property
    def appeal_text(self) -> Text | None:
        """The right to appeal, to be told with a refusal."""
        return Text.model_validate(self.appeal) if self.appeal else None

    @property
    def clock(self) -> Clock:
        """The legal clock."""
        return Clock(Periods.model_validate(self.periods), self.accepted_at)

    @property
    def delay(self) -> Delay:
        """How late the decision is, and when that is told."""
        return Delay(self.due_at, Periods.model_validate(self.periods).late.every_days)


class DefectRecord(Base, table=True):
    """The defects of an application (LFA58 s.8). What both sides sign never changes; what came of it is added."""

    __tablename__ = "defect_records"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    journey_id: UUID = Field(index=True)
    number: int
    """1 for the one that law allows; the next only by a supervisor's leave."""
    items: list[dict[str, Any]] = Field(sa_type=JSONB)
    days: int
    recorded_at: datetime = Field(sa_type=Time)
    due_at: datetime = Field(sa_type=Time)
    officer: UUID
    officer_name: str
    officer_position: str
    session: str | None
    aal: str | None
    """The sign-in under which the officer's typed name stands for a signature (ETA s.9)."""
    uncorrected: str
    law: dict[str, Any] = Field(sa_type=JSONB)
    appeal: dict[str, Any] = Field(sa_type=JSONB)
    digest: str

    corrected_at: datetime | None = Field(default=None, sa_type=Time)
    leave_by: UUID | None = None
    """The supervisor who gave leave for another record after this one, and why."""
    leave_at: datetime | None = Field(default=None, sa_type=Time)
    leave_reason: str | None = None
    leave_words: str = ""

    @property
    def earlier(self) -> Earlier:
        """What a further record must know of this one."""
        return Earlier(self.officer, self.corrected_at is not None, self.leave_by is not None)


class Act(Base, table=True):
    """One act on a case: who, when, what. Only ever added to."""

    __tablename__ = "case_acts"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    case_id: UUID = Field(index=True, foreign_key="cases.id")
    at: datetime = Field(default_factory=clock.now, sa_type=Time)
    officer: UUID | None = None
    """None when a rule or the clock acted."""
    act: str
    detail: str | None = None
    """A code or a time, never free text."""


METADATA = Base.metadata
