"""HTTP in: the officer's queue, one case, and the reviewer's acts."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from kit.app import Kit
from kit.auth import Principal, allow
from kit.claims import APPLICATION, CORRECTION, Missing
from kit.contracts.claims import ApplicationClaim, CorrectionClaim
from kit.contracts.definition import Section
from kit.database import Reading, Session
from kit.errors import Unavailable
from services.review import commands, queries
from services.review.domain import State, table_of
from services.review.models import Act, Case, DefectRecord
from services.review.schemas import (
    ActView,
    CasePage,
    CaseSummary,
    CaseView,
    ClockView,
    Condition,
    DefectList,
    DefectView,
    DelayReason,
    Leave,
    Reasons,
    Recommendation,
    TableView,
)
from services.review.settings import Settings

router = APIRouter(tags=["review"])
Reviewer = Annotated[Principal, Depends(allow("officer:reviewer"))]
Reader = Annotated[Principal, Depends(allow("officer:reviewer", "officer:supervisor"))]
Supervisor = Annotated[Principal, Depends(allow("officer:supervisor"))]
Officer = Annotated[Principal, Depends(allow("officer:reviewer", "officer:approver"))]


async def section_of(case_id: UUID, reviewer: Reviewer, request: Request) -> Section:
    """The section of the case's definition: no connection is held while that is asked for."""
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        case = await queries.find(session, case_id, reviewer)
    return await kit.section(case.definition)


@router.get("/cases")
async def list_cases(
    reader: Reader,
    session: Reading,
    state: Annotated[State | None, Query(description="without it: waiting and claimed ones")] = None,
    unit: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> CasePage:
    """The queue of the officer's agency, the earliest legal deadline first."""
    states = queries.OPEN if state is None else (state,)
    found, following = await queries.queue(session, reader.agency or "", states, unit, cursor, limit)
    return CasePage(items=[CaseSummary.model_validate(case) for case in found], next=following)


@router.get("/cases/{case_id}")
async def read_case(case_id: UUID, reader: Reader, request: Request) -> CaseView:
    """One case with its form, what the decision table said, its defects, its clock and history."""
    kit: Kit = request.app.state.kit
    # No connection is held while others are asked.
    async with kit.database.reading() as session:
        case = await queries.find(session, case_id, reader)
        acts = await queries.acts(session, case_id)
        defects = await queries.defects_of(session, case_id)
    try:
        application = await APPLICATION.one(kit, case.journey_id)
    except Missing:
        raise Unavailable() from None
    section = await kit.section(case.definition)
    return _view(case, acts, application, section, defects, await _correction_of(kit, case.journey_id, defects))


async def _correction_of(kit: Kit, journey: UUID, defects: Sequence[DefectRecord]) -> CorrectionClaim | None:
    """What the applicant has done about the defects; None while request has not heard of them yet."""
    try:
        return await CORRECTION.one(kit, journey) if defects else None
    except Missing:
        return None


@router.post("/cases/{case_id}/claim")
async def claim(case_id: UUID, reviewer: Reviewer, session: Session, request: Request) -> CaseSummary:
    """Take a case; again by its holder: renew the lease. 409 while another officer holds it."""
    settings = cast(Settings, request.app.state.kit.settings)
    case = await commands.claim(session, case_id, reviewer, settings.case_lease)
    return CaseSummary.model_validate(case)


@router.post("/cases/{case_id}/release")
async def release(case_id: UUID, reviewer: Reviewer, session: Session) -> CaseSummary:
    """Give a claimed case back to the queue."""
    return CaseSummary.model_validate(await commands.release(session, case_id, reviewer))


@router.post("/cases/{case_id}/recommendation")
async def recommend(case_id: UUID, recommendation: Recommendation, reviewer: Reviewer, session: Session) -> CaseSummary:
    """End the review of a claimed case.

    ``grant`` decides where the plan has no approval. ``refuse`` goes to the approver and needs facts, law and
    considerations; without an approval step it is refused with 409 (see ``/refusal``).
    """
    reasons = recommendation.model_dump(exclude={"result"})
    case = await commands.recommend(session, case_id, reviewer, recommendation.result, reasons)
    return CaseSummary.model_validate(case)


@router.post("/cases/{case_id}/refusal")
async def refuse(case_id: UUID, reasons: Reasons, reviewer: Reviewer, session: Session) -> CaseSummary:
    """Refuse a claimed case where the plan has no approval: an order (APA39 s.37), told with appeal rights."""
    case = await commands.refuse(session, case_id, reviewer, reasons.model_dump())
    return CaseSummary.model_validate(case)


@router.post("/cases/{case_id}/defects", status_code=201)
async def record_defects(
    case_id: UUID,
    listed: DefectList,
    reviewer: Reviewer,
    section: Annotated[Section, Depends(section_of)],
    session: Session,
) -> DefectView:
    """Record, once, everything that is wanting in a claimed case, and by when it is to be corrected (LFA58 s.8).

    The applicant is told, and the legal clock stands until it is corrected; if it is not, the application is returned
    or struck off. 409 ``defects-recorded-already`` for a second record without a supervisor's leave; 422 for a field
    that the form does not have.
    """
    items = [item.model_dump() for item in listed.items]
    signature = listed.name, listed.position
    row = await commands.record_defects(session, case_id, reviewer, section, items, listed.days, signature)
    return DefectView.model_validate(row)


@router.post("/cases/{case_id}/defects-leave")
async def give_leave(case_id: UUID, leave: Leave, supervisor: Supervisor, session: Session) -> DefectView:
    """Let defects be recorded once more, since an officer was negligent or dishonest (LFA58 s.8).

    After the first ones are corrected, and not by whoever recorded them; given again, nothing changes.
    """
    row = await commands.give_leave(session, case_id, supervisor, leave.reason, leave.explanation)
    return DefectView.model_validate(row)


@router.post("/cases/{case_id}/delay")
async def explain_delay(case_id: UUID, delay: DelayReason, officer: Officer, session: Session) -> CaseSummary:
    """Say why the decision takes longer: the applicant reads it in every notice of the delay (LFA58 s.10 para. 2).

    By whoever reviews or decides, held or not; another reason takes its place. 409 when the decision is made.
    """
    return CaseSummary.model_validate(await commands.explain_delay(session, case_id, officer, delay.reason))


def _view(
    case: Case,
    acts: list[Act],
    application: ApplicationClaim,
    section: Section,
    defects: Sequence[DefectRecord],
    correction: CorrectionClaim | None,
) -> CaseView:
    step = section.settings(case.step)
    table = table_of(section.files[step.table]) if step.table else None
    conditions = table.conditions(case.rule) if table and case.rule else []
    return CaseView(
        **CaseSummary.model_validate(case).model_dump(),
        has_approval=case.has_approval,
        form=application.form,
        facts=case.facts,
        law=case.law,
        considerations=case.considerations,
        appeal=case.appeal_text,
        table=TableView(
            rule=case.rule,
            conditions=[Condition(field=field, condition=cell) for field, cell in conditions],
            queue_reason=case.queue_reason,
        ),
        clock=ClockView(
            started_at=case.accepted_at,
            due_at=case.due_at,
            due_by=case.due_by,
            stopped_at=case.clock_stopped_at,
            told_overdue=case.told_overdue,
            delay_reason=case.delay_reason,
        ),
        defects=[DefectView.model_validate(each) for each in defects],
        correction=correction,
        acts=[ActView.model_validate(act) for act in acts],
    )
