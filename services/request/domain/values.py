"""Bounds of what a draft may hold, whatever its form says: nothing that cannot be stored or sent."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import jsonschema_rs

from kit.contracts.text import Text
from kit.errors import FieldError, InvalidFieldError
from services.request.domain.states import FormInvalid

DEEPEST = 20
MOST_VALUES = 20_000

_EMAIL = jsonschema_rs.validator_for(
    {"type": "string", "format": "email", "maxLength": 254},
    validate_formats=True,
    email_options=jsonschema_rs.EmailOptions(require_tld=True, allow_domain_literal=False, allow_display_text=False),
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def contact_email(value: str) -> str:
    """Return a plain address; InvalidFieldError for anything else (quoted local parts too)."""
    if '"' in value or not value.isascii() or not _EMAIL.is_valid(value):
        raise InvalidFieldError("wrong-format", Text(th="ที่อยู่อีเมลไม่ถูกต้อง", en="is not an e-mail address"))
    return value


_MOBILE = re.compile(r"(?:0|\+66)([689][0-9]{8})")
_ABROAD = re.compile(r"\+(?!66)[1-9][0-9]{7,14}")
_LINE_USER = re.compile(r"U[0-9a-f]{32}")


def contact_phone(value: str) -> str:
    """Return a number that takes SMS as E.164: a Thai mobile number or one with another country's code."""
    digits = re.sub(r"[ ().-]", "", value)
    if value.isascii() and (thai := _MOBILE.fullmatch(digits)):
        return f"+66{thai[1]}"
    if value.isascii() and _ABROAD.fullmatch(digits):
        return digits
    raise InvalidFieldError(
        "wrong-format", Text(th="หมายเลขโทรศัพท์เคลื่อนที่ไม่ถูกต้อง", en="is not a number of a mobile telephone")
    )


def require_reached(phone: str | None, countries: Sequence[str]) -> None:
    """FormInvalid for a number of a country to which no SMS is sent: each costs the agency what its owner may earn."""
    if phone is not None and not phone.startswith(tuple(f"+{code}" for code in countries)):
        detail = Text(th="ส่งข้อความไปยังหมายเลขของประเทศนี้ไม่ได้", en="no messages are sent to numbers of this country")
        raise FormInvalid(errors=[FieldError("/phone", "country-not-served", detail)])


def contact_line(value: str) -> str:
    """Return the id of a LINE user, as LINE Login gives it; not the name people search by."""
    if not _LINE_USER.fullmatch(value):
        raise InvalidFieldError("wrong-format", Text(th="รหัสผู้ใช้ LINE ไม่ถูกต้อง", en="is not the id of a LINE user"))
    return value


def storable(form: dict[str, Any]) -> dict[str, Any]:
    """Return the form; InvalidFieldError when it is too deep, too large or holds what JSON cannot say."""
    for count, (value, depth) in enumerate(_values(form, 1)):
        if count >= MOST_VALUES or depth > DEEPEST:
            raise InvalidFieldError(
                "too-large", Text(th="แบบคำขอซับซ้อนหรือยาวเกินไป", en="the form is too deep or has too many values")
            )
        if not _is_storable(value):
            raise InvalidFieldError(
                "wrong-format", Text(th="มีอักขระหรือตัวเลขที่ใช้ไม่ได้", en="holds characters or numbers that cannot be used")
            )
    return form


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is None
    return math.isfinite(value) if isinstance(value, float) else True


def _values(value: Any, depth: int) -> Iterator[tuple[Any, int]]:
    """Every value and key with its depth; the caller stops at the deepest it wants."""
    yield value, depth
    if isinstance(value, dict):
        for key, member in value.items():
            yield key, depth
            yield from _values(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            yield from _values(member, depth + 1)
