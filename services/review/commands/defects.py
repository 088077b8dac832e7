"""Defects are recorded once, corrected by the applicant, and recorded again only by a supervisor's leave."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.auth import Principal
from kit.calendars import calendar_of
from kit.claims import APPLICATION, CORRECTION, SECTION, Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.claims import CorrectionClaim
from kit.contracts.definition import DefectTerms, Section
from kit.contracts.events import Accepted, Corrected, DefectRecorded
from services.review import domain
from services.review.commands import cases, clocks
from services.review.commands.recording import record
from services.review.domain import Record, Standing, State, Why
from services.review.models import Case
from services.review.models import DefectRecord as Row
from services.review.queries import defects_of, locked

AGAIN = "corrected"
"""Why an officer must look again, whatever the decision table says now."""


async def record_defects(
    session: AsyncSession,
    case_id: UUID,
    officer: Principal,
    section: Section,
    items: Sequence[dict[str, Any]],
    days: int,
    signature: tuple[str, str],
) -> Row:
    """Record what is wanting and by when it is to be corrected; the legal clock stands until it is.

    ``signature``: name and position as the officer typed them. DefectsRecorded where there is a record and no leave
    for another, FieldUnknown, AppealUnknown where the definition names no right to appeal.
    """
    case = await locked(session, case_id, officer)
    now, by = clock.now(), UUID(officer.subject)
    case.stand(domain.hand_back(case.standing, by, now))
    rows = await defects_of(session, case.id)
    domain.check_first([each.earlier for each in rows])
    domain.check_fields(items, section.form)
    if case.appeal is None:
        raise domain.AppealUnknown()
    terms: DefectTerms = section.settings(case.step).defects
    signed = Record(
        application_number=case.application_number, items=items, days=days, recorded_at=now,
        due_at=(await calendar_of(session)).add(now, days, "calendar_days"), officer=by, officer_name=signature[0],
        officer_position=signature[1], uncorrected=terms.uncorrected, law=terms.source.named.model_dump(),
        appeal=case.appeal,
    )  # fmt: skip
    said = asdict(signed)
    row = Row(
        **{name: said[name] for name in said.keys() & Row.model_fields.keys()},
        case_id=case.id, journey_id=case.journey_id, number=len(rows) + 1,
        digest=signed.digest, session=officer.session, aal=officer.aal,
    )  # fmt: skip
    session.add(row)
    case.clock_stopped_at = now
    await clocks.forget(session, case.id)
    record(session, case.id, "defects-recorded", by, str(row.number))
    await outbox.add(session, DefectRecorded(case=case.id, defect=row.id, due_at=row.due_at), case)
    return row


async def give_leave(session: AsyncSession, case_id: UUID, supervisor: Principal, why: Why, words: str) -> Row:
    """Let one more record be made after a corrected one; given again, nothing changes. NothingCorrected, OwnRecord."""
    case = await locked(session, case_id, supervisor)
    domain.check_open(case.standing)
    rows = await defects_of(session, case.id)
    domain.check_leave([each.earlier for each in rows], UUID(supervisor.subject))
    row = rows[-1]
    if row.leave_by is None:
        row.leave_by, row.leave_at, row.leave_reason, row.leave_words = (
            UUID(supervisor.subject), clock.now(), why, words,
        )  # fmt: skip
        record(session, case.id, "defects-leave", row.leave_by, why)
    return row


async def take_correction(session: AsyncSession, event: Event, known: Known) -> None:
    """The defects are corrected: back into the queue, and the legal clock runs from the day it is complete."""
    fact: Corrected = event.data
    correction: CorrectionClaim = known[CORRECTION]
    row = await session.get(Row, fact.defect)
    case = await session.get(Case, row.case_id, with_for_update=True) if row else None
    if row is None or case is None or case.state != State.DEFECTIVE or row.corrected_at is not None:
        return
    row.corrected_at = correction.corrected_at or event.time
    case.stand(Standing())
    case.accepted_at = correction.legally_received_at or event.time
    due = case.clock.due(await calendar_of(session))
    case.due_at, case.due_by, case.clock_stopped_at, case.told_overdue = due.at, due.by, None, 0
    case.delay_reason = ""  # it was said of the time that has stopped
    cases.advise(case, known[SECTION], known[APPLICATION].form)
    case.queue_reason = AGAIN
    record(session, case.id, "corrected", detail=str(row.number))
    await outbox.add(session, Accepted(case=case.id, due_at=case.due_at), case)
    await clocks.forget(session, case.id)  # who was looking as the clock stopped has left when to look again
    await clocks.watch(session, case)
