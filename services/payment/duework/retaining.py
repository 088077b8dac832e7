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
from services.payment import commands, queries
from services.payment.settings import Settings

ONCE_MORE = timedelta(hours=1)
"""Whoever was making a document while its receipt was removed has ended by then."""

remove = nightly(
    Removal(queries.retained.past, commands.remove_past), Removal(queries.retained.past_lines, commands.remove_lines)
)


async def erase(kit: Kit, key: str, payload: Mapping[str, Any]) -> None:
    """Answer an erasure."""
    async with kit.database.transaction() as session:
        await commands.answer_erasure(session, cast(Settings, kit.settings), UUID(key), UUID(payload["person"]))


async def unstore(kit: Kit, _key: str, payload: Mapping[str, Any]) -> None:
    """Delete the documents of removed receipts, and once more an hour later; doing it again changes nothing."""
    for name in payload["names"]:
        await kit.resource(Files).remove(name)
    if not payload.get("again"):
        raise Later(clock.now() + ONCE_MORE, {**payload, "again": True})
