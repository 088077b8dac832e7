"""What the public register shows of a document: the fields its definition names, national ids masked. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kit.thai import ascii_digits, normalise
from services.issuance.domain.form import FormSchema

_ID_LIKE = re.compile(r"(?<![0-9๐-๙])[0-9๐-๙](?:[ -]?[0-9๐-๙]){12}(?![0-9๐-๙])")
_MOST = 500


def path_of(field: str) -> tuple[str, ...]:
    """``shop_name`` or ``/place/province``: the names on the way to a field of the form."""
    return tuple(part for part in field.strip().split("/") if part)


def public_fields(fields: Sequence[str], schema: FormSchema, form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each field that has a value: ``{"name", "title": {th, en}, "value"}``, the value as text."""
    found = ((field, path_of(field)) for field in fields)
    shown = ((field, path, _shown(_value_at(form, path))) for field, path in found if path)
    return [
        {"name": field, "title": schema.title(path).model_dump(), "value": masked(value)}
        for field, path, value in shown
        if value
    ]


def masked(text: str) -> str:
    """The text with every citizen's 13-digit number masked; numbers of juristic persons (0…) are public."""
    return _ID_LIKE.sub(lambda found: _mask(found[0]), text)


def _mask(written: str) -> str:
    digits = [int(digit) for digit in ascii_digits(written) if digit.isdecimal()]
    check = (11 - sum(digit * (13 - place) for place, digit in enumerate(digits[:12])) % 11) % 10
    if digits[0] == 0 or check != digits[12]:
        return written
    return f"x-xxxx-xxxxx-{digits[10]}{digits[11]}-{digits[12]}"


def _value_at(form: Any, path: Sequence[str]) -> Any:
    for name in path:
        form = form.get(name) if isinstance(form, Mapping) else None
    return form


def _shown(value: Any) -> str:
    """Scalars and lists of them as text; a group of fields is never shown as a whole."""
    if isinstance(value, bool):
        return "ใช่ / Yes" if value else "ไม่ใช่ / No"
    if isinstance(value, (str, int, float)):
        return normalise(str(value)).strip()[:_MOST]
    if isinstance(value, list):
        return ", ".join(filter(None, (_shown(each) for each in value)))[:_MOST]
    return ""
