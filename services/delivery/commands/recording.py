"""Evidence of what was read."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.clock import clock
from kit.contracts.events import Read
from services.delivery.commands.reckoning import reckon
from services.delivery.domain import DateRule
from services.delivery.models import Notice


async def mark_read(session: AsyncSession, notice: Notice, rules: Sequence[DateRule]) -> None:
    """The addressee opened the notice; the first time counts and is told."""
    # But for its key: dispatches that refer to it are begun meanwhile.
    await session.refresh(notice, with_for_update={"key_share": True})
    if notice.read_at is None:
        notice.read_at = clock.now()
        session.add(notice)
        await session.flush()
        await outbox.add(session, Read(notice=notice.kind), notice)
        await reckon(session, [notice.id], rules, "read")
