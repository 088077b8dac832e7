"""Use cases of delivery. Each takes the session and never commits."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.claims import APPLICATION, CASE, DECISION, DOCUMENT, SECTION, ClaimNeed, Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.claims import ApplicationClaim, CaseClaim, DecisionClaim, DocumentClaim
from kit.contracts.definition import DeliveryStep, Section
from kit.contracts.events import (
    Completed,
    Delivered,
    DeliveryFailed,
    Dispatched,
    Invoiced,
    Issued,
    Refused,
    ReviewRefused,
)
from kit.contracts.journey import Outcome
from kit.rows import put
from kit.thai import long_date
from services.delivery import domain
from services.delivery.models import Delivery, Dispatch, Notice

ISSUED_DOCUMENT = ClaimNeed(
    DOCUMENT.owner,
    DOCUMENT.name,
    DocumentClaim,
    lambda event, _: event.journey if isinstance(event.data, Issued) else None,
)
REFUSING_CASE = ClaimNeed(
    CASE.owner,
    CASE.name,
    CaseClaim,
    lambda event, _: event.journey if isinstance(event.data, ReviewRefused) else None,
)
REFUSING_DECISION = ClaimNeed(
    DECISION.owner,
    DECISION.name,
    DecisionClaim,
    lambda event, _: event.journey if isinstance(event.data, Refused) else None,
)


async def complete(session: AsyncSession, event: Event, known: Known) -> None:
    """Hand the result to the applicant's inbox: the journey ends, once.

    Two ends may meet here (withdrawn while it was being refused): the first stands.
    """
    outcome = Outcome(event.data.outcome)
    arrival = event.arrival()
    delivery = Delivery(**arrival, person_id=known[APPLICATION].person, outcome=outcome, completed_at=clock.now())
    if not await put(session, delivery):
        return
    kind = _kind_of_end(event, outcome, known[SECTION])
    notice = await _notify(session, event, known, kind, _end_values(event, known))
    await outbox.add(session, Delivered(notice=notice.kind, channel="inbox"), delivery)
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
        return _reasons(known[REFUSING_DECISION])
    if isinstance(event.data, ReviewRefused):
        return _reasons(known[REFUSING_CASE])
    return {}


def _reasons(refusal: CaseClaim | DecisionClaim) -> dict[str, str]:
    """What the officer wrote, and the right to appeal in the words that were decided (and signed) with it."""
    if refusal.appeal_th is None or refusal.appeal_en is None:
        msg = "a refusal without a right to appeal cannot be told"
        raise ValueError(msg)
    return {
        "facts": refusal.facts,
        "law": refusal.law,
        "considerations": refusal.considerations,
        "appeal": refusal.appeal_th,
        "appeal_en": refusal.appeal_en,
    }


async def tell_received(session: AsyncSession, event: Event, known: Known) -> None:
    """The application is received."""
    await _notify(session, event, known, "received", {})


async def tell_granted(session: AsyncSession, event: Event, known: Known) -> None:
    """The result: granted. Within 7 days of the decision (LFA58 s.10): here at once."""
    if not await _has_ended(session, event.journey):
        await _notify(session, event, known, "granted", {})


async def tell_to_pay(session: AsyncSession, event: Event, known: Known) -> None:
    """A fee is due."""
    fact: Invoiced = event.data
    day = local_date(fact.due_at)
    values = {
        "amount": domain.satang_as_baht(fact.amount_satang),
        "due": long_date(day),
        "due_en": f"{day:%d %B %Y}",
    }
    if not await _has_ended(session, event.journey):
        await _notify(session, event, known, "pay", values)


async def _has_ended(session: AsyncSession, journey: UUID) -> bool:
    """Whether the end was told already: after it nobody is asked to pay, however late the event comes."""
    ended = await session.execute(select(Delivery.id).where(col(Delivery.journey_id) == journey))
    return ended.first() is not None


async def _notify(session: AsyncSession, event: Event, known: Known, kind: str, values: dict[str, str]) -> Notice:
    """Put a notice into the inbox, in this transaction, and plan its way by the outside channels."""
    application: ApplicationClaim = known[APPLICATION]
    section: Section = known[SECTION]
    said = {"title": section.title.th, "title_en": section.title.en, "number": application.number} | values
    subject, body = domain.say(kind, said)
    notice = Notice(
        cause=event.id, person_id=application.person, kind=kind, created_at=clock.now(),
        subject_th=subject.th, subject_en=subject.en, body_th=body.th, body_en=body.en,
        link=_link_of(kind, event.journey),
        journey_id=event.journey, agency=event.agency, definition=str(event.definition),
        step=str(event.nextstep or event.step), slip=_slip_of(event, section),
    )  # fmt: skip
    is_new = await put(session, notice)
    settings: DeliveryStep = section.settings(section.plan[-1].id)
    if is_new and application.email and "email" in settings.channels:
        await duework.add(session, "email", notice.id, journey=event.journey)
    return notice


def _slip_of(event: Event, section: Section) -> dict[str, object]:
    slip = getattr(event.data, "slip", None) or section.slip()
    return slip.model_dump(mode="json")


def _link_of(kind: str, journey: UUID) -> str | None:
    ends = {
        "issued": "document",
        "published": "public-document",
        "pay": "invoices",
        "received": "acknowledgement",
    }
    return f"/v1/journeys/{journey}/{ends[kind]}" if kind in ends else None


async def record_sent(session: AsyncSession, notice: Notice, channel: str, message_id: str, reply: str) -> None:
    """Keep the evidence that a channel took the notice; saying so twice changes nothing."""
    if await _settle(session, notice, channel, "sent", message_id, reply):
        await outbox.add(session, Dispatched(notice=notice.kind, channel=channel), notice)


async def record_refused(session: AsyncSession, notice: Notice, channel: str, message_id: str, reply: str) -> None:
    """Keep the evidence that a channel refused the notice for good; the inbox has it all the same."""
    if await _settle(session, notice, channel, "failed", message_id, reply):
        fact = DeliveryFailed(notice=notice.kind, channel=channel, reason="refused")
        await outbox.add(session, fact, notice)


async def _settle(session: AsyncSession, notice: Notice, channel: str, state: str, message_id: str, reply: str) -> bool:
    row = Dispatch(
        notice_id=notice.id, channel=channel, state=state, message_id=message_id, reply=reply[:500],
        settled_at=clock.now(),
    )  # fmt: skip
    return await put(session, row)


async def mark_read(session: AsyncSession, notice: Notice) -> None:
    """The addressee opened the notice; the first time counts."""
    if notice.read_at is None:
        notice.read_at = clock.now()
        session.add(notice)
