from datetime import UTC, date, datetime, time, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import BANGKOK, local_date
from kit.workdays import CLOSING, OPENING, Calendar

CALENDAR = Calendar()
END = time.max
UNITS = ("minutes", "hours", "working_days", "calendar_days")


def bkk(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=BANGKOK)


def closing(day: date) -> datetime:
    return datetime.combine(day, CLOSING, BANGKOK)


def midnight(day: date) -> datetime:
    return datetime.combine(day, END, BANGKOK)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),  # a Friday
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 5, 1), True),  # Labour Day: no day off for the government [K]
        (date(2025, 5, 1), True),
        (date(2027, 5, 3), True),  # nor the Monday in lieu of it
        (date(2026, 5, 13), False),  # พืชมงคล: the government's own
        (date(2025, 5, 9), False),
        (date(2026, 1, 2), False),  # a bridge day of the Cabinet
        (date(2024, 4, 12), False),
        (date(2026, 6, 1), False),  # in lieu of วิสาขบูชา on a Sunday
        (date(2026, 12, 7), False),
        (date(2026, 3, 3), False),  # มาฆบูชา
        (date(2026, 7, 28), False),
        (date(2026, 12, 31), False),
    ],
)
def test_official_working_days(day, works):
    assert CALENDAR.is_workday(day) is works


@pytest.mark.parametrize("year", range(2020, 2036))
def test_the_official_days_are_those_the_package_gives_by_the_name_of_the_country(year):
    given = holidays.country_holidays(
        "TH", years=year, expand=False, categories=("public", "government"), language="th"
    )
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    working = {day for day in days if CALENDAR.is_workday(day)}
    labour = {day for day in given if all("วันแรงงานแห่งชาติ" in name for name in given.get_list(day))}
    assert working == {day for day in days if day.weekday() < 5 and (day not in given or day in labour)}


def test_overrides_win_both_ways():
    calendar = Calendar({date(2026, 11, 20): False, date(2026, 11, 21): True, date(2026, 4, 13): True})
    assert not calendar.is_workday(date(2026, 11, 20))
    assert calendar.is_workday(date(2026, 11, 21))
    assert calendar.is_workday(date(2026, 4, 13))
    assert calendar.next_opening(bkk(2026, 11, 20, 10)) == bkk(2026, 11, 21, 8, 30)
    assert calendar.add(bkk(2026, 11, 19, 10), 1, "working_days") == closing(date(2026, 11, 21))
    assert calendar.add(bkk(2026, 11, 19, 10), 1, "calendar_days") == midnight(date(2026, 11, 21))


@pytest.mark.req("Q5", part="legally received at the next opening")
@pytest.mark.parametrize(
    ("entered", "received"),
    [
        (bkk(2026, 11, 21, 20), bkk(2026, 11, 23, 8, 30)),  # Saturday evening → Monday
        (bkk(2026, 11, 23, 8, 29, 59), bkk(2026, 11, 23, 8, 30)),
        (bkk(2026, 11, 23, 8, 30), bkk(2026, 11, 23, 8, 30)),
        (bkk(2026, 11, 23, 12, 15, 7), bkk(2026, 11, 23, 12, 15, 7)),
        (bkk(2026, 11, 23, 16, 29, 59), bkk(2026, 11, 23, 16, 29, 59)),
        (bkk(2026, 11, 23, 16, 30), bkk(2026, 11, 24, 8, 30)),
        (bkk(2026, 11, 20, 16, 31), bkk(2026, 11, 23, 8, 30)),
        (bkk(2026, 4, 10, 17), bkk(2026, 4, 16, 8, 30)),  # weekend and Songkran: Friday → Thursday
        (bkk(2025, 12, 30, 18), bkk(2026, 1, 5, 8, 30)),  # New Year with its bridge day
        (datetime(2026, 11, 22, 18, 0, tzinfo=UTC), bkk(2026, 11, 23, 8, 30)),  # Monday 01:00 in Thailand
    ],
)
def test_received_within_office_hours_at_once_otherwise_at_the_next_opening(entered, received):
    assert CALENDAR.next_opening(entered) == received
    assert CALENDAR.next_opening(entered).tzinfo is UTC


@pytest.mark.req("R4", part="periods in working days, calendar days, hours and minutes")
@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        (bkk(2026, 11, 23, 8, 30), 1, "working_days", closing(date(2026, 11, 24))),
        (bkk(2026, 11, 20, 16), 1, "working_days", closing(date(2026, 11, 23))),
        (bkk(2026, 11, 21, 20), 1, "working_days", closing(date(2026, 11, 23))),
        (bkk(2026, 4, 9, 9), 3, "working_days", closing(date(2026, 4, 17))),  # 10, 16, 17 April
        (bkk(2026, 4, 30, 9), 1, "working_days", closing(date(2026, 5, 1))),
        (bkk(2026, 11, 23, 9), 15, "calendar_days", midnight(date(2026, 12, 8))),
        (bkk(2026, 11, 23, 23, 59), 1, "calendar_days", midnight(date(2026, 11, 24))),
        (bkk(2026, 11, 20, 9), 1, "calendar_days", midnight(date(2026, 11, 23))),  # ends on Saturday → Monday
        (bkk(2026, 4, 1, 9), 10, "calendar_days", midnight(date(2026, 4, 16))),  # ends on 11 April → 16 April
        (bkk(2026, 11, 7, 9), 30, "calendar_days", midnight(date(2026, 12, 8))),  # ends on 7 December, in lieu
        (bkk(2026, 11, 23, 9), 90, "minutes", bkk(2026, 11, 23, 10, 30)),
        (bkk(2026, 11, 23, 16), 30, "minutes", bkk(2026, 11, 23, 16, 30)),
        (bkk(2026, 11, 23, 16), 31, "minutes", bkk(2026, 11, 24, 8, 31)),
        (bkk(2026, 11, 20, 20), 30, "minutes", bkk(2026, 11, 23, 9)),
        (bkk(2026, 11, 20, 16), 2, "hours", bkk(2026, 11, 23, 10)),
        (bkk(2026, 11, 20, 8, 30), 24, "hours", bkk(2026, 11, 24, 16, 30)),
        (bkk(2026, 4, 10, 15, 30), 2, "hours", bkk(2026, 4, 16, 9, 30)),
    ],
)
def test_end_of_a_period(start, amount, unit, end):
    assert CALENDAR.add(start, amount, unit) == end
    assert CALENDAR.add(start, amount, unit).tzinfo is UTC


@pytest.mark.req("R4", part="recomputed when a holiday is proclaimed")
def test_proclaimed_holiday_moves_the_end():
    start = bkk(2026, 11, 23, 9)
    proclaimed = Calendar({date(2026, 11, 25): False})
    assert CALENDAR.add(start, 2, "working_days") == closing(date(2026, 11, 25))
    assert proclaimed.add(start, 2, "working_days") == closing(date(2026, 11, 26))


def test_agency_has_its_own_office_hours():
    calendar = Calendar(opening=time(9), closing=time(12))
    assert calendar.next_opening(bkk(2026, 11, 23, 8, 45)) == bkk(2026, 11, 23, 9)
    assert calendar.next_opening(bkk(2026, 11, 23, 12)) == bkk(2026, 11, 24, 9)
    assert calendar.add(bkk(2026, 11, 23, 11), 2, "hours") == bkk(2026, 11, 24, 10)
    assert calendar.add(bkk(2026, 11, 23, 11), 1, "working_days") == bkk(2026, 11, 24, 12)
    with pytest.raises(ValueError, match="closes"):
        Calendar(opening=time(9), closing=time(9))


def test_nonsense_is_refused():
    for amount in (0, -1):
        with pytest.raises(ValueError, match="at least one"):
            CALENDAR.add(bkk(2026, 11, 23), amount, "hours")
    with pytest.raises(KeyError):
        CALENDAR.add(bkk(2026, 11, 23), 1, "days")
    with pytest.raises(ValueError, match="zone"):
        CALENDAR.next_opening(datetime(2026, 11, 23))
    with pytest.raises(ValueError, match="zone"):
        CALENDAR.add(datetime(2026, 11, 23), 1, "hours")


# A narrow window, so that overrides fall into the periods.
instants = st.datetimes(datetime(2026, 3, 1), datetime(2026, 6, 1), timezones=st.sampled_from([UTC, BANGKOK]))
days = st.dates(date(2026, 2, 25), date(2026, 7, 1))
amounts = st.integers(1, 60)
units = st.sampled_from(UNITS)
calendars = st.builds(Calendar, st.dictionaries(days, st.booleans(), max_size=60))


@given(calendars, instants)
def test_received_never_before_and_always_in_office_hours(calendar, at):
    received = calendar.next_opening(at)
    assert received >= at
    assert calendar.is_workday(local_date(received))
    assert OPENING <= received.astimezone(BANGKOK).time() < CLOSING
    assert calendar.next_opening(received) == received


@given(calendars, instants, amounts, units)
def test_period_ends_later_and_never_on_a_day_off(calendar, start, amount, unit):
    end = calendar.add(start, amount, unit)
    assert end > start
    assert calendar.is_workday(local_date(end))


@given(calendars, instants, st.timedeltas(timedelta(0), timedelta(days=40)), amounts, units)
def test_later_start_never_ends_earlier(calendar, start, wait, amount, unit):
    assert calendar.add(start, amount, unit) <= calendar.add(start + wait, amount, unit)


@given(calendars, instants, amounts, amounts, units)
def test_longer_period_never_ends_earlier(calendar, start, amount, more, unit):
    assert calendar.add(start, amount, unit) <= calendar.add(start, amount + more, unit)


@given(calendars, instants, amounts)
def test_working_days_are_counted_one_by_one(calendar, start, amount):
    end = local_date(calendar.add(start, amount, "working_days"))
    first = local_date(start) + timedelta(days=1)
    between = [first + timedelta(days=n) for n in range((end - first).days + 1)]
    assert sum(map(calendar.is_workday, between)) == amount


@given(calendars, instants, st.integers(1, 3000), st.integers(1, 3000))
def test_office_time_adds_up(calendar, start, one, two):
    halfway = calendar.add(start, one, "minutes")
    assert calendar.add(halfway, two, "minutes") == calendar.add(start, one + two, "minutes")


@given(instants, amounts, units, days)
def test_proclaimed_holiday_never_shortens_a_period(start, amount, unit, day):
    assert Calendar({day: False}).add(start, amount, unit) >= CALENDAR.add(start, amount, unit)
