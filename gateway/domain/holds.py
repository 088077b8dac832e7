"""Legal holds on journeys: what can go wrong with them. Pure."""

import hashlib
import json

from kit.contracts.text import Text
from kit.errors import NotFound


class HoldNotFound(NotFound):
    """The journey has no such hold."""

    code = "hold-not-found"
    title = Text(th="ไม่พบการระงับการทำลายเอกสารนี้", en="There is no such hold on this journey")


def digest_of(reason: str, legal_basis: str) -> bytes:
    """SHA-256 of what is wanted: the same key with other words is refused."""
    return hashlib.sha256(json.dumps([reason, legal_basis]).encode()).digest()
