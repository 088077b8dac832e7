"""How long a session lives, by the level of its authenticator (docs/law.md §4.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limits:
    """The whole life of a session, and how long it may lie idle; None where only the whole life counts."""

    whole: timedelta
    idle: timedelta | None


# มรด. 1-2:2564 as quoted by a public research note: [C2]. The split of AAL2 into 2.1 and 2.2 is [K].
_LIMITS = {
    "1": Limits(timedelta(days=30), None),
    "2.1": Limits(timedelta(hours=12), timedelta(minutes=30)),
    "2.2": Limits(timedelta(hours=12), timedelta(minutes=30)),
    "3": Limits(timedelta(hours=12), timedelta(minutes=15)),
}


def limits_of(aal: str) -> Limits:
    """The limits of an authenticator level; KeyError for what is no level."""
    return _LIMITS[aal]


def ends_at(aal: str, started_at: datetime, used_at: datetime) -> datetime:
    """When a session ends if it is not used again."""
    limits = limits_of(aal)
    end = started_at + limits.whole
    return end if limits.idle is None else min(end, used_at + limits.idle)
