"""The legal clock of a case (LFA58 s.10): two periods, each in its own unit; the earlier one is promised. Pure."""

from dataclasses import dataclass
from datetime import datetime
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
