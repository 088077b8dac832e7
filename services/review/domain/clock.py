"""The legal clock of a case (LFA58 s.10): two periods, each in its own unit; the earlier one is promised. Pure.

And what follows when it has run out: a notice of the delay at once, and after every further period until the decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kit.contracts.definition import Periods
from kit.workdays import Calendar


@dataclass(frozen=True)
class Due:
    """The last instant in time, and whose period it is: the manual's promise or the Act's limit."""

    at: datetime
    by: Literal["manual", "act"]


@dataclass(frozen=True)
class Clock:
    """Runs from the complete filing; aware UTC."""

    periods: Periods
    started_at: datetime

    def due(self, calendar: Calendar) -> Due:
        """When the decision is due on that calendar."""
        manual, act = self.periods.manual, self.periods.act
        promised = Due(calendar.add(self.started_at, manual.amount, manual.unit), "manual")
        if act is None:
            return promised
        limit = Due(calendar.add(self.started_at, act.amount, act.unit), "act")
        return min(promised, limit, key=lambda due: due.at)


@dataclass(frozen=True)
class Delay:
    """A decision that was due then, of which is told every so many days while it is not made."""

    due_at: datetime
    every_days: int

    def count(self, now: datetime) -> int:
        """How many notices of the delay the law has wanted by now: the first as the time is over."""
        return (now - self.due_at) // timedelta(days=self.every_days) + 1 if now >= self.due_at else 0

    def at(self, count: int) -> datetime:
        """When the notice of that number, from 1, is to be given."""
        return self.due_at + (count - 1) * timedelta(days=self.every_days)
