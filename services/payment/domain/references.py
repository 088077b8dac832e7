"""References of bills, and years of books."""

import secrets
from datetime import date

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that a person could misread."""


def new_reference() -> str:
    """A bill reference no one can guess: 16 characters of A–Z and 0–9 (Ref1 allows 20)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


def buddhist_year(day: date) -> int:
    """The Buddhist year of a Thai calendar day."""
    return day.year + 543
