"""Cursors: what a page gave is understood, everything else is a problem of the caller."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.cursors import CursorUnknown, cursor_of, read_cursor

AT = datetime(2026, 11, 2, 9, 30, 0, 123456, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_cursor_is_read_back_exactly(at: datetime, identifier: UUID):
    assert read_cursor(cursor_of(at, identifier)) == (at, identifier)


@given(st.text(max_size=80))
def test_anything_else_is_the_callers_fault(text: str):
    with pytest.raises(CursorUnknown) as caught:
        read_cursor(text)
    assert (caught.value.status, caught.value.errors[0].pointer) == (422, "/cursor")


def test_time_without_its_zone_is_refused():
    with pytest.raises(CursorUnknown):
        read_cursor(cursor_of(AT.replace(tzinfo=None), UUID(int=1)))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_time_beyond_the_calendar_is_refused(time: str):
    with pytest.raises(CursorUnknown):
        read_cursor(urlsafe_b64encode(f"{time} {UUID(int=1)}".encode()).decode())
