"""What is past goes each night, an erasure is answered, and what lies in the store follows what was removed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from kit.app import Kit
from kit.clock import clock
from kit.duework import Later
from kit.retention import Removal, nightly
from kit.storage import Files
from services.issuance import commands, queries
from services.issuance.settings import Settings

ONCE_MORE = timedelta(hours=1)
"""Whoever was making a file while its document was removed has ended by then."""

remove = nightly(Removal(queries.retained.past, commands.remove_past))


async def erase(kit: Kit, key: str, payload: Mapping[str, Any]) -> None:
    """Answer an erasure."""
    async with kit.database.transaction() as session:
        await commands.answer_erasure(session, cast(Settings, kit.settings), UUID(key), UUID(payload["person"]))


async def unstore(kit: Kit, _key: str, payload: Mapping[str, Any]) -> None:
    """Delete every file of a removed document, and once more an hour later; doing it again changes nothing."""
    await kit.resource(Files).remove_folder(payload["folder"])
    if not payload.get("again"):
        raise Later(clock.now() + ONCE_MORE, {**payload, "again": True})
