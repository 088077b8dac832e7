"""What is told on the way."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.claims import Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.events import Invoiced, RefundDue, RefundPaid, Reminded, Underpaid
from kit.contracts.journey import Slip
from kit.database import deferred
from kit.thai import baht, english_date, long_date
from services.delivery import domain, queries
from services.delivery.commands.claims import RECEIPTS_OF_PAID
from services.delivery.commands.notifying import notify


async def tell_received(session: AsyncSession, event: Event, known: Known) -> None:
    """The application is received."""
    await notify(session, event, known, "received", {})


async def tell_granted(session: AsyncSession, event: Event, known: Known) -> None:
    """The result: granted. Within 7 days of the decision (LFA58 s.10): here at once."""
    if not await queries.has_ended(session, event.journey):
        await notify(session, event, known, "granted", {})


ASKING: Mapping[type, str] = {Invoiced: "pay", Reminded: "pay_reminder", Underpaid: "underpaid"}


async def tell_to_pay(session: AsyncSession, event: Event, known: Known) -> None:
    """A fee, or the rest of one, is due. Nobody is asked after the end, nor for what was paid, however late it is."""
    fact: Invoiced | Reminded | Underpaid = event.data
    kind, now = ASKING[type(fact)], clock.now()
    values = {"amount": baht(fact.amount_satang)} | on_day("due", local_date(fact.due_at))
    if isinstance(fact, Underpaid):
        values["missing"] = baht(fact.missing_satang)
    else:
        values |= _lapse(fact.expires_at, now)
    if fact.due_at < now:
        kind = domain.LATE.get(kind, kind)
    if not await queries.has_ended(session, event.journey) and not await _is_paid(session, event):
        await notify(session, event, known, kind, values)


def _lapse(at: datetime | None, now: datetime) -> dict[str, str]:
    """The sentence that says when the application lapses; nothing where it does not."""
    if at is None or at < now:
        return {"lapse": "", "lapse_en": ""}
    said = domain.filled(domain.LAPSE, on_day("expires", local_date(at)))
    return {"lapse": said.th, "lapse_en": said.en}


async def _is_paid(session: AsyncSession, event: Event) -> bool:
    """Whether it was told that the fee of this step is paid: committed, or in this batch."""
    waiting: list[dict[str, Any]] = [each for each, _ in deferred(session, "notice")]
    told = (Slip.model_validate(each["slip"]).step.id for each in waiting if _tells_payment(each, event.journey))
    step = str(event.step)
    return step in told or await queries.is_paid(session, event.journey, step)


def _tells_payment(notice: Mapping[str, Any], journey: UUID) -> bool:
    return bool(notice["kind"] == "paid" and notice["journey_id"] == journey)


async def tell_of_receipt(session: AsyncSession, event: Event, known: Known) -> None:
    """A receipt was cancelled, and perhaps another issued in its place."""
    await notify(session, event, known, "receipt_replaced" if event.data.by else "receipt_cancelled", {})


async def tell_refunded(session: AsyncSession, event: Event, known: Known) -> None:
    """Money was paid back, which mostly happens after the end."""
    fact: RefundPaid = event.data
    await notify(session, event, known, "refunded", {"amount": baht(fact.amount_satang)})


async def tell_paid(session: AsyncSession, event: Event, known: Known) -> None:
    """A fee was paid and receipted. The fact and the receipt are committed together: where none stands, none will.

    A fee of nothing has no receipt; of one that was cancelled since the applicant is told by that fact.
    """
    receipt = next((each for each in known[RECEIPTS_OF_PAID].receipts if each.step == event.step), None)
    if receipt is not None:
        values = {"amount": baht(receipt.amount_satang), "receipt": receipt.number}
        await notify(session, event, known, "paid", values)


async def tell_refund_due(session: AsyncSession, event: Event, known: Known) -> None:
    """Money must go back, and why."""
    fact: RefundDue = event.data
    reason = domain.refund_reason(fact.reason)
    values = {"amount": baht(fact.amount_satang), "reason": reason.th, "reason_en": reason.en}
    await notify(session, event, known, "refund_due", values)


def on_day(name: str, day: date) -> dict[str, str]:
    """A day as a value, in both languages."""
    return {name: long_date(day), f"{name}_en": english_date(day)}
