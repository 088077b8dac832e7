"""A notice is handed out at a counter, to whom it is for."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.clock import clock
from kit.contracts.events import Delivered
from services.delivery import domain
from services.delivery.commands.climbing import note
from services.delivery.commands.hearing import nudge
from services.delivery.domain import Sending
from services.delivery.models import Dispatch, Notice


async def collect(session: AsyncSession, dispatch: Dispatch, notice: Notice, identity: str, officer: UUID) -> None:
    """Receipt is proved: the officer says by which document the identity was checked. The first time counts.

    NothingToFetch for what does not lie ready yet.
    """
    if dispatch.state == Sending.PROVED:
        return
    if dispatch.sent_at is None:
        raise domain.NothingToFetch
    now = clock.now()
    dispatch.state, dispatch.settled_at, dispatch.reason = Sending.PROVED, now, None
    dispatch.proved_at, dispatch.proof, dispatch.waits_until = now, "identity-check", None
    session.add(dispatch)
    event = note(session, dispatch.id, "proved", identity, now, actor=officer)
    await outbox.add(session, Delivered(notice=notice.kind, channel=dispatch.channel), notice)
    await nudge(session, notice.id, event.id)
