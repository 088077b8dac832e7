"""What is done after commit: journeys whose application could not be opened at once; and every night holds are told."""

from datetime import time
from typing import Any
from uuid import UUID

from gateway.commands import holds, journeys
from gateway.queries import journeys as queries
from kit.app import Kit
from kit.duework import AnyWork, Recurring

TELL_HOLDS = "tell-holds"
BEFORE_REMOVAL = time(1)


async def open_application(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Have request open the application of a journey, unless that is done."""
    async with kit.database.reading() as session:
        journey = await queries.find(session, UUID(key))
    if journey is None or journey.opened_at is not None:
        return
    await journeys.ask_request(kit.peers, journey)
    async with kit.database.transaction() as session:
        await journeys.record_opened(session, journey)


async def tell_holds(kit: Kit, _key: str, _payload: dict[str, Any]) -> None:
    """Tell the holds that stand, an hour before what is past is removed (``kit/retention.py``).

    A service whose database was restored from before a hold, or to which the fact was lost, would remove what is held.
    """
    async with kit.database.transaction() as session:
        await holds.tell_again(session)


WORK: dict[str, AnyWork] = {
    journeys.OPEN_APPLICATION: open_application,
    TELL_HOLDS: Recurring(tell_holds, BEFORE_REMOVAL),
}
