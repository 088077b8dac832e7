"""Corrections of an amendment: which fields a document shows, and which values they may get. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.contracts.definition import IssuanceStep, Section
from kit.contracts.text import Text
from kit.errors import FieldError
from services.issuance.domain.content import mentions
from services.issuance.domain.form import FormSchema
from services.issuance.domain.problems import CorrectionImpossible
from services.issuance.domain.public import path_of, public_fields
from services.issuance.domain.restoring import corrected

LONGEST = 2000
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool,
}  # fmt: skip


def corrections_name(agency: str, document: UUID, digest: str) -> str:
    """Where corrections lie that were proposed for a document: beside its file, in no row."""
    return f"documents/{agency}/{document}/corrections-{digest}.json"


def check_corrections(corrections: Mapping[str, Any], section: Section, settings: IssuanceStep) -> None:
    """CorrectionImpossible with a fault for each field that the document does not show, or value that is none of it."""
    if not corrections:
        raise CorrectionImpossible(errors=[_fault("", "ต้องระบุรายการที่แก้ไข", "Name what is corrected")])
    schema, named = FormSchema(section.form), mentions(section.files[settings.template])
    faults = []
    for name, value in corrections.items():
        path = path_of(name)
        is_shown = bool(path) and (name in settings.public_fields or any(named(part) for part in path))
        if not is_shown or not schema.at(path) or schema.is_group(path):
            faults.append(_fault(name, "เอกสารไม่ได้แสดงรายการนี้", "The document does not show this"))
        else:
            faults += _faults_of(name, value, schema, schema.at(path))
    if faults:
        raise CorrectionImpossible(errors=faults)


def _faults_of(name: str, value: Any, schema: FormSchema, nodes: Sequence[dict[str, Any]]) -> Iterator[FieldError]:
    kinds = schema.kinds(nodes) or {"string"}
    is_of_kind = any(isinstance(value, _TYPES[kind]) for kind in kinds if kind in _TYPES)
    if not is_of_kind or (isinstance(value, bool) and "boolean" not in kinds):
        yield _fault(name, "ชนิดข้อมูลไม่ตรงกับแบบคำขอ", "This is not of the kind that the form asks for")
        return
    listed = schema.listed(nodes)
    if listed and value not in listed:
        yield _fault(name, "ไม่ใช่ค่าที่แบบคำขอกำหนด", "This is none of the values that the form lists")
    longest = min((each["maxLength"] for each in nodes if isinstance(each.get("maxLength"), int)), default=LONGEST)
    if isinstance(value, str) and (not value.strip() or len(value) > longest):
        words = f"ต้องมี 1 ถึง {longest} ตัวอักษร", f"It must have 1 to {longest} characters"
        yield _fault(name, *words)


def corrected_public(
    shown: Sequence[Mapping[str, Any]], corrections: Mapping[str, Any], section: Section, settings: IssuanceStep
) -> list[dict[str, Any]]:
    """What the register shows, with the corrected values in their places."""
    form: dict[str, Any] = {}
    for name, value in corrections.items():
        form = corrected(form, path_of(name), value)
    new = {each["name"]: each for each in public_fields(settings.public_fields, FormSchema(section.form), form)}
    known = {each["name"]: dict(each) for each in shown} | new
    return [known[name] for name in settings.public_fields if name in known]


def _fault(name: str, th: str, en: str) -> FieldError:
    pointer = "/corrections" + (f"/{name.replace('~', '~0').replace('/', '~1')}" if name else "")
    return FieldError(pointer, "correction-impossible", Text(th=th, en=en))
