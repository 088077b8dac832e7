"""Since when a notice counts as told, and until when it may be appealed: table tests."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.workdays import Calendar
from services.delivery.domain import SHIPPED_RULES, Basis, DateRule, Mark, appeal_until, noticed
from services.delivery.domain.dates import OWN
from services.delivery.settings import Settings

pytestmark = pytest.mark.req("D4", part="reading or notice date by a configured rule")

PLAIN = Calendar()
SOURCE = {"law": OWN, "mark": "D"}


def rule(channel: str, basis: Basis, days: int = 0, **more) -> DateRule:
    return DateRule(channel=channel, basis=basis, days=days, source=SOURCE, **more)


def at(day: str, hour: str = "12:00") -> datetime:
    """A time in Thailand."""
    return datetime.fromisoformat(f"{day}T{hour}+07:00").astimezone(UTC)


def test_every_shipped_rule_names_its_source_and_none_claims_to_be_certain():
    for each in SHIPPED_RULES:
        assert each.source.law.th
        assert each.source.mark in ("K", "D")


@pytest.mark.parametrize(
    ("hour", "day"),
    [
        ("2026-11-24T23:59:59.999999+07:00", "2026-11-24"),
        ("2026-11-25T00:00:00+07:00", "2026-11-25"),
        ("2026-11-24T16:59:59.999999+00:00", "2026-11-24"),
        ("2026-11-24T17:00:00+00:00", "2026-11-25"),  # midnight in Bangkok, not in Greenwich
        ("2026-12-31T17:00:00+00:00", "2027-01-01"),
    ],
)
def test_what_enters_the_inbox_is_told_on_that_day_in_thailand(hour, day):
    found = noticed([Mark("inbox", Basis.ENTERED, datetime.fromisoformat(hour))], SHIPPED_RULES, PLAIN)
    assert found is not None
    assert (found.on, found.rule.channel) == (date.fromisoformat(day), "inbox")


@pytest.mark.parametrize(
    ("rules", "marks", "day"),
    [
        # Post: seven days after it was sent, whatever days they are.
        (SHIPPED_RULES, [Mark("post", Basis.SENT, at("2026-11-24"))], "2026-12-01"),
        (SHIPPED_RULES, [Mark("post", Basis.SENT, at("2026-11-28", "23:59"))], "2026-12-05"),  # a Saturday and holiday
        ([rule("post", Basis.SENT, 7, is_rolled=True)], [Mark("post", Basis.SENT, at("2026-11-28"))], "2026-12-08"),
        (SHIPPED_RULES, [Mark("pickup", Basis.RECEIVED, at("2026-11-29", "10:00"))], "2026-11-29"),  # a Sunday
        # Nothing to go by.
        (SHIPPED_RULES, [], None),
        (SHIPPED_RULES, [Mark("email", Basis.SENT, at("2026-11-24"))], None),
        (SHIPPED_RULES, [Mark("inbox", Basis.READ, at("2026-11-24"))], None),
        # Where reading counts, the inbox alone does not.
        ([rule("inbox", Basis.READ)], [Mark("inbox", Basis.ENTERED, at("2026-11-24"))], None),
        (
            [rule("inbox", Basis.READ), rule("post", Basis.SENT, 7)],
            [Mark("inbox", Basis.READ, at("2026-12-03")), Mark("post", Basis.SENT, at("2026-11-24"))],
            "2026-12-01",
        ),
        (
            [rule("inbox", Basis.READ), rule("post", Basis.SENT, 7)],
            [Mark("inbox", Basis.READ, at("2026-11-27")), Mark("post", Basis.SENT, at("2026-11-24"))],
            "2026-11-27",
        ),
    ],
)
def test_the_earliest_rule_that_has_something_to_go_by_counts(rules, marks, day):
    found = noticed(marks, rules, PLAIN)
    assert (found and found.on) == (day and date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "days", "until"),
    [
        ("2026-11-24", 15, "2026-12-09"),  # the first day does not count
        ("2026-11-20", 15, "2026-12-08"),  # Saturday 5 December, its day in lieu on Monday: Tuesday
        ("2026-11-25", 15, "2026-12-11"),  # Constitution Day
        ("2026-12-16", 15, "2027-01-04"),  # 31 December, New Year and a weekend
        ("2026-11-27", 1, "2026-11-30"),  # a Saturday
        ("2026-11-28", 2, "2026-11-30"),  # told on a Saturday
        ("2027-02-13", 15, "2027-03-01"),  # a Sunday
        ("2028-02-14", 15, "2028-02-29"),  # a leap year
    ],
)
def test_a_last_day_off_moves_on_to_the_next_working_day(day, days, until):
    assert appeal_until(date.fromisoformat(day), days, PLAIN) == date.fromisoformat(until)


def test_proclaimed_days_count_both_ways():
    tuesday = date(2026, 11, 24)
    assert appeal_until(tuesday, 15, Calendar({date(2026, 12, 9): False})) == date(2026, 12, 11)
    assert appeal_until(date(2026, 11, 20), 15, Calendar({date(2026, 12, 5): True})) == date(2026, 12, 5)


@settings(max_examples=50, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2028, 12, 1)), st.integers(1, 90))
def test_an_appeal_ends_on_a_working_day_and_never_early(day, days):
    until = appeal_until(day, days, PLAIN)
    assert PLAIN.is_workday(until)
    assert (until - day).days >= days
    assert not any(
        PLAIN.is_workday(date.fromordinal(each)) for each in range(day.toordinal() + days, until.toordinal())
    )


def test_the_rules_are_a_setting_and_a_rule_without_a_source_is_refused(monkeypatch, tmp_path):
    said = '[{"channel": "inbox", "basis": "read", "source": {"law": {"th": "ก", "en": "a"}, "mark": "C2"}}]'
    monkeypatch.setenv("PAET_NOTICE_RULES", said)
    plain = {
        "environment": "development", "database_url": "x", "nats_url": "x", "nats_user": "x", "nats_password": "x",
        "peers": {}, "trust_dir": tmp_path, "service_key_file": tmp_path, "public_url": "http://x",
    }  # fmt: skip
    (only,) = Settings(**plain).notice_rules
    assert (only.basis, only.source.mark) == (Basis.READ, "C2")
    monkeypatch.setenv("PAET_NOTICE_RULES", '[{"channel": "inbox", "basis": "read"}]')
    with pytest.raises(ValueError, match="source"):
        Settings(**plain)
