"""Due work: what stays uncorrected ends its application."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kit.app import Kit
from kit.duework import AnyWork, Later
from services.request import commands


async def end_uncorrected(kit: Kit, key: str, payload: Mapping[str, Any]) -> None:
    """End the application if its defects stayed; come again where the time has moved on."""
    async with kit.database.transaction() as session:
        again = await commands.end_uncorrected(session, UUID(payload["journey"]), UUID(key))
    if again is not None:
        raise Later(again)


WORK: dict[str, AnyWork] = {commands.UNCORRECTED: end_uncorrected}
