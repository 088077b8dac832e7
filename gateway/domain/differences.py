"""What changed between two versions of a definition, for an applicant whose draft stands under the older one."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from kit.contracts.definition import Bundle, Definition
from kit.contracts.journey import Process
from kit.contracts.text import Text

LABELS: Mapping[str, Text] = {
    "periods": Text(th="ระยะเวลาดำเนินการเปลี่ยนไป", en="The time that is promised has changed"),
    "appeal": Text(th="สิทธิอุทธรณ์เปลี่ยนไป", en="The right to appeal has changed"),
    "manual/laws": Text(th="กฎหมายที่เกี่ยวข้องเปลี่ยนไป", en="The laws that apply have changed"),
    "manual/criteria": Text(th="หลักเกณฑ์และเงื่อนไขเปลี่ยนไป", en="Criteria and conditions have changed"),
    "manual/documents": Text(th="รายการเอกสารเปลี่ยนไป", en="The documents required have changed"),
    "manual/fees": Text(th="ค่าธรรมเนียมเปลี่ยนไป", en="The fees have changed"),
}


class Difference(BaseModel):
    """One change: a JSON pointer into the bundle, and what it is, in both languages."""

    path: str
    th: str
    en: str

    @classmethod
    def of(cls, path: str, text: Text) -> "Difference":
        """From a path and its words."""
        return cls(path=path, th=text.th, en=text.en)


def differences(old: Bundle, new: Bundle) -> list[Difference]:
    """Every change between two versions that an applicant should know: rules, plan, form."""
    return [*_rules(old.definition, new.definition), *_plan(old.definition, new.definition), *_form(old, new)]


def _rules(old: Definition, new: Definition) -> Iterator[Difference]:
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    for path, words in LABELS.items():
        if _at(before, path) != _at(after, path):
            yield Difference.of(f"/definition/{path}", words)


def _at(body: Any, path: str) -> Any:
    for key in path.split("/"):
        body = body[key]
    return body


def _plan(old: Definition, new: Definition) -> Iterator[Difference]:
    before, after = {step.id for step in old.plan}, {step.id for step in new.plan}
    for index, step in enumerate(new.plan):
        if step.id not in before:
            words = Text(th=f"มีขั้นตอนเพิ่ม: {step.id}", en=f"A step was added: {step.id}")
            yield Difference.of(f"/definition/plan/{index}", words)
    for step in old.plan:
        if step.id not in after:
            words = Text(th=f"ไม่มีขั้นตอนนี้แล้ว: {step.id}", en=f"A step was removed: {step.id}")
            yield Difference.of("/definition/plan", words)


def _form(old: Bundle, new: Bundle) -> Iterator[Difference]:
    before, after = _fields(old), _fields(new)
    name = _form_file(new) or ""
    for field in sorted(before.keys() | after.keys()):
        path = f"/files/{name}/properties/{field}"
        title = _title((after.get(field) or before[field]), field)
        if field not in before:
            yield Difference.of(path, Text(th=f"ถามเพิ่ม: {title.th}", en=f"Asked for the first time: {title.en}"))
        elif field not in after:
            yield Difference.of(path, Text(th=f"ไม่ถามแล้ว: {title.th}", en=f"No longer asked: {title.en}"))
        elif before[field] != after[field]:
            yield Difference.of(path, Text(th=f"ข้อนี้เปลี่ยนไป: {title.th}", en=f"Changed: {title.en}"))


def _form_file(bundle: Bundle) -> str | None:
    return next((step.form for step in bundle.definition.plan if step.process is Process.REQUEST), None)


def _fields(bundle: Bundle) -> dict[str, Any]:
    name = _form_file(bundle)
    if name is None:
        return {}
    schema = json.loads(bundle.files[name])
    required = set(schema.get("required", ()))
    return {
        field: {"schema": body, "required": field in required} for field, body in schema.get("properties", {}).items()
    }


def _title(field: Mapping[str, Any], name: str) -> Text:
    title = field["schema"].get("x-title") if isinstance(field["schema"], dict) else None
    return Text.model_validate(title) if title else Text(th=name, en=name)
