"""The defects of an application: their record is kept, signed, corrected; what stays uncorrected ends the application.

The lock of the application decides between correction, withdrawal and the end of the time.
"""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.auth import Principal
from kit.calendars import calendar_of, proclaim
from kit.claims import DEFECT, Known
from kit.clock import BANGKOK, clock
from kit.cloudevents import Event
from kit.contracts.claims import DefectClaim
from kit.contracts.definition import RequestStep, Section
from kit.contracts.events import CalendarChanged, Corrected, Returned, StruckOff
from kit.contracts.journey import Outcome
from kit.rows import put
from services.request import domain, queries
from services.request.commands.changing import change, write
from services.request.domain import CorrectionState, State
from services.request.models import Application, Correction
from services.request.schemas import CorrectedForm

UNCORRECTED = "uncorrected"
"""Due work: when the time for a correction is over."""


async def record_defects(session: AsyncSession, event: Event, known: Known) -> None:
    """Keep the record of an application's defects; it waits for their correction until the time is over.

    Nothing where the application is not open any more, or a newer record has taken the place of this one: of that
    tells a fact of its own.
    """
    said = known[DEFECT]
    if said.defect == event.data.defect:
        await keep_record(session, said)


async def keep_record(session: AsyncSession, said: DefectClaim) -> None:
    """The same, of whoever has asked review for it; what stands already stays as it is."""
    application = await queries.of_journey(session, said.journey, lock=True)
    if application.state != State.SUBMITTED:
        return
    calendar = await calendar_of(session)
    # The days count from when it could be read here: after an outage of this service they begin then.
    due_at = domain.correction_due(calendar, max(said.recorded_at, clock.now()), said.days, said.due_at)
    if await put(session, _kept(said, due_at), "id"):
        await _watch(session, said.defect, application.journey_id, due_at)


def _kept(said: DefectClaim, due_at: datetime) -> Correction:
    record = said.model_dump(exclude={"defect", "journey", "case", "due_at"})
    return Correction(
        id=said.defect,
        journey_id=said.journey,
        case_id=said.case,
        due_at=due_at,
        **record,
        state=CorrectionState.WAITING,
        remarks="",
        changed=[],
    )


async def _watch(session: AsyncSession, defect: UUID, journey: UUID, due_at: datetime) -> None:
    payload = {"journey": str(journey)}
    at = domain.over_at(due_at)
    await duework.add(session, UNCORRECTED, defect, due_at=at, payload=payload, journey=journey)


async def acknowledge_defects(
    session: AsyncSession, principal: Principal, journey: UUID, digest: str
) -> tuple[Application, Correction]:
    """Sign the record (ETA s.9); RecordDiffers unless the digest is its. A repeat changes nothing."""
    application = await queries.owned(session, principal, journey, lock=True)
    correction = await queries.last_correction(session, journey)
    domain.require_read(correction.digest, digest)
    if correction.acknowledged_at is None:
        domain.require_waiting(State(application.state))
        await write(session, correction, **_signed(principal, clock.now()))
    return application, correction


def _signed(principal: Principal, at: datetime) -> dict[str, Any]:
    """Who signed, and how this person had signed in."""
    names = ("kind", "session", "ial", "aal")
    return {"acknowledged_at": at, "signature": {name: getattr(principal, name) for name in names}}


async def correct(
    session: AsyncSession, principal: Principal, journey: UUID, section: Section, said: CorrectedForm
) -> tuple[Application, Correction]:
    """Correct the recorded defects and tell so; who has not signed the record signs it with that, by its digest.

    RecordDiffers, CorrectionTooLate; CorrectionInvalid and FormInvalid with a fault per field. A repeat changes
    nothing, and CorrectionMade when it says something else.
    """
    application = await queries.owned(session, principal, journey, lock=True)
    correction = await queries.last_correction(session, journey)
    domain.require_read(correction.digest, said.digest)
    changed = domain.differences(application.form, said.form)
    if correction.state == CorrectionState.CORRECTED:
        if changed or said.remarks != correction.remarks:
            raise domain.CorrectionMade()
        return application, correction
    now = clock.now()
    domain.require_in_time(State(application.state), correction.due_at, now)
    form = queries.form_for(section, application.step)
    faults = domain.correction_faults(correction.pointers, changed, said.remarks, form.schema)
    if correction.acknowledged_at is None and said.digest is None:
        faults.append(domain.unsigned())
    read, of_the_form = form.read(said.form)
    if faults:
        raise domain.CorrectionInvalid(errors=[*faults, *of_the_form])
    if of_the_form:
        raise domain.FormInvalid(errors=of_the_form)
    signed = _signed(principal, now) if correction.acknowledged_at is None else {}
    told = domain.told_changes(correction.pointers, changed)
    await _keep(session, application, correction, said, now, changed=told, **signed)
    settings: RequestStep = section.settings(application.step)
    address = domain.postal_address(read, settings.postal_address, form.schema)
    await change(session, application, form=said.form, filed_form=read, postal_address=address)
    await outbox.add(session, Corrected(defect=correction.id), application)
    return application, correction


async def _keep(
    session: AsyncSession,
    application: Application,
    correction: Correction,
    said: CorrectedForm,
    now: datetime,
    **more: Any,
) -> None:
    """Keep what was filed before, and when and with what it was corrected."""
    await write(
        session,
        correction,
        state=CorrectionState.CORRECTED,
        corrected_at=now,
        legally_received_at=(await calendar_of(session)).next_opening(now),
        remarks=said.remarks,
        form_before=application.form,
        filed_before=application.filed_form,
        postal_address_before=application.postal_address,
        payload_sha256=_digest(application, correction, said),
        **more,
    )


def _digest(application: Application, correction: Correction, said: CorrectedForm) -> str:
    """Of what was sent: the acknowledgement of the submission keeps its own."""
    return domain.payload_digest({
        "journey": str(application.journey_id), "definition": application.definition, "defect": str(correction.id),
        "form": said.form, "remarks": said.remarks,
    })  # fmt: skip


async def end_uncorrected(session: AsyncSession, journey: UUID, defect: UUID) -> datetime | None:
    """Return the application, or strike it off, if its defects stayed (LFA58 s.9); when to look again, None: never.

    Nothing where a newer record has taken the place of this one, or the application is not open any more.
    """
    application = await queries.of_journey(session, journey, lock=True)
    correction = await queries.last_correction(session, journey)
    is_waiting = correction.state == CorrectionState.WAITING and application.state == State.SUBMITTED
    if correction.id != defect or not is_waiting:
        return None
    now, over = clock.now(), domain.over_at(correction.due_at)
    if now < over:
        return over
    await write(session, correction, state=correction.uncorrected)
    await change(session, application, state=State.ENDED, closed_at=now)
    if correction.uncorrected == CorrectionState.RETURNED:
        await outbox.hand_over(session, application, Returned, Outcome.RETURNED)
    else:
        await outbox.hand_over(session, application, StruckOff, Outcome.STRUCK_OFF)
    return None


async def change_calendar(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """A day became a holiday or a working day: the time of corrections moves on where its last day is off by now.

    It is never taken back. The due work that looks too early looks again by itself.
    """
    fact: CalendarChanged = event.data
    await proclaim(session, fact.day, fact.is_workday)
    calendar = await calendar_of(session)
    dawn = datetime.combine(fact.day, time.min, BANGKOK)
    for correction in await queries.waiting_corrections(session, dawn):
        due_at = domain.correction_due(calendar, correction.recorded_at, correction.days, correction.due_at)
        if due_at != correction.due_at:
            await write(session, correction, due_at=due_at)
