"""Faults that pydantic finds, told to people: FieldErrors with stable codes, in Thai and English.

Never the value that was sent, nor pydantic's own words, which may quote it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

from pydantic import ValidationError

from kit.contracts.text import Text
from kit.errors import FieldError, InvalidFieldError

MOST = 200
"""More faults than this in one answer help nobody."""

Part = Literal["body", "query", "path", "header", "cookie"]

_KINDS = {
    "string": Text(th="ต้องเป็นข้อความ", en="must be text"),
    "int": Text(th="ต้องเป็นจำนวนเต็ม", en="must be a whole number"),
    "float": Text(th="ต้องเป็นตัวเลข", en="must be a number"),
    "decimal": Text(th="ต้องเป็นตัวเลข", en="must be a number"),
    "finite": Text(th="ต้องเป็นตัวเลข", en="must be a number"),
    "bool": Text(th="ต้องเป็น true หรือ false", en="must be true or false"),
    "list": Text(th="ต้องเป็นรายการ", en="must be a list"),
    "tuple": Text(th="ต้องเป็นรายการ", en="must be a list"),
    "set": Text(th="ต้องเป็นรายการ", en="must be a list"),
    "dict": Text(th="ต้องเป็นออบเจกต์", en="must be an object"),
    "model": Text(th="ต้องเป็นออบเจกต์", en="must be an object"),
    "date": Text(th="ต้องเป็นวันที่ เช่น 2026-11-22", en="must be a date like 2026-11-22"),
    "datetime": Text(
        th="ต้องเป็นวันเวลา เช่น 2026-11-22T08:30:00+07:00", en="must be a time like 2026-11-22T08:30:00+07:00"
    ),
    "timezone": Text(th="ต้องระบุเขตเวลา เช่น +07:00", en="must carry its time zone, like +07:00"),
    "time": Text(th="ต้องเป็นเวลา เช่น 08:30", en="must be a time of day like 08:30"),
    "uuid": Text(th="ต้องเป็นรหัส UUID", en="must be a UUID"),
    "url": Text(th="ต้องเป็นที่อยู่เว็บ", en="must be a web address"),
}
_FIXED = {
    "missing": ("required", Text(th="ต้องระบุ", en="is required")),
    "extra_forbidden": ("unknown-field", Text(th="ไม่มีช่องข้อมูลนี้", en="there is no such field")),
    "string_pattern_mismatch": ("wrong-format", Text(th="รูปแบบไม่ถูกต้อง", en="is not in the right form")),
    "string_unicode": ("wrong-format", Text(th="มีอักขระที่ใช้ไม่ได้", en="holds characters that cannot be used")),
}
_BOUNDS = {
    "min_length": ("too-short", "ต้องยาวอย่างน้อย {}", "must have at least {}"),
    "max_length": ("too-long", "ต้องยาวไม่เกิน {}", "must have at most {}"),
    "ge": ("out-of-range", "ต้องไม่น้อยกว่า {}", "must be at least {}"),
    "gt": ("out-of-range", "ต้องมากกว่า {}", "must be more than {}"),
    "le": ("out-of-range", "ต้องไม่เกิน {}", "must be at most {}"),
    "lt": ("out-of-range", "ต้องน้อยกว่า {}", "must be less than {}"),
    "multiple_of": ("out-of-range", "ต้องหารด้วย {} ลงตัว", "must be a multiple of {}"),
}
_INVALID = ("invalid", Text(th="ไม่ถูกต้อง", en="is not valid"))


def request_errors(faults: Sequence[Mapping[str, Any]], body: Any) -> list[FieldError]:
    """Tell the faults of a RequestValidationError: the first member of each ``loc`` names the part."""
    return [_told(fault, cast(Part, fault["loc"][0]), fault["loc"][1:], body) for fault in faults[:MOST]]


def model_errors(error: ValidationError, body: Any) -> list[FieldError]:
    """Tell the faults of a model that was validated against `body` by hand."""
    faults = error.errors(include_url=False, include_input=False)
    return [_told(fault, "body", fault["loc"], body) for fault in faults[:MOST]]


def _told(fault: Mapping[str, Any], part: Part, loc: Sequence[str | int], body: Any) -> FieldError:
    code, detail = _words(fault["type"], fault.get("ctx") or {})
    path = _in_body(loc, body, fault["type"] == "missing") if part == "body" else loc
    return FieldError(pointer(path), code, detail, part)


def pointer(path: Iterable[str | int]) -> str:
    """Write a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in path)


def _in_body(loc: Sequence[str | int], body: Any, is_missing: bool) -> list[str | int]:
    """Keep the members of ``loc`` that lead through the body: pydantic mixes in union members."""
    path: list[str | int] = []
    for index, each in enumerate(loc):
        if _holds(body, each):
            body = body[each]
        elif not (is_missing and index == len(loc) - 1):
            continue
        path.append(each)
    return path


def _holds(body: Any, member: str | int) -> bool:
    if isinstance(body, list):
        return isinstance(member, int) and member < len(body)
    return isinstance(body, Mapping) and member in body


def _words(kind: str, context: Mapping[str, Any]) -> tuple[str, Text]:
    own = context.get("error")
    if isinstance(own, InvalidFieldError):
        return own.code, own.detail
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in {"enum", "literal_error"}:
        return _not_allowed(context["expected"])
    for name, (code, th, en) in _BOUNDS.items():
        if name in context:
            return code, Text(th=th.format(context[name]), en=en.format(context[name]))
    if text := _KINDS.get(kind.partition("_")[0]):
        return "wrong-type", text
    return _INVALID


def _not_allowed(expected: str) -> tuple[str, Text]:
    return "not-allowed", Text(th=f"ต้องเป็นค่าใดค่าหนึ่งต่อไปนี้: {expected}", en=f"must be one of: {expected}")
