"""The life of a case: who may act on it, when, and what their act makes of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, NotFound, Unprocessable

LONGEST_REASON = 20_000


class State(StrEnum):
    """Where a case stands; ``reviewed`` and ``closed`` are final. ``defective``: it waits for the applicant."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DEFECTIVE = "defective"
    REVIEWED = "reviewed"
    CLOSED = "closed"


class Result(StrEnum):
    """What a review came to."""

    GRANT = "grant"
    REFUSE = "refuse"


class CaseNotFound(NotFound):
    """No such case in the officer's agency."""

    code = "case-not-found"
    title = Text(th="ไม่พบเรื่องนี้ในหน่วยงานของท่าน", en="No such case in your agency")


class CaseClaimed(Conflict):
    """Another officer holds the case."""

    code = "case-claimed"
    title = Text(th="เจ้าหน้าที่ท่านอื่นรับเรื่องนี้ไปแล้ว", en="Another officer has claimed this case")


class CaseNotClaimed(Conflict):
    """The officer does not hold the case, or the lease has run out."""

    code = "case-not-claimed"
    title = Text(th="ท่านต้องรับเรื่องก่อนจึงจะดำเนินการได้", en="Claim the case before you act on it")


class CaseReviewed(Conflict):
    """The review is done; its result stands."""

    code = "case-reviewed"
    title = Text(th="เรื่องนี้ตรวจสอบเสร็จแล้ว", en="The review of this case is done")


class CaseClosed(Conflict):
    """The journey ended; nobody can act any more."""

    code = "case-closed"
    title = Text(th="เรื่องนี้ยุติแล้ว", en="This case is closed")


class CaseDefective(Conflict):
    """Its defects are recorded: the applicant acts next, and nobody else until it is corrected or ended."""

    code = "case-defective"
    title = Text(th="เรื่องนี้รอผู้ยื่นแก้ไขข้อบกพร่อง", en="This case waits for the applicant to correct its defects")


class ClockStopped(Conflict):
    """The decision is made, or the journey ended: nothing is late any more."""

    code = "clock-stopped"
    title = Text(th="เรื่องนี้พิจารณาแล้วเสร็จหรือยุติแล้ว", en="This case is decided or closed; its time has stopped")


class ApprovalDecides(Conflict):
    """The plan has an approval: the reviewer recommends a refusal, an approver makes it."""

    code = "approval-decides"
    title = Text(
        th="บริการนี้มีขั้นตอนอนุมัติ โปรดเสนอความเห็นไม่อนุมัติแทน",
        en="This service has an approval step: recommend the refusal instead",
    )


class ReviewerDecides(Conflict):
    """The plan has no approval: a refusal here is an order, made at its own address."""

    code = "reviewer-decides"
    title = Text(
        th="บริการนี้ไม่มีขั้นตอนอนุมัติ โปรดออกคำสั่งไม่อนุมัติ",
        en="This service has no approval step: refuse instead of recommending it",
    )


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
        th="คำสั่งต้องมีข้อเท็จจริง ข้อกฎหมาย และข้อพิจารณา",
        en="The order must state facts, law and considerations",
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
    """Where a case stands and who holds it until when."""

    state: State = State.WAITING
    holder: UUID | None = None
    lease_until: datetime | None = None
    result: Result | None = None

    def is_held(self, now: datetime) -> bool:
        """Whether somebody's lease is still running."""
        return self.state is State.CLAIMED and self.lease_until is not None and now < self.lease_until


def claim(case: Standing, officer: UUID, now: datetime, lease: timedelta) -> Standing:
    """Take the case; its holder may take it again to renew the lease. CaseClaimed while another holds it."""
    check_open(case)
    if case.is_held(now) and case.holder != officer:
        raise CaseClaimed()
    return Standing(State.CLAIMED, officer, now + lease)


def release(case: Standing, officer: UUID, now: datetime) -> Standing:
    """Give the case back to the queue."""
    check_holder(case, officer, now)
    return Standing()


def lapse(case: Standing, now: datetime) -> Standing | None:
    """The case back in the queue when its lease has run out; None when there is nothing to release."""
    return Standing() if case.state is State.CLAIMED and not case.is_held(now) else None


def conclude(case: Standing, officer: UUID, now: datetime, result: Result) -> Standing:
    """End the review with a result."""
    check_holder(case, officer, now)
    return replace(case, state=State.REVIEWED, lease_until=None, result=result)


def hand_back(case: Standing, officer: UUID, now: datetime) -> Standing:
    """Leave the case to the applicant, whose application has defects."""
    check_holder(case, officer, now)
    return Standing(State.DEFECTIVE)


def close(case: Standing) -> Standing:
    """End a case whose journey has ended; what was reviewed stays so."""
    if case.state in (State.REVIEWED, State.CLOSED):
        return case
    return Standing(State.CLOSED)


def check_holder(case: Standing, officer: UUID, now: datetime) -> None:
    """Raise unless this officer holds the case now."""
    check_open(case)
    if not case.is_held(now) or case.holder != officer:
        raise CaseNotClaimed()


def check_refusal(reasons: Mapping[str, str], *, has_appeal: bool) -> None:
    """Raise unless a refusal may be made: ReasonsMissing has a fault for each reason that is empty."""
    if not has_appeal:
        raise AppealUnknown()
    faults = [
        FieldError(pointer=f"/{name}", code="required", detail=detail)
        for name, detail in _MISSING.items()
        if not reasons[name].strip()
    ]
    if faults:
        raise ReasonsMissing(errors=faults)


def check_open(case: Standing) -> None:
    """Raise unless an officer may act on the case, whoever holds it."""
    if case.state is State.REVIEWED:
        raise CaseReviewed()
    if case.state is State.CLOSED:
        raise CaseClosed()
    check_not_defective(case)


def check_not_defective(case: Standing) -> None:
    """Raise while it waits for the applicant, whose time is no delay of the agency."""
    if case.state is State.DEFECTIVE:
        raise CaseDefective()
