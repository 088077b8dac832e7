"""Thai in and out: digits, Buddhist dates, amounts in words, and one spelling for what people type. Pure."""

import os
import re
import unicodedata
from datetime import date, datetime

BUDDHIST_ERA = 543
MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
_TO_THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_TO_ASCII = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_IN_ORDER = (
    "\u0e3a",  # phinthu, then vowels below, vowels above, nikhahit, tones and other signs on top, sara am
    "\u0e38\u0e39",
    "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e47",
    "\u0e4d",
    "\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4e",
    "\u0e33",
)
_RANK = {mark: rank for rank, marks in enumerate(_IN_ORDER) for mark in marks}
_MARKS = re.compile(f"[{''.join(_IN_ORDER)}]{{2,}}")
_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]*)\u0e32")  # typed as nikhahit and sara aa
MOST_SATANG = 10**15  # beyond, the library's float would round the satang


def thai_digits(value: object) -> str:
    """Write with Thai digits: ``2569`` → ``๒๕๖๙``; everything but digits stays."""
    return str(value).translate(_TO_THAI)


def ascii_digits(text: str) -> str:
    """Read Thai digits as ASCII: for numbers, dates and ids that people type, not for prose."""
    return text.translate(_TO_ASCII)


def baht(satang: int) -> str:
    """Write satang as baht: ``150000`` → ``1,500.00``."""
    return f"{satang // 100:,}.{satang % 100:02d}"


def english_date(day: date) -> str:
    """Write ``2 December 2026``, for readers of English."""
    return f"{day.day} {day:%B %Y}"


def long_date(day: date, *, thai: bool = False) -> str:
    """Write ``22 พฤศจิกายน 2569``, or with Thai digits.

    ``day`` is a calendar day in Thailand; ValueError for a moment, whose day depends on a zone.
    """
    if isinstance(day, datetime):
        raise ValueError("a calendar day is needed, not a moment")
    text = f"{day.day} {MONTHS[day.month - 1]} {day.year + BUDDHIST_ERA}"
    return thai_digits(text) if thai else text


def amount_in_words(satang: int) -> str:
    """Write an amount of satang in words: 105050 → ``หนึ่งพันห้าสิบบาทห้าสิบสตางค์``; ValueError if negative."""
    if not 0 <= satang < MOST_SATANG:
        raise ValueError("an amount is from 0 to under ten million million baht")
    os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")  # else the import makes a folder in the home directory
    os.environ.setdefault("PYTHAINLP_OFFLINE", "1")
    from pythainlp.util import bahttext

    words: str = bahttext(satang / 100)
    return words.removeprefix("ศูนย์บาท") if 0 < satang < 100 else words


def normalise(text: str) -> str:
    """Give the one spelling of what was typed: NFC, marks in their order, sara am whole, nothing invisible.

    Line breaks and tabs stay; digits stay as they were typed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(character for character in text if character in "\n\t" or not _is_invisible(character))
    text = _in_order(unicodedata.normalize("NFC", text))
    return _in_order(_SARA_AM.sub("\\1\u0e33", text)).replace("เเ", "แ")


def _in_order(text: str) -> str:
    """Bring the marks on a consonant into the one order in which they are stored; the eye cannot tell."""
    return _MARKS.sub(lambda run: "".join(sorted(run[0], key=_RANK.__getitem__)), text)


def _is_invisible(character: str) -> bool:
    """Control and format characters (BOM, zero-width, direction marks) mean nothing in Thai or English text."""
    return unicodedata.category(character) in ("Cc", "Cf")
