"""The end of a journey, told once."""

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.claims import SECTION, Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.definition import DeliveryStep, Section
from kit.contracts.events import (
    Completed,
    Delivered,
    Issued,
    Refused,
    Returned,
    ReviewRefused,
    StruckOff,
)
from kit.contracts.journey import Outcome
from kit.rows import put
from services.delivery.commands.claims import (
    APPLICANT,
    ISSUED_DOCUMENT,
    MISSED_CORRECTION,
    REFUSING_CASE,
    REFUSING_DECISION,
    UNCORRECTED_DEFECT,
    reasons,
)
from services.delivery.commands.defects import uncorrected
from services.delivery.commands.notifying import notify
from services.delivery.models import Delivery


async def complete(session: AsyncSession, event: Event, known: Known) -> None:
    """Hand the result to the applicant's inbox: the journey ends, once.

    Two ends may meet here (withdrawn while it was being refused): the first stands.
    """
    outcome = Outcome(event.data.outcome)
    arrival = event.arrival()
    delivery = Delivery(
        id=uuid7(), **arrival, person_id=known[APPLICANT].person, outcome=outcome, completed_at=clock.now()
    )
    if not await put(session, delivery):
        return
    kind = _kind_of_end(event, outcome, known[SECTION])
    await notify(session, event, known, kind, _end_values(event, known))
    if kind == "issued" and "wallet" in known[SECTION].settings(str(event.nextstep)).channels:
        await notify(session, event, known, "wallet", _end_values(event, known))
    await outbox.add(session, Delivered(notice=kind, channel="inbox"), delivery)
    await outbox.add(session, Completed(outcome=outcome), delivery)


def _kind_of_end(event: Event, outcome: Outcome, section: Section) -> str:
    if outcome is not Outcome.PASSED:
        return outcome.value
    if isinstance(event.data, Issued):
        return "issued"
    settings: DeliveryStep = section.settings(str(event.nextstep))
    return "published" if settings.public_document else "completed"


def _end_values(event: Event, known: Known) -> dict[str, str]:
    if isinstance(event.data, Issued):
        document = known[ISSUED_DOCUMENT]
        return {
            "document": document.title_th, "document_en": document.title_en, "document_number": document.number,
        }  # fmt: skip
    if isinstance(event.data, Refused):
        return reasons(known[REFUSING_DECISION])
    if isinstance(event.data, ReviewRefused):
        return reasons(known[REFUSING_CASE])
    if isinstance(event.data, Returned | StruckOff):
        return uncorrected(Outcome(event.data.outcome), known[UNCORRECTED_DEFECT], known[MISSED_CORRECTION])
    return {}
