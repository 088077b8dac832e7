"""Reading what a provider says, which is trusted in nothing."""

from datetime import datetime
from typing import Any

YEARS = range(2000, 2200)
"""Of a payment; near the ends of what a date can be, another time zone is out of range."""


def short_text(value: Any, most: int = 64) -> str:
    """A short text of plain characters; ValueError."""
    if not isinstance(value, str) or not 1 <= len(value) <= most or not (value.isascii() and value.isprintable()):
        msg = "not a short text of plain characters"
        raise ValueError(msg)
    return value


def moment(value: Any) -> datetime:
    """An instant with its zone; ValueError."""
    found = datetime.fromisoformat(short_text(value))
    if found.tzinfo is None:
        msg = "time without zone"
        raise ValueError(msg)
    if found.year not in YEARS:
        msg = "time of no payment"
        raise ValueError(msg)
    return found
