"""Use cases of delivery. Each takes the session and never commits."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from pydantic_core import to_json
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import duework, outbox
from kit.app import Kit
from kit.claims import APPLICATION, CASE, DECISION, DOCUMENT, SECTION, Asking, ClaimNeed, Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.claims import CaseClaim, DecisionClaim, DocumentClaim
from kit.contracts.definition import DeliveryStep, Section
from kit.contracts.events import (
    Completed,
    Delivered,
    DeliveryFailed,
    Dispatched,
    Invoiced,
    Issued,
    RefundPaid,
    Refused,
    ReviewRefused,
)
from kit.contracts.journey import Outcome
from kit.database import defer
from kit.rows import fetch, put
from kit.thai import baht, long_date
from services.delivery import domain, queries
from services.delivery.domain import Applicant
from services.delivery.models import METADATA, Delivery, Dispatch, Notice

NOTICE = ", ".join(METADATA.tables["notice"].columns.keys())
WRITE = f"""
    INSERT INTO notice ({NOTICE}) SELECT {NOTICE} FROM jsonb_populate_recordset(NULL::notice, $1) ON CONFLICT DO NOTHING
"""  # noqa: S608 - the names are ours


class ApplicantNeed(ClaimNeed[Applicant]):
    """The applicant, as kept with an earlier notice of the journey; of a journey that is new here, request is asked."""

    async def ask(self, asking: Asking, ids: Sequence[UUID]) -> dict[UUID, Applicant]:
        """By journey; Missing when request is asked and does not know one."""
        async with cast(Kit, asking).database.reading() as session:
            kept = await queries.applicants(session, ids)
        return {**kept, **await super().ask(asking, [each for each in ids if each not in kept])}


APPLICANT = ApplicantNeed(APPLICATION.owner, APPLICATION.name, Applicant)
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
    delivery = Delivery(
        id=uuid7(), **arrival, person_id=known[APPLICANT].person, outcome=outcome, completed_at=clock.now()
    )
    if not await put(session, delivery):
        return
    kind = _kind_of_end(event, outcome, known[SECTION])
    await _notify(session, event, known, kind, _end_values(event, known))
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
    if not await queries.has_ended(session, event.journey):
        await _notify(session, event, known, "granted", {})


async def tell_to_pay(session: AsyncSession, event: Event, known: Known) -> None:
    """A fee is due. After the end nobody is asked to pay, however late the event comes."""
    fact: Invoiced = event.data
    day = local_date(fact.due_at)
    values = {
        "amount": baht(fact.amount_satang),
        "due": long_date(day),
        "due_en": f"{day:%d %B %Y}",
    }
    if not await queries.has_ended(session, event.journey):
        await _notify(session, event, known, "pay", values)


async def tell_refunded(session: AsyncSession, event: Event, known: Known) -> None:
    """Money was paid back, which mostly happens after the end."""
    fact: RefundPaid = event.data
    await _notify(session, event, known, "refunded", {"amount": baht(fact.amount_satang)})


async def _notify(session: AsyncSession, event: Event, known: Known, kind: str, values: dict[str, str]) -> None:
    """Put a notice into the inbox, in this transaction, and plan its way by the outside channels.

    The notices of a batch are written together at its end; mail of one that stood already finds nothing to send.
    """
    applicant = known[APPLICANT]
    section: Section = known[SECTION]
    said = {"title": section.title.th, "title_en": section.title.en, "number": applicant.number} | values
    subject, body = domain.say(kind, said)
    identifier = uuid7()
    notice = {
        "id": identifier, "cause": event.id, "person_id": applicant.person, "kind": kind, "created_at": clock.now(),
        "subject_th": subject.th, "subject_en": subject.en, "body_th": body.th, "body_en": body.en,
        "link": _link_of(kind, event.journey), "application_number": applicant.number,
        "has_address": applicant.has_address, "journey_id": event.journey, "agency": event.agency,
        "definition": event.definition, "step": event.nextstep or event.step, "slip": _slip_of(event, section),
    }  # fmt: skip
    defer(session, "notice", _write, notice)
    settings: DeliveryStep = section.settings(section.plan[-1].id)
    if applicant.has_address and "email" in settings.channels:
        await duework.add(session, "email", identifier, journey=event.journey)


async def _write(session: AsyncSession, notices: list[dict[str, Any]]) -> None:
    await fetch(session, WRITE, to_json(notices).decode())


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
