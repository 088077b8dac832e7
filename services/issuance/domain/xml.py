"""The data of a document as XML, to lie inside its PDF: the same values as the template had, nothing else. Pure."""

from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

NAMESPACE = "urn:paet:document:1"
FILE_NAME = "document.xml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LANGUAGES = frozenset({"th", "en"})
_SINGULAR = {"receipts": "receipt"}


def xml_of(data: dict[str, Any]) -> bytes:
    """``<document xmlns="urn:paet:document:1">`` with an element per member of ``data``; UTF-8.

    Words in two languages are one element per language with ``xml:lang``; a field of the form is
    ``<field name="…">``, its entries ``<item>``; what is missing is left out.
    """
    root = Element("document", xmlns=NAMESPACE)
    for name, value in data.items():
        if name == "form":
            _fields(SubElement(root, name), value)
        else:
            _append(root, name, value)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _append(parent: Element, name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, list):
        holder = SubElement(parent, name)
        for each in value:
            _append(holder, _SINGULAR.get(name, "item"), each)
    elif isinstance(value, dict) and value.keys() == _LANGUAGES:
        for language, words in value.items():
            SubElement(parent, name, {_LANG: language}).text = words
    elif isinstance(value, dict):
        _members(SubElement(parent, name), value)
    else:
        SubElement(parent, name).text = _written(value)


def _members(element: Element, members: dict[str, Any]) -> None:
    words = {key: each for key, each in members.items() if key in _LANGUAGES}
    if words.keys() == _LANGUAGES:
        _append(element, "name", words)
    for key, each in members.items():
        if key not in words:
            _append(element, key, each)


def _fields(parent: Element, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if value is not None:
            _value(SubElement(parent, "field", name=name), value)


def _value(element: Element, value: Any) -> None:
    if isinstance(value, dict):
        _fields(element, value)
    elif isinstance(value, list):
        for each in value:
            _value(SubElement(element, "item"), each)
    elif value is not None:
        element.text = _written(value)


def _written(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
