"""Evidence of what left, and of what was read."""

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.clock import clock
from kit.contracts.events import (
    DeliveryFailed,
    Dispatched,
)
from kit.rows import put
from services.delivery.models import Dispatch, Notice


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
