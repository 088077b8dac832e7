"""The data of a document read back out of its XML: what was printed is printed again on what takes its place. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from kit.contracts.definition import IssuanceStep, Section
from services.issuance.domain.content import PERSON, REASONS, Registered, chosen_form, in_one_spelling, mentions
from services.issuance.domain.form import FormSchema
from services.issuance.domain.public import path_of
from services.issuance.domain.states import Kind
from services.issuance.domain.xml import NAMESPACE

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_INTEGER = re.compile(r"-?[0-9]+")
Nodes = Sequence[dict[str, Any]]


class OriginalUnreadable(Exception):
    """The file of the document before is not what was registered, or has no data in it."""


def data_again(
    xml: bytes, section: Section, settings: IssuanceStep, entry: Registered, before: str, on: date,
    kind: Kind, corrections: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The ``data`` of a document in the place of one whose XML this is, and whose number ``before`` was, made ``on``.

    Fields named in ``corrections`` get other values.
    OriginalUnreadable.
    """
    schema, template = FormSchema(section.form), section.files[settings.template]
    data = restored(xml, schema)
    form = data.get("form", {})
    for name, value in corrections.items():
        form = corrected(form, path_of(name), value)
    again = data | {
        "number": entry.number, "uuid": str(entry.uuid), "oid": entry.oid, "version": entry.version,
        "issued_on": entry.issued_on.isoformat(), "valid_until": _day(entry.valid_until),
        "verify_url": entry.verify_url,
        "person": _person(data.get("person", {}), template), "form": chosen_form(schema, template, form),
        "decision": _decision(data["decision"], template),
        "replaces": {"kind": kind.value, "number": before, "on": on.isoformat()},
    }  # fmt: skip
    return in_one_spelling(again)


def corrected(form: Any, path: Sequence[str], value: Any) -> dict[str, Any]:
    """The form with another value at a path of names."""
    found = dict(form) if isinstance(form, Mapping) else {}
    name, rest = path[0], path[1:]
    return found | {name: corrected(found.get(name), rest, value) if rest else value}


def restored(xml: bytes, schema: FormSchema) -> dict[str, Any]:
    """What `xml_of` has written, as it was; what was None is missing. OriginalUnreadable."""
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - our own, out of a file whose digest is the registered one
    except ElementTree.ParseError as error:
        raise OriginalUnreadable from error
    if root.tag != f"{{{NAMESPACE}}}document":
        raise OriginalUnreadable
    data: dict[str, Any] = {}
    for each in root:
        name = _name(each)
        if _LANG in each.attrib:
            data.setdefault(name, {})[each.attrib[_LANG]] = each.text or ""
        elif name == "form":
            data[name] = _fields(each, schema, [schema.root])
        elif name == "receipts":
            data[name] = [_receipt(one) for one in each]
        else:
            data[name] = _members(each) if len(each) or name == "person" else each.text or ""
    return data


def _members(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in element:
        if _LANG not in each.attrib:
            found[_name(each)] = each.text or ""
        elif _name(each) == "name":
            found[each.attrib[_LANG]] = each.text or ""
        else:
            found.setdefault(_name(each), {})[each.attrib[_LANG]] = each.text or ""
    return found


def _receipt(element: Element) -> dict[str, Any]:
    members = _members(element)
    return members | {"amount": int(members["amount"])}


def _fields(element: Element, schema: FormSchema, nodes: Nodes) -> dict[str, Any]:
    declared: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        for name, field in schema.fields(node).items():
            declared.setdefault(name, []).extend(field)
    names = ((str(each.get("name")), each) for each in element)
    return {name: _value(each, schema, declared.get(name, [])) for name, each in names}


def _value(element: Element, schema: FormSchema, nodes: Nodes) -> Any:
    kinds = schema.kinds(nodes)
    children = {_name(each) for each in element}
    if "item" in children or (not children and not element.text and kinds >= {"array"}):
        return [_value(each, schema, schema.items(nodes)) for each in element]
    if "field" in children or (not children and not element.text and kinds >= {"object"}):
        return _fields(element, schema, nodes)
    return _scalar(element.text or "", kinds)


def _scalar(text: str, kinds: set[str]) -> Any:
    if "string" in kinds or not kinds:
        return text
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if kinds & {"integer", "number"} and _INTEGER.fullmatch(text):
        return int(text)
    try:
        return float(text) if "number" in kinds else text
    except ValueError:
        return text


def _person(members: dict[str, Any], template: str) -> dict[str, Any]:
    named = mentions(template)
    return {name: members.get(name) for name in PERSON if named(name)} if members else {}


def _decision(members: dict[str, Any], template: str) -> dict[str, Any]:
    named = mentions(template)
    return {"authority": None} | {name: None for name in REASONS if named(name)} | members


def _name(element: Element) -> str:
    return element.tag.partition("}")[2]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
