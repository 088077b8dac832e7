"""Request and response bodies of review."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kit.contracts.claims import CorrectionClaim
from kit.contracts.text import PRINTABLE, Text
from services.review.domain import LONGEST_REASON, Result, State, Why

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
"""Free text of an officer; PostgreSQL cannot keep the character NUL."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000, pattern=PRINTABLE)]


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

    reason: Words


IN_ONE_LINE = r"^[^\x00-\x1f\x7f\u2028\u2029\ufffe\uffff]*$"
"""What signs stands in one line of the notice, whatever else is said there."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200, pattern=IN_ONE_LINE)]
Pointer = Annotated[str, StringConstraints(max_length=300, pattern=r"^(/[^/\x00]{1,100}){1,10}$")]


class DefectItem(Body):
    """One defect: what is wrong with a field of the form, or what else is wanting."""

    pointer: Pointer | None = None
    """JSON pointer to the field; without it something else is wanting, a document for one."""
    what: Words
    law: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=PRINTABLE)] = ""
    """The section of the law, or the item of the manual, that wants it."""


class DefectList(Body):
    """All that is wanting, at once: nothing more may be asked for afterwards (LFA58 s.8)."""

    items: Annotated[list[DefectItem], Field(min_length=1, max_length=50)]
    days: Annotated[int, Field(ge=1, le=365)]
    """Calendar days to correct it, from the day after; one that ends on a day off ends on the next working day."""
    name: Name
    position: Name
    """Name and position of the officer, typed: they stand for a signature (ETA s.9)."""


class Leave(Body):
    """A supervisor's leave to record defects once more."""

    reason: Why
    explanation: Words


class DefectView(BaseModel):
    """A record of defects, and what came of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    items: list[DefectItem]
    days: int
    recorded_at: datetime
    due_at: datetime
    officer: UUID
    officer_name: str
    officer_position: str
    uncorrected: str
    """What follows when they stay: ``returned`` or ``struck_off``."""
    law: Text
    appeal: Text
    digest: str
    corrected_at: datetime | None
    leave_by: UUID | None
    leave_at: datetime | None
    leave_reason: Why | None
    leave_words: str


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
    defects: list[DefectView]
    correction: CorrectionClaim | None
    """What the applicant has done about the last record; None while there is none, or request has not heard of it."""
    acts: list[ActView]
