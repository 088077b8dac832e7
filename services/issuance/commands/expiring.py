"""The end of documents: reminders before it, each told once, and that it has come. One row of due work for each."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.clock import clock, local_date
from kit.contracts.events import Expiring, LicenceExpired
from services.issuance import domain
from services.issuance.commands.telling import tell
from services.issuance.commands.voiding import void_wishes
from services.issuance.domain import State
from services.issuance.models import Document

EXPIRY = "expiry"
"""Due work: at each day before the end of a document of which something is told."""
PLAN = "plan-expiry"
"""Due work: what was issued by a release that planned nothing is planned, batch by batch."""
ENDING = (State.ISSUED, State.SUSPENDED)
"""The states in which a document comes to its end; revoked and replaced ones have come to theirs."""


async def plan(session: AsyncSession, document: Document, leads: Sequence[int], since: date | None = None) -> None:
    """Plan what is told of a document's end; nothing for one without end. Planning it again changes nothing.

    ``since``: the day on which this is done for a document that was issued long before.
    """
    if document.valid_until is None or document.issued_on is None:
        return
    days = domain.milestones(document.made_on, document.valid_until, leads)
    payload = {"since": since} if since else None
    due_at = domain.beginning_of(days[0])
    await duework.add(session, EXPIRY, document.id, due_at=due_at, payload=payload, journey=document.journey_id)


async def forget(session: AsyncSession, document_id: UUID) -> None:
    """Nothing more is told of its end."""
    await duework.cancel(session, EXPIRY, document_id)


async def look_at_end(
    session: AsyncSession, document_id: UUID, leads: Sequence[int], since: date | None = None
) -> datetime | None:
    """Tell what has become due of a document's end, each once and in order; when to look again, None: never.

    Of the days that were past when this was planned (``since``) the last is told and no other.
    """
    document = (await session.exec(select(Document).where(Document.id == document_id).with_for_update())).one()
    if document.state not in ENDING or document.valid_until is None or document.issued_on is None:
        return None
    today, ends_on = local_date(clock.now()), document.valid_until
    days = domain.milestones(document.made_on, ends_on, leads)
    untold = domain.untold(days, document.told_until, today)
    missed = [day for day in untold if since is not None and day < since]
    for day in untold[max(len(missed) - 1, 0) :]:
        is_over = day > ends_on
        fact = (
            LicenceExpired(document=document.id, expired_on=ends_on)
            if is_over
            else Expiring(document=document.id, expires_on=ends_on)
        )
        await tell(session, document, fact)
        document.told_until = day
    if today > ends_on:
        await void_wishes(session, document.id)
    following = domain.following(days, today)
    return domain.beginning_of(following) if following else None
