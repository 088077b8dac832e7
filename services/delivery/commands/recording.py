"""Evidence of what was read."""

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from services.delivery.models import Notice


async def mark_read(session: AsyncSession, notice: Notice) -> None:
    """The addressee opened the notice; the first time counts."""
    if notice.read_at is None:
        notice.read_at = clock.now()
        session.add(notice)
