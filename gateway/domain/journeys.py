"""Where a journey stands, read from its events: state of every step, what to do next, promised date, end. Pure.

Events come in no promised order, so everything here is computed from the whole set, never step by step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from gateway.domain.labels import OUTCOMES, WAITING
from kit.clock import local_date
from kit.contracts.definition import Definition, DeliveryStep, Periods
from kit.contracts.events import (
    CATALOGUE,
    Accepted,
    Completed,
    Corrected,
    DefectRecorded,
    HandOver,
    Invoiced,
    RefundDue,
    Reminded,
    Submitted,
    Underpaid,
)
from kit.contracts.journey import GATES, Outcome, Process, Step
from kit.contracts.text import Text
from kit.errors import NotFound
from kit.thai import english_date, long_date
from kit.workdays import Calendar

PART_PAID = "part-paid"
"""Why money goes back that was paid towards an invoice which stays open."""


class JourneyNotFound(NotFound):
    """There is no such journey, or none that the caller may know of."""

    code = "journey-not-found"
    title = Text(th="ไม่พบเรื่องนี้", en="There is no such journey")


class Happened(Protocol):
    """One event on the timeline; ``data`` is the fact without its slip."""

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def time(self) -> datetime: ...  # noqa: D102
    @property
    def step(self) -> str | None: ...  # noqa: D102
    @property
    def data(self) -> Mapping[str, Any]: ...  # noqa: D102


class StepState(StrEnum):
    """Of one step of the plan."""

    DONE = "done"
    CURRENT = "current"
    UPCOMING = "upcoming"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Standing:
    """How far a journey has come."""

    states: tuple[StepState, ...]
    """One for each step of the plan."""
    current: Step | None
    outcome: Outcome | None
    """How it ended or is ending; None while it goes its way."""
    ended_at: datetime | None


@dataclass(frozen=True)
class Action:
    """What the applicant must do next; ``wait`` means nothing for now."""

    code: str
    text: Text
    link: str | None = None
    invoice: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Promise:
    """By when the decision is promised, and since when the time is counted."""

    due_at: datetime
    counted_from: str
    """``completeness`` (LFA58 s.10), or ``submission`` while nobody has yet said that it is complete."""


def standing_of(plan: Sequence[Step], happened: Sequence[Happened]) -> Standing:
    """Read the state of every step from the hand-overs that are known."""
    index = {step.id: position for position, step in enumerate(plan)}
    reached = [position for position, step in enumerate(plan) if step.process in GATES]
    reached += [index.get(str(each.step), 0) for each in happened if is_handover(each.type)]
    outcome = _first_negative(happened)
    completed = _last(happened, Completed.type())
    if completed is not None:
        outcome = Outcome(completed.data["outcome"])
    states = _states(len(plan), max(reached, default=-1), outcome, is_completed=completed is not None)
    current = plan[states.index(StepState.CURRENT)] if StepState.CURRENT in states else None
    return Standing(states, current, outcome, completed.time if completed else None)


def _states(length: int, furthest: int, outcome: Outcome | None, *, is_completed: bool) -> tuple[StepState, ...]:
    is_negative = outcome not in (None, Outcome.PASSED)
    current = length - 1 if is_negative else furthest + 1

    def state(position: int) -> StepState:
        if position <= furthest or (is_completed and not (is_negative and position < length - 1)):
            return StepState.DONE
        if position == current:
            return StepState.CURRENT
        return StepState.SKIPPED if is_negative else StepState.UPCOMING

    return tuple(state(position) for position in range(length))


def is_handover(type_: str) -> bool:
    """Whether the fact of this type ends a step."""
    return issubclass(CATALOGUE[type_], HandOver)


def _first_negative(happened: Sequence[Happened]) -> Outcome | None:
    """Of two ends that met (withdrawn while it was being refused) the earlier, whichever was heard of first."""
    handovers = [each for each in happened if is_handover(each.type)]
    ends = [each for each in handovers if each.data["outcome"] != Outcome.PASSED]
    return Outcome(min(ends, key=lambda each: each.time).data["outcome"]) if ends else None


def _last(happened: Iterable[Happened], type_: str, step: str | None = None) -> Happened | None:
    found = [each for each in happened if each.type == type_ and step in (None, each.step)]
    return found[-1] if found else None


def done_at(step: Step, happened: Sequence[Happened], started_at: datetime) -> datetime | None:
    """When a step was ended: a gate at the start of the journey, the others by their hand-over or the end."""
    if step.process in GATES:
        return started_at
    times = [each.time for each in happened if each.step == step.id and _ends_a_step(each.type)]
    return min(times, default=None)


def _ends_a_step(type_: str) -> bool:
    return is_handover(type_) or type_ == Completed.type()


SUBMIT = Text(th="กรอกและยื่นคำขอ", en="Fill in and submit the application")
PAY = Text(th="ชำระค่าธรรมเนียม", en="Pay the fee")
CORRECT = Text(th="แก้ไขข้อบกพร่องของคำขอภายในวันที่ {day}", en="Correct the defects of the application by {day}")
DOWNLOAD = Text(th="ดาวน์โหลดเอกสารของท่าน", en="Download your document")
READ = Text(th="อ่านผลและหนังสือแจ้ง", en="Read the result and the notices")

UNJUDGED = (Process.REQUEST, Process.REVIEW)
"""Where defects can wait for their correction: a record may be heard of before the submission."""


def next_action(
    journey: UUID,
    definition: Definition,
    standing: Standing,
    happened: Sequence[Happened],
    *,
    is_opened: bool,
    calendar: Calendar,
) -> Action:
    """Say what the applicant must do next."""
    base = f"/v1/journeys/{journey}"
    if standing.current is None:
        return _after_the_end(base, definition, standing)
    process = standing.current.process
    if process in UNJUDGED and (due_at := _to_correct(happened)):
        return Action("correct", _by(due_at, calendar), f"{base}/correction")
    if process is Process.REQUEST and is_opened:
        return Action("submit", SUBMIT, f"{base}/application")
    if process is Process.PAYMENT and (bill := _bill(happened, standing.current.id)):
        return Action("pay", PAY, f"/v1/invoices/{bill['invoice']}", bill)
    return Action("wait", WAITING[process])


def _to_correct(happened: Sequence[Happened]) -> datetime | None:
    """By when the defects of the last record are to be corrected; None where that is done, or nothing was recorded."""
    record, accepted = _newest(happened, DefectRecorded.type()), _newest(happened, Accepted.type())
    if record is None or (accepted is not None and accepted.time > record.time):
        return None
    corrected = {each.data["defect"] for each in happened if each.type == Corrected.type()}
    return None if record.data["defect"] in corrected else datetime.fromisoformat(record.data["due_at"])


def _newest(happened: Iterable[Happened], type_: str) -> Happened | None:
    """The last to happen of what may happen again, whenever it was heard."""
    return max((each for each in happened if each.type == type_), key=lambda each: each.time, default=None)


def _by(due_at: datetime, calendar: Calendar) -> Text:
    """The last day, which moves on where it became a holiday since, as it does at request (APA39 s.64)."""
    day = local_date(calendar.moved_on(due_at))
    return Text(th=CORRECT.th.format(day=long_date(day)), en=CORRECT.en.format(day=english_date(day)))


def _bill(happened: Iterable[Happened], step: str) -> Mapping[str, Any] | None:
    """What is to be paid at a step, as was said of it last: less after a part came, more after one went back."""
    bill: dict[str, Any] | None = None
    for each in sorted((each for each in happened if each.step == step), key=lambda told: told.time):
        if each.type in (Invoiced.type(), Reminded.type()):
            bill = dict(each.data)
        elif bill and each.type == Underpaid.type():
            bill["amount_satang"] = each.data["missing_satang"]
        elif bill and each.type == RefundDue.type() and each.data["reason"] == PART_PAID:
            bill["amount_satang"] += each.data["amount_satang"]
    return bill


def _after_the_end(base: str, definition: Definition, standing: Standing) -> Action:
    if standing.outcome is Outcome.PASSED:
        if any(step.process is Process.ISSUANCE for step in definition.steps):
            return Action("download", DOWNLOAD, f"{base}/document")
        delivery = definition.plan[-1]
        if isinstance(delivery, DeliveryStep) and delivery.public_document:
            return Action("download", DOWNLOAD, f"{base}/public-document")
    return Action("read", READ, f"{base}/notices")


def outcome_text(outcome: Outcome) -> Text:
    """How the journey ended, in words."""
    return OUTCOMES[outcome]


def is_reckoned(happened: Sequence[Happened]) -> bool:
    """Whether the promise is reckoned by the calendar: submitted, and review has not judged whether it is complete."""
    judged = (Accepted.type(), DefectRecorded.type())
    return _last(happened, Submitted.type()) is not None and not any(each.type in judged for each in happened)


def counts_days(happened: Sequence[Happened]) -> bool:
    """Whether what is promised, or to be done, follows the calendar."""
    return is_reckoned(happened) or _to_correct(happened) is not None


def promise_of(periods: Periods, happened: Sequence[Happened], calendar: Calendar) -> Promise | None:
    """By when the decision is promised: the earlier of the manual's period and the Act's (LFA58 s.10).

    Review's own deadline counts once the application is complete; until then it is reckoned from submission.
    None before submission, and from a record of defects until review has told anew that it is complete.
    """
    accepted, record = _newest(happened, Accepted.type()), _newest(happened, DefectRecorded.type())
    if accepted is not None and (record is None or record.time < accepted.time):
        return Promise(datetime.fromisoformat(accepted.data["due_at"]), "completeness")
    submitted = _last(happened, Submitted.type())
    if submitted is None or record is not None:
        return None
    received = calendar.next_opening(submitted.time)
    stated = [period for period in (periods.manual, periods.act) if period is not None]
    return Promise(min(calendar.add(received, each.amount, each.unit) for each in stated), "submission")
