"""A case from its opening to its result or its end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import duework, outbox
from kit.auth import Principal
from kit.calendars import calendar_of
from kit.claims import APPLICATION, SECTION, Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.appeal import appeal_text
from kit.contracts.claims import ApplicationClaim
from kit.contracts.definition import Section
from kit.contracts.events import Accepted, CaseOpened, Recommended, ReviewRefused
from kit.contracts.journey import Outcome
from kit.rows import put
from kit.workdays import Calendar
from services.review import domain
from services.review.commands import clocks
from services.review.commands.recording import record
from services.review.domain import Clock, Result, State
from services.review.models import Case
from services.review.queries import locked

RELEASE_LEASE = "release-lease"


async def open_case(session: AsyncSession, event: Event, known: Known) -> None:
    """Open the one case of a hand-over, start its legal clock, and let the decision table speak first.

    Completeness is checked at once on receipt (LFA58 s.8): as long as no defect is recorded the
    application counts as complete from its legal receipt, and the clock runs from there.
    """
    section, application = known[SECTION], known[APPLICATION]
    case = _new_case(event, section, application, await calendar_of(session))
    judgement = advise(case, section, application.form)
    if judgement.result is not None:
        case.state, case.result = State.REVIEWED, judgement.result
        _conclude(case, clock.now())
    if not await put(session, case, "journey_id", "step"):
        return
    record(session, case.id, "opened", detail=case.queue_reason)
    await outbox.add(session, CaseOpened(case=case.id), case)
    await outbox.add(session, Accepted(case=case.id, due_at=case.due_at), case)
    if case.clock_stopped_at is None:
        await clocks.watch(session, case)
    if case.result is not None:
        record(session, case.id, f"rule-{case.result}", detail=case.rule)
        await _hand_over(session, case)


def _new_case(event: Event, section: Section, application: ApplicationClaim, calendar: Calendar) -> Case:
    arrival = event.arrival()
    step = section.settings(arrival["step"])
    legal = Clock(section.periods, application.legally_received_at)
    due = legal.due(calendar)
    return Case(
        id=uuid7(),  # given, as the time is: to find that a field makes its own costs more than the rest of the row
        opened_at=clock.now(),
        **arrival,
        unit=step.unit,
        priority=step.priority,
        application_number=application.number,
        appeal=appeal_text(section.appeal).model_dump() if section.appeal else None,
        periods=section.periods.model_dump(mode="json", exclude_defaults=True),
        accepted_at=legal.started_at,
        due_at=due.at,
        due_by=due.by,
    )


def _judge(section: Section, case: Case, form: dict[str, Any]) -> domain.Judgement:
    table = section.settings(case.step).table
    if table is None:
        return domain.Judgement(queue_reason="no-table")
    return domain.judge(domain.examine(section.files[table], section.form, form), has_appeal=case.appeal is not None)


def advise(case: Case, section: Section, form: dict[str, Any]) -> domain.Judgement:
    """Put down what the decision table says to the form as it is now."""
    judgement = _judge(section, case, form)
    case.rule, case.queue_reason = judgement.rule, judgement.queue_reason
    case.facts, case.law, case.considerations = judgement.facts, judgement.law, judgement.considerations
    return judgement


async def claim(session: AsyncSession, case_id: UUID, officer: Principal, lease: timedelta) -> Case:
    """Take a case from the queue until the lease runs out; CaseClaimed while another officer holds it."""
    case = await locked(session, case_id, officer)
    now, by = clock.now(), UUID(officer.subject)
    if domain.lapse(case.standing, now) is not None:
        _release(session, case, "lease-ended")
    case.stand(domain.claim(case.standing, by, now, lease))
    record(session, case.id, "claimed", by)
    # A key of its own for each lease: work is never cancelled, it finds nothing to do.
    key = f"{case.id}/{case.lease_until:%Y%m%dT%H%M%S.%f}"
    work = {"case": str(case.id)}
    await duework.add(session, RELEASE_LEASE, key, due_at=case.lease_until, payload=work, journey=case.journey_id)
    return case


async def release(session: AsyncSession, case_id: UUID, officer: Principal) -> Case:
    """Give a case back to the queue."""
    case = await locked(session, case_id, officer)
    by = UUID(officer.subject)
    domain.check_holder(case.standing, by, clock.now())
    _release(session, case, "released", by)
    return case


async def release_lapsed(session: AsyncSession, case_id: UUID) -> None:
    """Give a case back to the queue if its lease has run out."""
    case = await session.get(Case, case_id, with_for_update=True)
    if case is not None and domain.lapse(case.standing, clock.now()) is not None:
        _release(session, case, "lease-ended")


async def recommend(
    session: AsyncSession, case_id: UUID, officer: Principal, result: Result, reasons: Mapping[str, str]
) -> Case:
    """End the review: a grant where the plan has no approval, a recommendation to the approver otherwise.

    A refusal can only be recommended to an approver, and only with facts, law and considerations.
    """
    case = await locked(session, case_id, officer)
    if result is Result.REFUSE:
        domain.check_refusal(reasons, has_appeal=case.appeal is not None)
        if not case.has_approval:
            raise domain.ReviewerDecides()
    await _end_review(session, case, officer, result, reasons)
    return case


async def refuse(session: AsyncSession, case_id: UUID, officer: Principal, reasons: Mapping[str, str]) -> Case:
    """Refuse, where the plan has no approval: an order with facts, law, considerations and appeal rights."""
    case = await locked(session, case_id, officer)
    if case.has_approval:
        raise domain.ApprovalDecides()
    domain.check_refusal(reasons, has_appeal=case.appeal is not None)
    await _end_review(session, case, officer, Result.REFUSE, reasons)
    return case


async def _end_review(
    session: AsyncSession, case: Case, officer: Principal, result: Result, reasons: Mapping[str, str]
) -> None:
    by, now = UUID(officer.subject), clock.now()
    case.stand(domain.conclude(case.standing, by, now, result))
    case.reviewer = by
    case.facts, case.law, case.considerations = (reasons[name] for name in domain.REASONS)
    _conclude(case, now)
    if case.clock_stopped_at is not None:
        await clocks.forget(session, case.id)
    record(session, case.id, result, by)
    await _hand_over(session, case)


def _conclude(case: Case, now: datetime) -> None:
    case.decided_at = now
    if not case.has_approval:
        case.clock_stopped_at = now


async def _hand_over(session: AsyncSession, case: Case) -> None:
    if case.result == Result.REFUSE and not case.has_approval:
        await outbox.hand_over(session, case, ReviewRefused, Outcome.REFUSED)
    else:
        await outbox.hand_over(session, case, Recommended)


async def close_case(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """The journey ended: nobody can act on its case any more, and its clock stands still."""
    unfinished = or_(col(Case.clock_stopped_at).is_(None), Case.state == State.DEFECTIVE)
    query = select(Case).where(Case.journey_id == event.journey, unfinished)
    for case in await session.exec(query.with_for_update()):
        case.stand(domain.close(case.standing))
        case.clock_stopped_at = event.time
        await clocks.forget(session, case.id)
        record(session, case.id, "journey-ended", detail=event.data.name)


def _release(session: AsyncSession, case: Case, act: str, by: UUID | None = None) -> None:
    case.stand(domain.Standing())
    record(session, case.id, act, by)
