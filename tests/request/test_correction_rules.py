"""The rules of a correction alone: which fields differ, which of them may, and until when."""

import copy
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.faults import pointer
from kit.workdays import Calendar
from services.request.domain import correction_due, correction_faults, differences, over_at, told_changes
from services.request.domain.filing import names_of

pytestmark = pytest.mark.req("Q7", part="what a correction may change, and until when")

NAMES = st.text("ab/~0", min_size=1, max_size=2)
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.text("กx", max_size=2)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
FORMS = st.dictionaries(NAMES, VALUES, max_size=4)
TUESDAY = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)

DIFFERENCES = {
    "nothing": ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
    "a field": ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["/b"]),
    "yes is not one": ({"a": 1}, {"a": True}, ["/a"]),
    "one as it comes back from the database": ({"a": 1.0}, {"a": 1}, []),
    "null is something": ({}, {"a": None}, ["/a"]),
    "deep in a group": ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ["/a/c"]),
    "a new group is its fields": ({}, {"a": {"b": 1, "c": [2]}}, ["/a/b", "/a/c/0"]),
    "an empty group": ({}, {"a": {}}, ["/a"]),
    "a list grows": ({"a": [1]}, {"a": [1, 2]}, ["/a/1"]),
    "a list moves up": ({"a": [1, 2]}, {"a": [2]}, ["/a/0", "/a/1"]),
    "a group becomes a list": ({"a": {"b": 1}}, {"a": [1]}, ["/a"]),
    "a name with a slash": ({"a/b": 1}, {"a/b": 2}, ["/a~1b"]),
}


@pytest.mark.parametrize(("before", "after", "found"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_two_forms_differ_where_they_differ(before, after, found):
    assert [pointer(place) for place in differences(before, after)] == found


@given(FORMS, FORMS)
def test_forms_differ_in_no_place_just_when_they_are_one_json(before, after):
    assert differences(before, copy.deepcopy(before)) == []
    assert (differences(before, after) == []) == (canonical(before) == canonical(after))
    there, back = differences(before, after), differences(after, before)
    assert set(there) == set(back)
    assert len(there) == len(set(there))


@given(FORMS, FORMS, st.lists(st.sampled_from(["/a", "/b", "/ab", "/a/a", "/a/0", "/~1", "/~0", None]), max_size=3))
def test_every_change_is_named_by_a_defect_or_is_a_fault(before, after, defects):
    changed = differences(before, after)
    errors = correction_faults(defects, changed, "said", {})
    named = [names_of(each) for each in defects if each is not None]
    free = {pointer(("form", *place)) for place in changed if any(starts(place, each) for each in named)}
    foreign = {each.pointer for each in errors}
    assert free | foreign == {pointer(("form", *place)) for place in changed}
    assert not free & foreign


@pytest.mark.parametrize(
    ("defects", "place", "is_allowed"),
    [
        (["/a"], ("a",), True),
        (["/a"], ("a", "b"), True),
        (["/a"], ("ab",), False),
        (["/a/b"], ("a",), False),
        (["/a/1"], ("a", 1), True),
        (["/a/1"], ("a", 10), False),
        (["/a~1b"], ("a/b",), True),
        (["/a~1b"], ("a", "b"), False),
        ([""], ("a",), True),
        ([None], ("a",), False),
    ],
)
def test_what_is_at_or_below_a_defect_may_change(defects, place, is_allowed):
    assert (correction_faults(defects, [place], "said", {}) == []) is is_allowed


def test_very_many_changes_are_told_as_the_defects_they_belong_to():
    many = [("a", index) for index in range(101)]
    assert told_changes(["/a", "/b", None, "/a"], many) == ["/a"]
    assert told_changes(["/a"], many[:2]) == ["/a/0", "/a/1"]
    assert len(correction_faults(["/b"], many, "", {})) == 100


def test_a_last_day_that_moved_on_to_a_holiday_moves_on_again():
    days = {(TUESDAY + timedelta(days=7)).date(): True, (TUESDAY + timedelta(days=8)).date(): False}
    moved = Calendar().add(TUESDAY, 8, "calendar_days")
    assert correction_due(Calendar(days), TUESDAY, 7, moved) == moved + timedelta(days=1)


def test_what_very_large_forms_cost_does_not_multiply_with_the_defects():
    """Counted, since the whole form may have changed, and the event loop waits for it."""
    changed = [("a", index) for index in range(5_000)]
    defects = [*(f"/b/{index}/c" for index in range(49)), "/a"]
    assert correction_faults(defects, changed, "", {}) == []
    assert told_changes(defects, changed) == ["/a"]
    for rule in (lambda some: correction_faults(some, changed, "", {}), lambda some: told_changes(some, changed)):
        assert steps(lambda rule=rule: rule(defects)) < 2 * steps(lambda rule=rule: rule(["/a"]))


def steps(work: Callable[[], Any]) -> int:
    """How many functions, generators among them, are entered for it."""
    entered: list[str] = []
    sys.setprofile(lambda _frame, what, _arg: entered.append(what))
    try:
        work()
    finally:
        sys.setprofile(None)
    return entered.count("call") + entered.count("c_call")


@given(st.integers(1, 400), st.integers(0, 400), st.sets(st.integers(0, 500), max_size=20))
def test_the_time_ends_with_a_working_day_that_is_not_sooner_than_told(days, told, off):
    day = TUESDAY.date()
    calendar = Calendar({day + timedelta(days=each): False for each in off})
    at_least = TUESDAY + timedelta(days=told)
    due_at = correction_due(calendar, TUESDAY, days, at_least)
    assert due_at >= max(at_least, TUESDAY + timedelta(days=days))
    assert calendar.is_workday((due_at + timedelta(hours=7)).date())
    assert over_at(due_at) > due_at


def starts(place, names):
    return [str(each) for each in place][: len(names)] == names


def canonical(value):
    """As JSON says it, 1.0 and 1 being one number."""
    if isinstance(value, dict):
        return {name: canonical(each) for name, each in value.items()}
    if isinstance(value, list):
        return [canonical(each) for each in value]
    is_whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if is_whole else value)
