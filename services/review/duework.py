"""Due work: a lease that has run out goes back to the queue by itself, and a decision that is late is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from kit.app import Kit
from kit.duework import AnyWork, Later, Recurring
from services.review import commands


async def release_lease(kit: Kit, key: str, payload: dict[str, Any]) -> None:  # noqa: ARG001
    """Release the case if its lease has run out meanwhile; nothing to do when it was renewed or ended."""
    async with kit.database.transaction() as session:
        await commands.release_lapsed(session, UUID(payload["case"]))


async def tell_overdue(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Tell that a decision is late, and come again when it would be late for another period."""
    async with kit.database.transaction() as session:
        following = await commands.tell_overdue(session, UUID(key))
    if following is not None:
        raise Later(following)


async def watch_all(kit: Kit, _key: str, _payload: dict[str, Any]) -> None:
    """Watch the clocks that nobody watches: those which a release before, or beside, has started."""
    async with kit.database.transaction() as session:
        await commands.watch_all(session)


WORK: dict[str, AnyWork] = {
    commands.RELEASE_LEASE: release_lease,
    commands.OVERDUE: tell_overdue,
    commands.WATCH: Recurring(watch_all, timedelta(days=1)),
}
