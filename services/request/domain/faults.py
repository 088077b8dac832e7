"""What the validator finds, told to people: a FieldError per field with words in Thai and English.

Never the value that was sent, nor the validator's own words, which quote it.
"""

from typing import Any

from jsonschema_rs import ValidationError

from kit.contracts.text import Text
from kit.errors import FieldError
from kit.faults import pointer
from services.request.domain.schema import message_at, title_at

MOST_OPTIONS = 12

_CODES = {
    "required": "required", "dependentRequired": "required", "type": "wrong-type", "pattern": "wrong-format",
    "format": "wrong-format", "enum": "not-allowed", "const": "not-allowed", "falseSchema": "not-allowed",
    "minimum": "out-of-range", "maximum": "out-of-range", "exclusiveMinimum": "out-of-range",
    "exclusiveMaximum": "out-of-range", "multipleOf": "out-of-range", "minLength": "too-short",
    "maxLength": "too-long", "minItems": "too-short", "maxItems": "too-long", "minProperties": "too-short",
    "maxProperties": "too-long", "uniqueItems": "duplicate", "additionalProperties": "unknown-field",
    "unevaluatedProperties": "unknown-field",
}  # fmt: skip

_WORDS = {
    "required": ("ต้องระบุ", "is required"),
    "pattern": ("รูปแบบไม่ถูกต้อง", "is not in the right form"),
    "const": ("เลือกค่าที่กำหนดเท่านั้น", "must be the one value allowed"),
    "falseSchema": ("ไม่ต้องกรอกในกรณีนี้", "may not be given in this case"),
    "minimum": ("ต้องไม่น้อยกว่า {limit}", "must be at least {limit}"),
    "maximum": ("ต้องไม่เกิน {limit}", "must be at most {limit}"),
    "exclusiveMinimum": ("ต้องมากกว่า {limit}", "must be more than {limit}"),
    "exclusiveMaximum": ("ต้องน้อยกว่า {limit}", "must be less than {limit}"),
    "multipleOf": ("ต้องหารด้วย {multiple_of} ลงตัว", "must be a multiple of {multiple_of}"),
    "minLength": ("ต้องยาวอย่างน้อย {limit} ตัวอักษร", "must have at least {limit} characters"),
    "maxLength": ("ต้องยาวไม่เกิน {limit} ตัวอักษร", "must have at most {limit} characters"),
    "minItems": ("ต้องมีอย่างน้อย {limit} รายการ", "must have at least {limit} entries"),
    "maxItems": ("ต้องมีไม่เกิน {limit} รายการ", "must have at most {limit} entries"),
    "minProperties": ("ข้อมูลยังไม่ครบ", "is not complete"),
    "maxProperties": ("มีข้อมูลเกินกว่าที่ขอ", "has more than is asked for"),
    "uniqueItems": ("มีรายการซ้ำกัน", "has the same entry twice"),
    "additionalProperties": ("ไม่มีช่องข้อมูลนี้ในแบบคำขอ", "is not a field of this form"),
    "unevaluatedProperties": ("ไม่มีช่องข้อมูลนี้ในแบบคำขอ", "is not a field of this form"),
}
_OTHER = ("ไม่ถูกต้อง", "is not valid")

_TYPES = {
    "string": ("ข้อความ", "text"),
    "integer": ("จำนวนเต็ม", "a whole number"),
    "number": ("ตัวเลข", "a number"),
    "boolean": ("ใช่หรือไม่ใช่", "yes or no"),
    "array": ("รายการ", "a list"),
    "object": ("กลุ่มข้อมูล", "a group of fields"),
}
_FORMATS = {
    "date": ("วันที่ เช่น 2026-11-22", "a date like 2026-11-22"),
    "date-time": ("วันเวลา เช่น 2026-11-22T08:30:00+07:00", "a time like 2026-11-22T08:30:00+07:00"),
    "time": ("เวลา เช่น 08:30:00+07:00", "a time of day like 08:30:00+07:00"),
    "email": ("ที่อยู่อีเมล", "an e-mail address"),
    "idn-email": ("ที่อยู่อีเมล", "an e-mail address"),
    "uri": ("ที่อยู่เว็บ", "a web address"),
    "uuid": ("รหัส UUID", "a UUID"),
}


def fault_of(schema: Any, error: ValidationError, prefix: tuple[str, ...] = ("form",)) -> list[FieldError]:
    """One FieldError, or one per field where the validator names several at once."""
    return [_fault(schema, error, path, prefix) for path in _places(error)]


def _fault(schema: Any, error: ValidationError, path: list[str | int], prefix: tuple[str, ...]) -> FieldError:
    code = _CODES.get(error.kind.name, "invalid")
    return FieldError(pointer((*prefix, *path)), code, message_at(schema, path) or _told(schema, error, path))


def _places(error: ValidationError) -> list[list[str | int]]:
    """A missing field is told at its own place, not at the group that lacks it."""
    detail = error.kind.as_dict()
    if error.kind.name == "required":
        return [[*error.instance_path, detail["property"]]]
    if isinstance(names := detail.get("unexpected"), list):
        return [[*error.instance_path, name] for name in names]
    return [error.instance_path]


def _told(schema: Any, error: ValidationError, path: list[str | int]) -> Text:
    th, en = _words(error)
    title = title_at(schema, path)
    return Text(th=f"{title.th}: {th}", en=f"{title.en}: {en}")


def _words(error: ValidationError) -> tuple[str, str]:
    name, detail = error.kind.name, error.kind.as_dict()
    if name == "type":
        return _must_be([_TYPES[each] for each in detail["types"] if each in _TYPES])
    if name == "format":
        return _must_be([_FORMATS[detail["format"]]] if detail["format"] in _FORMATS else [])
    if name == "enum":
        return _one_of(detail["options"])
    th, en = _WORDS.get(name, _OTHER)
    return th.format(**detail), en.format(**detail)


def _must_be(kinds: list[tuple[str, str]]) -> tuple[str, str]:
    if not kinds:
        return _WORDS["pattern"]
    return "ต้องเป็น" + "หรือ".join(th for th, _ in kinds), "must be " + " or ".join(en for _, en in kinds)


def _one_of(options: list[Any]) -> tuple[str, str]:
    shown = [str(option) for option in options if isinstance(option, (str, int, float))]
    if len(shown) != len(options) or len(shown) > MOST_OPTIONS:
        return "ต้องเลือกจากรายการ", "must be one of the list"
    return "ต้องเป็นค่าใดค่าหนึ่งต่อไปนี้: " + ", ".join(shown), "must be one of: " + ", ".join(shown)
