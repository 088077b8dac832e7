"""Use cases of review: each is one change. They take the session and never commit."""

from services.review.commands.cases import (
    RELEASE_LEASE,
    claim,
    close_case,
    open_case,
    recommend,
    refuse,
    release,
    release_lapsed,
)
from services.review.commands.clocks import (
    OVERDUE,
    WATCH,
    change_calendar,
    explain_delay,
    stop_clocks,
    tell_overdue,
    watch_all,
)
from services.review.commands.defects import give_leave, record_defects, take_correction

__all__ = [
    "OVERDUE",
    "RELEASE_LEASE",
    "WATCH",
    "change_calendar",
    "claim",
    "close_case",
    "explain_delay",
    "give_leave",
    "open_case",
    "recommend",
    "record_defects",
    "refuse",
    "release",
    "release_lapsed",
    "stop_clocks",
    "take_correction",
    "tell_overdue",
    "watch_all",
]
