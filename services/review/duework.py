"""Due work: a lease that has run out goes back to the queue by itself."""

from typing import Any
from uuid import UUID

from kit.app import Kit
from services.review import commands


async def release_lease(kit: Kit, key: str, payload: dict[str, Any]) -> None:  # noqa: ARG001
    """Release the case if its lease has run out meanwhile; nothing to do when it was renewed or ended."""
    async with kit.database.transaction() as session:
        await commands.release_lapsed(session, UUID(payload["case"]))


WORK = {commands.RELEASE_LEASE: release_lease}
