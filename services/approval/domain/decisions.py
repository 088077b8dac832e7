"""The life of a decision: who may make it, when, and what it must state. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kit.contracts.definition import Periods
from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, Forbidden, NotFound, Unprocessable
from kit.workdays import Calendar

LONGEST_REASON = 20_000
REASONS = ("facts", "law", "considerations")


class State(StrEnum):
    """Where a decision stands; all but ``waiting`` are final."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    CLOSED = "closed"


class DecisionNotFound(NotFound):
    """No such decision in the officer's agency."""

    code = "decision-not-found"
    title = Text(th="ไม่พบเรื่องนี้ในหน่วยงานของท่าน", en="No such decision in your agency")


class ApproverIsReviewer(Forbidden):
    """Who reviewed a case does not decide it (separation of duties)."""

    code = "approver-is-reviewer"
    title = Text(th="ผู้ตรวจสอบไม่อาจเป็นผู้อนุมัติเรื่องเดียวกัน", en="Who reviewed a case may not decide it")


class DecisionMade(Conflict):
    """The decision is made and signed; it stands."""

    code = "decision-made"
    title = Text(th="เรื่องนี้มีคำสั่งแล้ว", en="This has been decided")


class DecisionClosed(Conflict):
    """The journey ended before a decision; nobody can make one any more."""

    code = "decision-closed"
    title = Text(th="เรื่องนี้ยุติแล้ว", en="This is closed")


class AppealUnknown(Conflict):
    """The definition names no right to appeal, so nothing can be refused under it (APA39 s.40)."""

    code = "appeal-unknown"
    title = Text(
        th="บริการนี้ยังไม่ได้กำหนดสิทธิอุทธรณ์ จึงออกคำสั่งไม่อนุมัติไม่ได้",
        en="This service names no right to appeal, so nothing can be refused under it",
    )


class ReasonsMissing(Unprocessable):
    """An adverse order states facts, law and considerations (APA39 s.37)."""

    code = "reasons-missing"
    title = Text(
        th="คำสั่งไม่อนุมัติต้องมีข้อเท็จจริง ข้อกฎหมาย และข้อพิจารณา",
        en="A refusal must state facts, law and considerations",
    )


_MISSING = {
    "facts": Text(th="ต้องระบุข้อเท็จจริงอันเป็นสาระสำคัญ", en="State the material facts"),
    "law": Text(th="ต้องระบุข้อกฎหมายที่อ้างอิง", en="State the legal basis"),
    "considerations": Text(
        th="ต้องระบุข้อพิจารณาและข้อสนับสนุนในการใช้ดุลพินิจ", en="State the considerations supporting the discretion"
    ),
}


@dataclass(frozen=True)
class Standing:
    """Where a decision stands: who reviewed, who decided (None: a rule)."""

    reviewer: UUID | None
    state: State = State.WAITING
    decided_by: UUID | None = None


def due_at(periods: Periods, accepted_at: datetime, calendar: Calendar) -> datetime:
    """When the decision is due (LFA58 s.10): at the end of the manual's or the Act's period, the earlier one."""
    stated = [period for period in (periods.manual, periods.act) if period is not None]
    return min(calendar.add(accepted_at, period.amount, period.unit) for period in stated)


def decide(decision: Standing, officer: UUID, state: State) -> Standing:
    """Grant or refuse, by an officer other than the reviewer."""
    if decision.state is State.CLOSED:
        raise DecisionClosed()
    if decision.state is not State.WAITING:
        raise DecisionMade()
    if officer == decision.reviewer:
        raise ApproverIsReviewer()
    return replace(decision, state=state, decided_by=officer)


def grant_by_rule(decision: Standing) -> Standing:
    """Grant under a named rule; only a fresh decision can be, and nothing is ever refused by a rule."""
    if decision.state is not State.WAITING:
        raise DecisionMade()
    return replace(decision, state=State.GRANTED)


def close(decision: Standing) -> Standing:
    """End what waits when its journey has ended; what was decided stays so."""
    return replace(decision, state=State.CLOSED) if decision.state is State.WAITING else decision


def check_refusal(reasons: Mapping[str, str], *, has_appeal: bool) -> None:
    """Raise unless a refusal may be signed: ReasonsMissing has a fault for each reason that is empty."""
    if not has_appeal:
        raise AppealUnknown()
    faults = [
        FieldError(pointer=f"/{name}", code="required", detail=_MISSING[name])
        for name in REASONS
        if not reasons[name].strip()
    ]
    if faults:
        raise ReasonsMissing(errors=faults)
