from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kit import clock as module
from kit.clock import BANGKOK, Clock, write_offset

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def shifted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Clock, Path]:
    monkeypatch.setattr(module, "STAT_EVERY_S", 0.0)
    clock, file = Clock(), tmp_path / "offset"
    clock.configure(file, "development")
    return clock, file


def offset_of(clock: Clock) -> float:
    return round((clock.now() - datetime.now(UTC)).total_seconds(), 1)


def test_now_is_aware_utc_and_moves():
    before = datetime.now(UTC)
    now = Clock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_offset_file_moves_the_clock_and_every_change_is_seen(shifted):
    clock, file = shifted
    assert offset_of(clock) == 0
    for seconds in (86_400.0, 7200.5, -60.0):
        write_offset(file, seconds)
        assert offset_of(clock) == seconds
    file.unlink()
    assert offset_of(clock) == 0


def test_two_processes_see_one_time(shifted, tmp_path):
    clock, file = shifted
    other = Clock()
    other.configure(file, "development")
    write_offset(file, 1e7)
    assert abs(clock.now() - other.now()) < timedelta(seconds=1)


def test_file_that_is_being_written_keeps_the_former_offset(shifted):
    clock, file = shifted
    write_offset(file, 100)
    assert offset_of(clock) == 100
    file.write_text("")
    assert offset_of(clock) == 100
    file.write_text("200\n")
    assert offset_of(clock) == 200


def test_file_with_something_else_is_a_loud_fault(shifted):
    clock, file = shifted
    file.write_text("tomorrow")
    with pytest.raises(ValueError, match="tomorrow"):
        clock.now()


def test_file_is_looked_at_only_now_and_then(tmp_path, monkeypatch):
    clock, file = Clock(), tmp_path / "offset"
    monkeypatch.setattr(module, "STAT_EVERY_S", 3600.0)
    clock.configure(file, "development")
    assert offset_of(clock) == 0
    write_offset(file, 500)
    assert offset_of(clock) == 0
    clock.configure(file, "development")
    assert offset_of(clock) == 500


@pytest.mark.parametrize("environment", ["production", "", "staging"])
def test_offset_outside_development_is_refused(tmp_path, environment):
    clock = Clock()
    with pytest.raises(RuntimeError, match="development"):
        clock.configure(tmp_path / "offset", environment)
    clock.configure(None, environment)
    assert offset_of(clock) == 0


def test_frozen_clock_stands_and_advances_and_thaws():
    clock = Clock()
    with clock.freeze(NOON.astimezone(BANGKOK)) as advance:
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC
        advance(HOUR)
        assert clock.now() == NOON + HOUR
        with clock.freeze(NOON):
            assert clock.now() == NOON
        assert clock.now() == NOON + HOUR
    assert offset_of(clock) == 0
    with pytest.raises(RuntimeError, match="frozen"):
        advance(HOUR)


def test_module_and_object_are_one_clock():
    with module.clock.freeze(NOON):
        assert module.now() == NOON


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 21, 16, 59, 59, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 17, 0, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=timezone(-HOUR)), date(2027, 1, 1)),
    ],
)
def test_local_date_is_thailands(at, day):
    assert Clock.local_date(at) == day


def test_naive_time_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Clock.local_date(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="zone"), Clock().freeze(datetime(2026, 1, 1)):
        pass
