"""Which signing key is used and which are published, by their times alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

KEPT = timedelta(hours=2)
"""How long a superseded key stays published: longer than any access token lives (an hour at most)."""


class KeyTimes(Protocol):
    """A key with the time from which it signs."""

    active_from: datetime


K = TypeVar("K", bound=KeyTimes)


def signer(keys: Sequence[K], now: datetime) -> K | None:
    """The newest key that is active; None when there is none. Of two of one moment the later in the list."""
    active = [key for key in _in_order(keys) if key.active_from <= now]
    return active[-1] if active else None


def published(keys: Sequence[K], now: datetime) -> list[K]:
    """The keys of the JWKS: those to come, the one that signs, and those superseded a short while ago."""
    ordered = _in_order(keys)
    successors = [key.active_from for key in ordered[1:]]
    superseded_at = dict(zip((id(key) for key in ordered), successors, strict=False))
    return [key for key in ordered if superseded_at.get(id(key), now) + KEPT > now]


def _in_order(keys: Sequence[K]) -> list[K]:
    return sorted(keys, key=lambda key: key.active_from)
