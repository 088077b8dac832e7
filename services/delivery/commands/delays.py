"""What is told of a decision that is late, and to whom a copy goes (LFA58 s.10 para. 2)."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.claims import DELAY, SECTION, Known
from kit.cloudevents import Event
from kit.contracts.definition import Section
from kit.contracts.events import Overdue
from kit.contracts.text import Text
from services.delivery import domain, queries
from services.delivery.commands.claims import APPLICANT
from services.delivery.commands.letters import WantedLetter
from services.delivery.commands.notifying import notify
from services.delivery.commands.telling import on_day
from services.delivery.domain import DelayCopies, Secrecy, Urgency

COPY = "copy-delay"


async def tell_overdue(session: AsyncSession, event: Event, known: Known) -> None:
    """The decision is late, and why; a copy is written where the settings say to whom. Not if it is made by now.

    Nor if the next notice is on its way: those that waited while nobody was here are not given all at once.
    """
    fact: Overdue = event.data
    delay, section, number = known[DELAY], known[SECTION], known[APPLICANT].number
    is_stale = fact.count < delay.count or delay.due_on not in (None, fact.due_on)
    if not delay.is_running or is_stale or await queries.has_ended(session, event.journey):
        return
    why = Text(th=delay.reason, en=delay.reason) if delay.reason else _unexplained(section, number)
    said = {"delay": why.th, "delay_en": why.en, "count": str(fact.count), **on_day("due", fact.due_on)}
    await notify(session, event, known, "overdue", said | {"every": str(section.periods.late.every_days)})
    copy = {
        "agency": event.agency, "journey": str(event.journey), "number": number, "title": section.title.th,
        "due": said["due"], "count": said["count"], "delay": delay.reason or domain.UNEXPLAINED,
    }  # fmt: skip
    await duework.add(session, COPY, event.id, payload=copy, journey=event.journey)


def _unexplained(section: Section, number: str) -> Text:
    agency = section.agency_name
    return domain.filled(domain.NO_REASON, {"agency": agency.th, "agency_en": agency.en, "number": number})


def copy_of_delay(copies: DelayCopies, told: Mapping[str, str]) -> WantedLetter:
    """The letter that tells another authority of a delay; the reason is in the officer's own words."""
    subject, body = domain.delay_copy(told)
    return WantedLetter(
        to=copies.to, subject=subject, salutation=copies.salutation, reference=None, body=body, signer=copies.signer,
        position=copies.position, urgency=Urgency.NORMAL, secrecy=Secrecy.NORMAL, journey=UUID(told["journey"]),
        attach_document=False,
    )  # fmt: skip
