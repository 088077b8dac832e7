"""The working-day calendar of Thai government offices, and legal periods counted on it. Pure.

Official holidays come from the `holidays` package: the public ones and the government's own (พืชมงคล), without
National Labour Day, which is no day off for government offices [K]. An administrator's overrides win over
both: the Cabinet proclaims holidays at short notice, and those of coming years are known to the package only
when a new release brings them. Days are days in Thailand; results are aware UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Literal

from kit.clock import BANGKOK, local_date

Unit = Literal["minutes", "hours", "working_days", "calendar_days"]

OPENING = time(8, 30)
CLOSING = time(16, 30)
LABOUR_DAY = "วันแรงงานแห่งชาติ"
DAY = timedelta(days=1)
WEEKEND = (5, 6)
OFFICE_TIME = {"hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}


@cache
def _official_holidays(year: int) -> frozenset[date]:
    found = _thailand()(years=year, expand=False, categories=("public", "government"), language="th")
    return frozenset(day for day in found if not all(LABOUR_DAY in name for name in found.get_list(day)))


@cache
def _thailand() -> Any:
    """The package's class for Thailand, from its file: asked for by its name, the package loads 250 countries for good.

    Only here, since half of the services count no days while they are at rest.
    """
    import holidays

    file = Path(holidays.__path__[0]) / "countries" / "thailand.py"
    spec: Any = spec_from_file_location("kit.workdays.thailand", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Thailand


class Calendar:
    """Working days and office hours of one agency.

    `overrides`: day → True (worked, though a weekend or holiday) or False (proclaimed a holiday). `opening`
    and `closing` are times in Thailand; an instant exactly at closing is outside office hours.
    """

    def __init__(
        self, overrides: Mapping[date, bool] | None = None, opening: time = OPENING, closing: time = CLOSING
    ) -> None:
        if opening >= closing:
            raise ValueError("an office closes after it opens")
        self._overrides = dict(overrides or {})
        self._opening = opening
        self._closing = closing

    def is_workday(self, day: date) -> bool:
        """Tell whether offices are open on that day."""
        if (override := self._overrides.get(day)) is not None:
            return override
        return day.weekday() not in WEEKEND and day not in _official_holidays(day.year)

    def next_opening(self, at: datetime) -> datetime:
        """Find when something that came in at that instant is legally received (EGOV65 s.10).

        Within office hours of a working day: the same instant; otherwise the next opening.
        """
        day = local_date(at)
        if self.is_workday(day):
            if at < self._on(day, self._opening):
                return self._on(day, self._opening)
            if at < self._on(day, self._closing):
                return at.astimezone(UTC)
        return self._on(next(self._workdays_after(day)), self._opening)

    def add(self, start: datetime, amount: int, unit: Unit) -> datetime:
        """Find the last instant of a period; what happens after it is late. ValueError unless amount ≥ 1.

        - ``working_days``: the day of `start` does not count; ends at closing of the last day, because the
          office acts in office hours [D].
        - ``calendar_days``: the day of `start` does not count; a period that would end on a day off ends on
          the next working day (APA39 s.64 [K]), with the end of the day (the last microsecond before
          midnight), because a person may act at any hour [D].
        - ``hours``, ``minutes``: office time only, from `start` or the next opening on [D]; manuals state
          them as minutes of service.

        `start` is taken as it is: where the law counts from receipt, give what `next_opening` returned.
        """
        if amount < 1:
            raise ValueError("a period has at least one unit")
        if unit == "working_days":
            return self._on(self._nth_workday_after(local_date(start), amount), self._closing)
        if unit == "calendar_days":
            last = local_date(start) + amount * DAY
            last = last if self.is_workday(last) else next(self._workdays_after(last))
            return self._on(last, time.max)
        return self._add_office_time(start, amount * OFFICE_TIME[unit])

    def moved_on(self, end: datetime) -> datetime:
        """The end of a period of calendar days, later where its last day is a day off by now (APA39 s.64 [K])."""
        return self.add(end - DAY, 1, "calendar_days")

    def _add_office_time(self, start: datetime, left: timedelta) -> datetime:
        at = self.next_opening(start)
        while left > (today := self._on(local_date(at), self._closing) - at):
            left -= today
            at = self.next_opening(at + today)
        return at + left

    def _nth_workday_after(self, day: date, amount: int) -> date:
        days = self._workdays_after(day)
        for _ in range(amount - 1):
            next(days)
        return next(days)

    def _workdays_after(self, day: date) -> Iterator[date]:
        while True:
            day += DAY
            if self.is_workday(day):
                yield day

    @staticmethod
    def _on(day: date, at: time) -> datetime:
        return datetime.combine(day, at, BANGKOK).astimezone(UTC)
