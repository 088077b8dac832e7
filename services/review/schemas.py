"""Request and response bodies of review."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from kit.contracts.text import Text
from services.review.domain import LONGEST_REASON, Result, State

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
"""Free text of an officer; PostgreSQL cannot keep the character NUL."""

PRINTABLE = r"^[^\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]*$"
"""It is written into letters, whose XML holds nothing else."""


class Body(BaseModel):
    """What is sent: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid")


class Reasons(Body):
    """Facts, law and considerations (APA39 s.37); an adverse act needs all three."""

    facts: Reason = ""
    law: Reason = ""
    considerations: Reason = ""


class DelayReason(Body):
    """Why the decision takes longer than it may, in words for the applicant."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000, pattern=PRINTABLE)]


class Recommendation(Reasons):
    """The reviewer's result, for the approver."""

    result: Result


class CaseSummary(BaseModel):
    """One case in a queue: nothing of the form in it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    journey_id: UUID
    application_number: str
    definition: str
    unit: str
    priority: int
    state: State
    holder: UUID | None
    lease_until: datetime | None
    result: Result | None
    queue_reason: str | None
    opened_at: datetime
    due_at: datetime


class CasePage(BaseModel):
    """A page of a queue; ``next`` is the cursor of the page after it."""

    items: list[CaseSummary]
    next: str | None


class ClockView(BaseModel):
    """The legal clock: runs from the complete filing to the decision."""

    started_at: datetime
    due_at: datetime
    due_by: str
    stopped_at: datetime | None
    told_overdue: int
    """The number of the last notice of a delay, 0 before the first."""
    delay_reason: str


class Condition(BaseModel):
    """One input of the row that fits; an empty condition fits everything."""

    field: str
    condition: str


class TableView(BaseModel):
    """What the decision table said: the row, its conditions, and why an officer must look, if so."""

    rule: str | None
    conditions: list[Condition]
    queue_reason: str | None


class ActView(BaseModel):
    """One line of the history."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    officer: UUID | None
    act: str
    detail: str | None


class CaseView(CaseSummary):
    """Everything an officer needs to review a case; the form is fetched from request for this answer."""

    has_approval: bool
    form: dict[str, Any]
    facts: str
    law: str
    considerations: str
    appeal: Text | None
    table: TableView
    clock: ClockView
    acts: list[ActView]
