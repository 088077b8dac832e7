import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.thai import amount_in_words, ascii_digits, baht, long_date, normalise, thai_digits

THAI_TEXT = st.text(st.sampled_from("กขปญฐนำาเแัิีึืุู็่้๊๋์ํ๐๙ aZ\n"), max_size=12)


@pytest.mark.req("L1", part="Thai digits and dates")
@pytest.mark.parametrize(
    ("day", "plain", "thai"),
    [
        (date(2026, 11, 22), "22 พฤศจิกายน 2569", "๒๒ พฤศจิกายน ๒๕๖๙"),
        (date(2026, 1, 1), "1 มกราคม 2569", "๑ มกราคม ๒๕๖๙"),
        (date(2024, 2, 29), "29 กุมภาพันธ์ 2567", "๒๙ กุมภาพันธ์ ๒๕๖๗"),
        (date(1941, 12, 31), "31 ธันวาคม 2484", "๓๑ ธันวาคม ๒๔๘๔"),
    ],
)
def test_dates_are_buddhist(day, plain, thai):
    assert long_date(day) == plain
    assert long_date(day, thai=True) == thai


def test_a_moment_is_refused_for_its_day_depends_on_the_zone():
    with pytest.raises(ValueError, match="calendar day"):
        long_date(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))


@given(st.integers(min_value=0))
def test_digits_go_both_ways(number):
    written = thai_digits(number)
    assert not any(digit in written for digit in "0123456789")
    assert int(ascii_digits(written)) == number


@pytest.mark.parametrize(
    ("satang", "words"),
    [
        (0, "ศูนย์บาทถ้วน"),
        (25, "ยี่สิบห้าสตางค์"),
        (100, "หนึ่งบาทถ้วน"),
        (1100, "สิบเอ็ดบาทถ้วน"),
        (2100, "ยี่สิบเอ็ดบาทถ้วน"),
        (10_100, "หนึ่งร้อยเอ็ดบาทถ้วน"),
        (100_000, "หนึ่งพันบาทถ้วน"),
        (105_050, "หนึ่งพันห้าสิบบาทห้าสิบสตางค์"),
        (10_001, "หนึ่งร้อยบาทหนึ่งสตางค์"),
        (100_000_100, "หนึ่งล้านเอ็ดบาทถ้วน"),
        (10**15 - 1, "เก้าล้านเก้าแสนเก้าหมื่นเก้าพันเก้าร้อยเก้าสิบเก้าล้านเก้าแสนเก้าหมื่นเก้าพันเก้าร้อยเก้าสิบเก้าบาทเก้าสิบเก้าสตางค์"),
    ],
)
def test_amounts_in_words(satang, words):
    assert amount_in_words(satang) == words


@pytest.mark.parametrize("satang", [-1, 10**15])
def test_amounts_out_of_range_are_refused(satang):
    with pytest.raises(ValueError, match="amount"):
        amount_in_words(satang)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("น\u0e4d\u0e32", "น\u0e33"),  # nikhahit and aa for sara am
        ("น\u0e49\u0e4d\u0e32", "น\u0e49\u0e33"),
        ("น\u0e4d\u0e49\u0e32", "น\u0e49\u0e33"),
        ("น\u0e33\u0e49", "น\u0e49\u0e33"),
        ("ท\u0e48\u0e35", "ท\u0e35\u0e48"),  # the tone typed before the vowel above
        ("ก\u0e48\u0e38", "ก\u0e38\u0e48"),  # and before the vowel below
        ("เเปด", "แปด"),
        ("\ufeffกรุง\u200bเทพ\u200d", "กรุงเทพ"),
        ("e\u0301", "\u00e9"),
        ("ข้อ ๑\r\nข้อ ๒\rจบ", "ข้อ ๑\nข้อ ๒\nจบ"),
    ],
)
def test_typed_text_gets_one_spelling(typed, meant):
    assert normalise(typed) == meant


@pytest.mark.parametrize("text", ["จัดตั้ง", "ซึ่ง", "น้ำ", "ทำ", "กตัญญู", "ฐานุ", "ปั๊ม", "๒๕๖๙", "ก\tข\nค", "สิทธิ์"])
def test_right_text_stays(text):
    assert normalise(text) == text


@settings(max_examples=1000)
@given(THAI_TEXT)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


def test_nonsense_takes_no_more_time_than_its_length():
    for nonsense in ("่ั", "ำ่", "ํ่า", "เ", "ำ", "่ำํ"):
        started = process_time()
        normalise(nonsense * 50_000)
        assert process_time() - started < 2


def test_words_leave_no_folder_in_the_home_directory(tmp_path: Path):
    source = "from kit.thai import amount_in_words; amount_in_words(100)"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        env={"HOME": str(tmp_path)},
        check=True,
        timeout=60,
        cwd=Path.cwd(),
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("satang", "said"), [(0, "0.00"), (5, "0.05"), (123_456_789, "1,234,567.89")])
def test_money_is_written_with_two_decimals(satang, said):
    assert baht(satang) == said
