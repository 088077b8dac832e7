"""What lies in the store follows what was removed from the database: deleted after the commit, and once more later."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit.clock import clock
from kit.duework import Later
from kit.storage import Files

if TYPE_CHECKING:
    from kit.app import Kit

UNSTORE = "unstore"
"""Due work; its payload has ``names`` of files, or a ``folder`` with all that lies in it."""
ONCE_MORE = timedelta(hours=1)
"""Whoever was making a file while its record was removed has ended by then."""


async def unstore(kit: "Kit", _key: str, payload: Mapping[str, Any]) -> None:
    """Delete the files of something removed, and once more an hour later; doing it again changes nothing."""
    files = kit.resource(Files)
    for name in payload.get("names", ()):
        await files.remove(name)
    if folder := payload.get("folder"):
        await files.remove_folder(folder)
    if not payload.get("again"):
        raise Later(clock.now() + ONCE_MORE, {**payload, "again": True})
