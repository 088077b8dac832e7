"""What is told of the defects of an application, up to the end where they stay uncorrected (LFA58 ss.8–9)."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.claims import DEFECT, Known
from kit.clock import local_date
from kit.cloudevents import Event
from kit.contracts.claims import CorrectionClaim, DefectClaim
from kit.contracts.events import DefectRecorded
from kit.contracts.journey import Outcome
from kit.contracts.text import Text
from kit.database import deferred
from services.delivery import domain, queries
from services.delivery.commands.claims import APPLICANT, CORRECTED_APPLICANT
from services.delivery.commands.notifying import notify
from services.delivery.commands.telling import on_day


async def tell_defect(session: AsyncSession, event: Event, known: Known) -> None:
    """The defects, by when they are to be corrected, and what follows. Not after the end, nor of an older record.

    A record that takes the place of another is told by its own fact. One whose correction was told by now, while this
    fact waited for review to answer, asks for nothing any more.
    """
    fact: DefectRecorded = event.data
    record = known[DEFECT]
    if record.defect != fact.defect or await queries.has_ended(session, event.journey):
        return
    if await _is_corrected(session, event.journey, record.recorded_at):
        return
    consequence = domain.filled(
        domain.CONSEQUENCES[record.uncorrected], {"law": record.law_th, "law_en": record.law_en}
    )
    values = _listed(record) | _both("consequence", consequence) | on_day("due", local_date(fact.due_at)) | {
        "appeal": record.appeal_th, "appeal_en": record.appeal_en,
        "officer": record.officer_name, "position": record.officer_position,
    }  # fmt: skip
    await notify(session, event, known, "defect", values)


async def _is_corrected(session: AsyncSession, journey: UUID, recorded_at: datetime) -> bool:
    """Whether a correction was told since then: committed, or in this batch."""
    waiting = (each for each, _ in deferred(session, "notice"))
    in_batch = any(each["kind"] == "corrected" and each["journey_id"] == journey for each in waiting)
    return in_batch or await queries.is_corrected(session, journey, recorded_at)


async def tell_corrected(session: AsyncSession, event: Event, known: Known) -> None:
    """The correction is received."""
    known.learn(APPLICANT, known[CORRECTED_APPLICANT])
    if not await queries.has_ended(session, event.journey):
        await notify(session, event, known, "corrected", {})


def uncorrected(outcome: Outcome, record: DefectClaim, correction: CorrectionClaim) -> dict[str, str]:
    """Facts, law, considerations and the right to appeal of a return or a striking off (APA39 ss.37, 40).

    The last day is request's: it may have moved on. A record that came too late for request was not the one missed.
    """
    said, facts = on_day("due", local_date(correction.due_at)), domain.UNCORRECTED_AS_TOLD
    if record.defect == correction.defect:
        said |= _listed(record) | on_day("recorded", local_date(record.recorded_at))
        facts = domain.UNCORRECTED
    return {
        **_both("facts", domain.filled(facts, said)), **_both("considerations", domain.CONSIDERATIONS[outcome]),
        "law": record.law_th, "law_en": record.law_en, "appeal": record.appeal_th, "appeal_en": record.appeal_en,
    }  # fmt: skip


def _listed(record: DefectClaim) -> dict[str, str]:
    return {"defects": domain.numbered((each.what, each.law) for each in record.items)}


def _both(name: str, words: Text) -> dict[str, str]:
    return {name: words.th, f"{name}_en": words.en}
