"""The days of a document's life: when its holder is reminded, when it and its suspension end. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from kit.clock import BANGKOK
from services.issuance.domain.numbering import last_valid_day

_DAY = timedelta(days=1)


def beginning_of(day: date) -> datetime:
    """The first moment of a Thai calendar day."""
    return datetime.combine(day, time(), BANGKOK)


def beginning_after(day: date) -> datetime:
    """The first moment after a Thai calendar day."""
    return beginning_of(day + _DAY)


def reminder_days(issued_on: date, valid_until: date, leads: Sequence[int]) -> list[date]:
    """The days on which a holder is reminded, in order: those after the day of issue."""
    return [day for lead in sorted(set(leads), reverse=True) if (day := valid_until - lead * _DAY) > issued_on]


def milestones(issued_on: date, valid_until: date, leads: Sequence[int]) -> list[date]:
    """The days on which something is told of a document that ends: the reminders, at last the day after its last."""
    return [*reminder_days(issued_on, valid_until, leads), valid_until + _DAY]


def untold(days: Sequence[date], told: date | None, today: date) -> list[date]:
    """Those of the days that have come and were not told yet; ``told`` is the last that was."""
    return [day for day in days if day <= today and (told is None or day > told)]


def following(days: Sequence[date], today: date) -> date | None:
    """The next of the days that has not come; None when all have."""
    return next((day for day in days if day > today), None)


def renewed_until(today: date, valid_until: date, months: int | None) -> date | None:
    """The last day of a renewed document: its new term begins after the old one, or today where that is over."""
    return last_valid_day(max(today, valid_until + _DAY), months)
