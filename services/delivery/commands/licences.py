"""What is told of a document after its issue: orders with their grounds, its end, what takes its place."""

from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.claims import DOCUMENT, ORDERS, ClaimNeed, Known
from kit.cloudevents import Event
from kit.contracts.claims import DocumentClaim, Order
from kit.contracts.events import Expiring, LicenceExpired, Replaced, Revoked, SubstituteRefused, Suspended
from services.delivery import domain
from services.delivery.commands.claims import reasons
from services.delivery.commands.notifying import notify
from services.delivery.commands.telling import on_day

LICENCE = ClaimNeed(DOCUMENT.owner, DOCUMENT.name, DocumentClaim)
ACTS: Mapping[type, tuple[str, str]] = {
    Suspended: ("suspend", "licence_suspended"),
    Revoked: ("revoke", "licence_revoked"),
    SubstituteRefused: ("substitute", "substitute_refused"),
}
"""The act of an order, and the kind of notice that tells it."""


async def tell_order(session: AsyncSession, event: Event, known: Known) -> None:
    """A document is suspended or revoked, or a substitute refused: with facts, law, considerations, how to appeal."""
    fact = event.data
    act, kind = ACTS[type(fact)]
    values = _document(known[LICENCE]) | reasons(_order(known[ORDERS].orders, event, act))
    if isinstance(fact, Suspended):
        values |= _until(fact)
    await notify(session, event, known, kind, values)


def _order(orders: Sequence[Order], event: Event, act: str) -> Order:
    """The last order of that kind that was made when the event happened. LookupError where there is none."""
    made = [each for each in orders if each.act == act and each.at <= event.time]
    if not made:
        msg = "issuance shows no such order"
        raise LookupError(msg)
    return made[-1]


def _until(fact: Suspended) -> dict[str, str]:
    if fact.until is None:
        return {"until": domain.FURTHER_NOTICE.th, "until_en": domain.FURTHER_NOTICE.en}
    day = on_day("until", fact.until)
    return {"until": f"ถึงวันที่ {day['until']}", "until_en": f"until {day['until_en']}"}


async def tell_of_licence(session: AsyncSession, event: Event, known: Known) -> None:
    """A document is valid again, replaced by another, about to expire, or expired."""
    fact, values, kind = event.data, _document(known[LICENCE]), "licence_reinstated"
    if isinstance(fact, Replaced):
        change = domain.change_of(fact.kind)
        kind, values = "licence_replaced", values | {"change": change.th, "change_en": change.en}
    elif isinstance(fact, Expiring):
        kind, values = "licence_expiring", values | on_day("expires", fact.expires_on)
    elif isinstance(fact, LicenceExpired):
        kind, values = "licence_expired", values | on_day("expires", fact.expired_on)
    await notify(session, event, known, kind, values)


def _document(claim: DocumentClaim) -> dict[str, str]:
    return {"document": claim.title_th, "document_en": claim.title_en, "document_number": claim.number}
