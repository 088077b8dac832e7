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
    """The newest key that is active; None when there is none."""
    active = [key for key in keys if key.active_from <= now]
    return max(active, key=lambda key: key.active_from, default=None)


def published(keys: Sequence[K], now: datetime) -> list[K]:
    """The keys of the JWKS: those to come, the one that signs, and those superseded a short while ago."""
    ordered = sorted(keys, key=lambda key: key.active_from)
    successors = [key.active_from for key in ordered[1:]]
    superseded_at = dict(zip((id(key) for key in ordered), successors, strict=False))
    return [key for key in ordered if superseded_at.get(id(key), now) + KEPT > now]
