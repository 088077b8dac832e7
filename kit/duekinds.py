"""How due work is done: alone, many at a time, one at a time in a process, or again and again."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.app import Kit

WorkFunction = Callable[["Kit", str, dict[str, Any]], Awaitable[None]]
Work = tuple[str, dict[str, Any]]
"""Key and payload of a row."""


@dataclass(frozen=True)
class InBulk:
    """Work that is cheaper done many at a time.

    ``many`` gives back the keys of what must be done alone, by ``one``; where it raises, that is all of them, and what
    it has done by then ``one`` finds done.
    """

    many: Callable[["Kit", Sequence[Work]], Awaitable[Iterable[str]]]
    one: WorkFunction


@dataclass(frozen=True)
class OneAtATime:
    """Work that waits long for others outside: of all the workers of a process no more than one is held up by it."""

    one: WorkFunction


@dataclass(frozen=True)
class Recurring:
    """Work that is always planned: a process that misses it plans it; it comes again after its end, a bad one too."""

    one: WorkFunction
    every: timedelta | time
    """So long after its end; or daily at this time in Thailand, for the first time too."""


AnyWork = WorkFunction | InBulk | OneAtATime | Recurring
