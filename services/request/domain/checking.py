"""The check of request's section of a bundle: every fault at once, never raising."""

import json
from collections.abc import Iterator
from typing import Any

from kit.contracts.definition import Fault, RequestStep, Section
from kit.contracts.text import Text
from services.request.domain.filing import names_of
from services.request.domain.forms import Form
from services.request.domain.schema import nodes_at, text_of, walk

_REFERENCES = ("$ref", "$dynamicRef")
_WORDS = ("x-title", "x-messages")


def check_section(section: Section) -> list[Fault]:
    """Find every fault: the files named, the form as a JSON Schema, the UI hints, the title field."""
    return [fault for step in section.steps.values() for fault in _step_faults(section, step)]


def _step_faults(section: Section, step: Any) -> Iterator[Fault]:
    if not isinstance(step, RequestStep):
        yield _fault(f"/steps/{step.id}", "ไม่ใช่ขั้นตอนคำขอ", "is not a request step")
        return
    named = ((key, getattr(step, key)) for key in ("form", "ui") if getattr(step, key))
    parsed: dict[str, Any] = {}
    for key, name in named:
        if name not in section.files:
            yield _fault(f"/steps/{step.id}/{key}", f"ไม่มีไฟล์ {name} ในชุดนิยาม", f"there is no file {name} in the bundle")
            continue
        value, faults = _object_of(name, section.files[name])
        yield from faults
        if not faults:
            parsed[key] = value
    if "form" in parsed and step.form is not None:
        yield from _form_faults(step.form, section.files[step.form], parsed["form"])
    yield from _title_faults(step, parsed.get("form"))
    yield from _address_faults(step, parsed.get("form"))


def _object_of(name: str, text: str) -> tuple[Any, list[Fault]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None, [_fault(f"/files/{name}", "อ่านเป็น JSON ไม่ได้", "is not JSON")]
    if not isinstance(value, dict):
        return None, [_fault(f"/files/{name}", "ต้องเป็นออบเจกต์ JSON", "must be a JSON object")]
    return value, []


def _form_faults(name: str, text: str, schema: dict[str, Any]) -> list[Fault]:
    path = f"/files/{name}"
    foreign = [
        _foreign(path, where, node[key])
        for where, node in walk(schema)
        for key in _REFERENCES
        if _is_foreign(node, key)
    ]
    if foreign:
        return foreign
    faults = []
    if schema.get("type", "object") != "object":
        faults.append(_fault(f"{path}/type", "แบบคำขอต้องเป็น object", "a form is of type object"))
    try:
        Form(text)
    except ValueError as error:
        reason = str(error).partition("\n")[0][:300]
        faults.append(_fault(path, f"ไม่ใช่ JSON Schema ที่ใช้ได้: {reason}", f"is no valid JSON Schema: {reason}"))
    return faults + [
        _fault(_at(path, where, key), "ต้องมีข้อความ th และ en", "needs words in th and en")
        for where, node in walk(schema)
        for key in _WORDS
        if key in node and where[-1:] != ("properties",) and text_of(node[key]) is None
    ]


def _is_foreign(node: dict[str, Any], key: str) -> bool:
    return isinstance(node.get(key), str) and not node[key].startswith("#")


def _foreign(path: str, where: tuple[str, ...], reference: str) -> Fault:
    return _fault(
        _at(path, where, "$ref"),
        f"อ้างอิงภายนอกไม่ได้: {reference[:200]}",
        f"may not refer outside itself: {reference[:200]}",
    )


def _title_faults(step: RequestStep, schema: Any) -> Iterator[Fault]:
    if step.title_field is None or (schema is None and step.form is not None):
        return
    if not any(True for _ in nodes_at(schema, [step.title_field])):
        yield _fault(
            f"/steps/{step.id}/title_field",
            f"แบบคำขอไม่มีช่อง {step.title_field}",
            f"the form has no field {step.title_field}",
        )


def _address_faults(step: RequestStep, schema: Any) -> Iterator[Fault]:
    """The fields that make an address are in the form."""
    if schema is None and step.form is not None:
        return
    for index, pointer in enumerate(step.postal_address):
        if not any(True for _ in nodes_at(schema, names_of(pointer))):
            yield _fault(
                f"/steps/{step.id}/postal_address/{index}",
                f"แบบคำขอไม่มีช่อง {pointer}",
                f"the form has no field {pointer}",
            )


def _at(path: str, where: tuple[str, ...], key: str) -> str:
    return path + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in (*where, key))


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
