"""Files that are on the register: what lies in the store is given out only while it is what was registered."""

import asyncio
import hashlib

from kit.app import Kit
from kit.storage import Files
from services.issuance.domain import OriginalUnreadable


class FileChanged(OriginalUnreadable):
    """The file in the store is not the one of the register: an operator has to look."""


async def registered_file(kit: Kit, stored_as: str, sha256: str) -> bytes:
    """The file under that name, whose digest is the register's; FileChanged. Hashed beside the event loop."""
    body = await kit.resource(Files).get(stored_as)
    if await asyncio.to_thread(_digest, body) != sha256:
        msg = f"{stored_as} was changed in the store"
        raise FileChanged(msg)
    return body


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
