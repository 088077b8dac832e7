"""Request and response bodies of the gateway's own API."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from gateway.domain.differences import Difference
from gateway.domain.journeys import Action, Promise, Standing, StepState, done_at, outcome_text
from gateway.domain.labels import FACTS, PROCESSES
from gateway.models import DefinitionVersion, JourneyHold, JourneyRow
from kit.contracts.codes import AgencyCode, DefinitionId, DefinitionRef
from kit.contracts.definition import Definition, Duration
from kit.contracts.journey import Outcome, Process
from kit.contracts.text import Language, Text


class Body(BaseModel):
    """Base of what is sent: a misspelt member is a fault."""

    model_config = ConfigDict(extra="forbid")


# ── definitions ──────────────────────────────────────────────────────────────────────────────────


class DefinitionSummary(BaseModel):
    """One published version of a government service."""

    id: DefinitionId
    version: int
    ref: DefinitionRef
    agency: AgencyCode
    agency_name: Text
    title: Text
    kind: str
    level: str
    """Service level L0–L3, computed from the plan."""
    published_at: datetime

    @classmethod
    def fields_of(cls, row: DefinitionVersion) -> dict[str, Any]:
        """The members that every view of a version has."""
        return {name: getattr(row, name) for name in DefinitionSummary.model_fields}

    @classmethod
    def of(cls, row: DefinitionVersion) -> Self:
        """The summary of a row."""
        return cls(**cls.fields_of(row))


class DefinitionPage(BaseModel):
    """Definitions in force, by id; ``next`` is the ``after`` of the following page."""

    items: list[DefinitionSummary]
    next: str | None


class DefinitionView(DefinitionSummary):
    """The version in force, and all versions that were published."""

    versions: list[DefinitionSummary]
    definition: Definition


class PublishedDefinition(DefinitionSummary):
    """One version as it was published, with its files."""

    is_in_force: bool
    definition: Definition
    files: dict[str, str]


class LevelReport(BaseModel):
    """How many services in force stand at each level."""

    levels: dict[str, int]
    services: int


class Currency(BaseModel):
    """How a version stands to the one in force; no differences where it is that one."""

    latest: int
    differences: list[Difference]


class CalendarDay(Body):
    """What was proclaimed for a day."""

    is_workday: StrictBool


class ProclaimedDay(CalendarDay):
    """A day of the calendar."""

    day: date


# ── holds ────────────────────────────────────────────────────────────────────────────────────────

Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


class NewHold(Body):
    """Why the records are to be kept, and the law or order by which they are."""

    reason: Words
    legal_basis: Words


class Release(Body):
    """Why they need not be kept any longer."""

    reason: Words


class HoldView(BaseModel):
    """A hold, and who placed and lifted it; ``lifted_at`` is absent while it stands."""

    model_config = ConfigDict(from_attributes=True)

    hold_id: UUID
    journey_id: UUID
    reason: str
    legal_basis: str
    placed_at: datetime
    placed_by: UUID
    lifted_at: datetime | None
    lifted_by: UUID | None
    lift_reason: str | None

    @classmethod
    def of(cls, row: JourneyHold) -> Self:
        """The view of a row."""
        return cls.model_validate(row)


# ── journeys ─────────────────────────────────────────────────────────────────────────────────────


class JourneyStart(Body):
    """Which service, in which language; ``definition`` is ``id`` or ``id@version``."""

    definition: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,59}(@[1-9][0-9]{0,5})?$")]
    language: Language = "th"


class TimelineEntry(BaseModel):
    """One event of a journey; ``seq`` is the ``id`` on the live stream."""

    seq: int
    id: UUID
    type: str
    time: datetime
    step: str | None
    next: Process | None
    """The process that goes on, if this hands over."""
    label: Text
    data: Mapping[str, Any]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The view of a row."""
        type_, following = row["type"], row["next"]
        return cls(
            seq=row["seq"], id=row["event_id"], type=type_, time=row["time"], step=row["step"],
            next=Process(following) if following in PROCESSES else None, label=FACTS[type_],
            data=row["data"],
        )  # fmt: skip


class StepView(BaseModel):
    """One step of the plan, and how it stands."""

    id: str
    process: Process
    label: Text
    state: StepState
    done_at: datetime | None


class ActionView(BaseModel):
    """What the applicant must do next; ``wait``: nothing for now."""

    code: str
    text: Text
    link: str | None
    invoice: dict[str, Any] | None = None

    @classmethod
    def of(cls, action: Action) -> Self:
        """The view of an action."""
        invoice = dict(action.invoice) if action.invoice else None
        return cls(code=action.code, text=action.text, link=action.link, invoice=invoice)


class PromiseView(BaseModel):
    """By when the decision is promised: the earlier of the manual's period and the Act's."""

    due_at: datetime | None
    """None before submission, and while nobody has said since a record of defects that the application is complete."""
    counted_from: str | None
    manual: Duration
    act: Duration | None


class EndView(BaseModel):
    """How the journey ended."""

    at: datetime
    outcome: Outcome
    text: Text


class JourneySummary(BaseModel):
    """One journey in a list."""

    id: UUID
    definition: DefinitionRef
    title: Text
    agency: AgencyCode
    agency_name: Text
    level: str
    language: Language
    started_at: datetime
    tracking_number: str | None
    current: str | None
    """The step that the journey is at."""
    action: ActionView
    promised: PromiseView
    ended: EndView | None


class JourneyView(JourneySummary):
    """A journey: its plan, and every event on its way."""

    steps: list[StepView]
    timeline: list[TimelineEntry]


class StartedJourney(JourneyView):
    """A journey that was just started; the secret is shown here and never again."""

    secret: str | None
    """With the tracking number it opens the journey: ``Authorization: Journey <tracking number>.<secret>``."""


class JourneyPage(BaseModel):
    """One's own journeys, newest first; ``next`` is the ``before`` of the following page."""

    items: list[JourneySummary]
    next: UUID | None


def summary_fields(
    row: JourneyRow, definition: Definition, standing: Standing, action: Action, promise: Promise | None
) -> dict[str, Any]:
    """The members that a journey has in a list and alone."""
    ended = None
    if standing.ended_at is not None and standing.outcome is not None:
        ended = EndView(at=standing.ended_at, outcome=standing.outcome, text=outcome_text(standing.outcome))
    return {
        "id": row.journey_id,
        "definition": row.definition,
        "title": definition.title,
        "agency": row.agency,
        "agency_name": definition.agency_name,
        "level": definition.level,
        "language": row.language,
        "started_at": row.started_at,
        "tracking_number": row.tracking_number,
        "current": standing.current.id if standing.current else None,
        "action": ActionView.of(action),
        "promised": PromiseView(
            due_at=promise.due_at if promise else None,
            counted_from=promise.counted_from if promise else None,
            manual=definition.periods.manual,
            act=definition.periods.act,
        ),
        "ended": ended,
    }


def step_views(
    row: JourneyRow, definition: Definition, standing: Standing, entries: Sequence[TimelineEntry]
) -> list[StepView]:
    """The plan with the state of each step."""
    return [
        StepView(
            id=step.id, process=step.process, label=PROCESSES[step.process], state=state,
            done_at=done_at(step, entries, row.started_at) if state is StepState.DONE else None,
        )
        for step, state in zip(definition.steps, standing.states, strict=True)
    ]  # fmt: skip
