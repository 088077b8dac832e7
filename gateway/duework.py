"""What is done after commit: journeys whose application could not be opened at once."""

from typing import Any
from uuid import UUID

from gateway.commands import journeys
from gateway.queries import journeys as queries
from kit.app import Kit


async def open_application(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Have request open the application of a journey, unless that is done."""
    async with kit.database.reading() as session:
        journey = await queries.find(session, UUID(key))
    if journey is None or journey.opened_at is not None:
        return
    await journeys.ask_request(kit.peers, journey)
    async with kit.database.transaction() as session:
        await journeys.record_opened(session, journey)


WORK = {journeys.OPEN_APPLICATION: open_application}
