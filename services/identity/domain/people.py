"""Who somebody is: the 13-digit number (เลขประจำตัวประชาชน), names, partial birth dates, addresses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from stdnum.exceptions import ValidationError as NumberFault
from stdnum.th import pin

BUDDHIST_ERA = 543
FIRST_BUDDHIST_YEAR = 2300
"""A year from here on is counted in the Buddhist era: nobody alive was born in 1757, or will be in 2300."""

ADDRESS_PARTS = ("street_address", "locality", "region", "postal_code", "country")
NAME_PARTS = ("title", "given_name", "middle_name", "family_name")
MOST_CHARACTERS = 500


@dataclass(frozen=True)
class Proof:
    """What a provider proved of a person at one sign-in; personal values never show in a repr."""

    provider: str
    subject: str = field(repr=False)
    pid: str = field(repr=False)
    name_th: str = field(repr=False)
    name_en: str | None = field(repr=False)
    birthdate: str | None = field(repr=False)
    """``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``, Gregorian: day and month may be unknown."""
    address: str | None = field(repr=False)
    ial: str
    aal: str
    method: str
    authenticated_at: datetime


def checked_pid(text: str) -> str | None:
    """The 13 digits without separators, or None when number, check digit or first digit is wrong (§4.4)."""
    try:
        return str(pin.validate(text))
    except NumberFault:
        return None


def masked(pid: str) -> str:
    """Show only the last three digits, in the printed grouping: ``x-xxxx-xxxxx-01-0``."""
    return f"x-xxxx-xxxxx-{pid[10:12]}-{pid[12]}"


def birthdate_of(value: object, today: date) -> str | None:
    """Read a birth date, Gregorian or Buddhist, whole or in part; None when it cannot be one.

    Understands ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD``, ``YYYYMMDD`` and ``DD/MM/YYYY``; a month or day of
    ``00`` is unknown.
    """
    text = str(value).strip() if isinstance(value, str | int) else ""
    found = re.fullmatch(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?", text)
    if found is None and (turned := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)):
        year, month, day = (int(turned[part]) for part in (3, 2, 1))
    elif found is not None:
        year, month, day = (int(part or 0) for part in found.groups())
    else:
        return None
    return _partial(year - BUDDHIST_ERA if year >= FIRST_BUDDHIST_YEAR else year, month, day, today)


def _partial(year: int, month: int, day: int, today: date) -> str | None:
    try:
        earliest = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if earliest > today or year < today.year - 150:
        return None
    if not month:
        return f"{year:04}"
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"


def text_of_address(value: object) -> str | None:
    """Read an address given as text, as an object with ``formatted``, or by OpenID Connect's parts."""
    if isinstance(value, Mapping):
        value = value.get("formatted") or " ".join(
            part for name in ADDRESS_PARTS if isinstance(part := value.get(name), str) and part.strip()
        )
    return clean_text(value)


def name_of(claims: Mapping[str, Any], suffix: str = "") -> str | None:
    """The full name: the claim ``name``, else its parts in order; None when there is neither."""
    if whole := clean_text(claims.get(f"name{suffix}")):
        return whole
    parts = (
        clean_text(claims.get(f"{part}{suffix}")) for part in ("title", "given_name", "middle_name", "family_name")
    )
    return " ".join(part for part in parts if part) or None


def clean_text(value: object) -> str | None:
    """One line of text without control characters, at most MOST_CHARACTERS; None for anything else."""
    if not isinstance(value, str):
        return None
    text = " ".join("".join(each if each.isprintable() else " " for each in value).split())
    return text[:MOST_CHARACTERS] or None
