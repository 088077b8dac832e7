"""Reading a form by its schema: the fields it declares, what they are called, a sample of each. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from kit.contracts.text import Text

_DEEPEST = 12
_MOST_VALUES = 2000
_MOST_BESIDE = 1000
_BESIDE = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else")
_WORDS = "ตัวอย่าง Sample"
_KIND_OF = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}
_BY_FORMAT = {
    "date": "2026-11-22",
    "date-time": "2026-11-22T08:30:00+07:00",
    "time": "08:30:00+07:00",
    "email": "sample@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class _Room:
    """How much may still be drawn: by its references a short schema can describe more than fits anywhere."""

    def __init__(self) -> None:
        self._values = _MOST_VALUES

    def is_left(self, depth: int) -> bool:
        """Whether one more group or list fits, at this depth."""
        self._values -= 1
        return depth < _DEEPEST and self._values > 0


class FormSchema:
    """The JSON Schema of a form; whatever is rubbish in it is passed over, for its owner tells of it."""

    def __init__(self, text: str | None) -> None:
        self.root: Any = _parsed(text) if text else {}

    def fields(self, node: Any = None) -> dict[str, list[dict[str, Any]]]:
        """The fields an object node declares, conditional ones too: name → the nodes that describe it."""
        found: dict[str, list[dict[str, Any]]] = {}
        for each in self._beside(self.root if node is None else node):
            for name, field in _dict(each.get("properties")).items():
                found.setdefault(name, []).append(_dict(field))
        return found

    def at(self, path: Sequence[str]) -> list[dict[str, Any]]:
        """The nodes that describe the field at a path of names; none when the form has no such field."""
        nodes = [_dict(self.root)]
        for name in path:
            found = [field for node in nodes for field in self.fields(node).get(name, [])]
            nodes = list({id(field): field for field in found}.values())
        return nodes

    def title(self, path: Sequence[str]) -> Text:
        """What people call a field: ``x-title``, else ``title``, else its name."""
        nodes = [each for node in self.at(path) for each in self._beside(node)]
        for node in nodes:
            if (own := _text(node.get("x-title"))) is not None:
                return own
        titles = (node["title"] for node in nodes if isinstance(node.get("title"), str) and node["title"].strip())
        name = next(titles, path[-1])
        return Text(th=name, en=name)

    def is_group(self, path: Sequence[str]) -> bool:
        """Whether the field is an object, that has fields of its own."""
        return any(self.fields(node) for node in self.at(path))

    def kinds(self, nodes: Sequence[dict[str, Any]]) -> set[str]:
        """The JSON types that these nodes allow a value, by their types, else by the values that they list."""
        beside = [each for node in nodes for each in self._beside(node)]
        typed = {kind for each in beside if "type" in each for kind in _kinds(each["type"])}
        listed = [value for each in beside for value in _listed(each)]
        return typed or {_KIND_OF.get(type(value), "string") for value in listed}

    def items(self, nodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The nodes that describe the entries of a list."""
        return [_dict(each["items"]) for node in nodes for each in self._beside(node) if "items" in each]

    def listed(self, nodes: Sequence[dict[str, Any]]) -> list[Any]:
        """The only values that these nodes allow; none where they do not list them."""
        return [value for node in nodes for each in self._beside(node) for value in _listed(each)]

    def filled(self, form: Any) -> Any:
        """The form with None for every declared field that is missing, so that a template may name it."""
        return self._group_filled(form, self.root, 0, _Room())

    def _group_filled(self, value: Any, node: Any, depth: int, room: _Room) -> Any:
        given = _dict(value)
        fields = self.fields(node).items()
        return given | {name: self._filled(given.get(name), nodes, depth + 1, room) for name, nodes in fields}

    def _filled(self, value: Any, nodes: list[dict[str, Any]], depth: int, room: _Room) -> Any:
        group = next((node for node in nodes if self.fields(node)), None)
        return value if group is None or not room.is_left(depth) else self._group_filled(value, group, depth, room)

    def sample(self, *, whole: bool) -> dict[str, Any]:
        """A form with every field, or with the required ones only."""
        return self._object(self.root, whole, 0, _Room())

    def _object(self, node: Any, whole: bool, depth: int, room: _Room) -> dict[str, Any]:
        required = {name for each in self._beside(node) for name in _names(each.get("required"))}
        return {
            name: self._value(nodes[0], whole, depth + 1, room)
            for name, nodes in self.fields(node).items()
            if whole or name in required
        }

    def _value(self, node: dict[str, Any], whole: bool, depth: int, room: _Room) -> Any:
        nodes = list(self._beside(node))
        for each in nodes:
            for key in ("examples", "enum"):
                if isinstance(each.get(key), list) and each[key]:
                    return each[key][0]
            for key in ("const", "default"):
                if key in each:
                    return each[key]
        kind = next((_kind(each["type"]) for each in nodes if "type" in each), "string")
        return self._of_kind(kind, node, whole, depth, room)

    def _of_kind(self, kind: str, node: dict[str, Any], whole: bool, depth: int, room: _Room) -> Any:
        nodes = list(self._beside(node))
        if kind == "object" or self.fields(node):
            return self._object(node, whole, depth, room) if room.is_left(depth) else {}
        if kind == "array":
            items = next((_dict(each["items"]) for each in nodes if "items" in each), {})
            return [self._value(items, whole, depth + 1, room)] if room.is_left(depth) else []
        if kind in ("integer", "number"):
            return next((each["minimum"] for each in nodes if isinstance(each.get("minimum"), int)), 1)
        if kind in ("boolean", "null"):
            return True if kind == "boolean" else None
        return next((_BY_FORMAT[str(each["format"])] for each in nodes if each.get("format") in _BY_FORMAT), _WORDS)

    def _beside(self, node: Any) -> Iterator[dict[str, Any]]:
        """The node and all that speak about the same value, each once: references may go in circles, and double."""
        seen: set[int] = set()
        waiting = [node]
        while waiting and len(seen) < _MOST_BESIDE:
            each = waiting.pop()
            if isinstance(each, dict) and id(each) not in seen:
                seen.add(id(each))
                yield each
                waiting += reversed(self._next_to(each))

    def _next_to(self, node: dict[str, Any]) -> list[Any]:
        """References, combinations, branches of one node."""
        named = [self._resolved(node["$ref"])] if isinstance(node.get("$ref"), str) else []
        listed = [each for key in _BESIDE if isinstance(node.get(key), list) for each in node[key]]
        branches = [node.get(key) for key in _BRANCHES]
        return [*named, *listed, *branches, *_dict(node.get("dependentSchemas")).values()]

    def _resolved(self, reference: str) -> Any:
        node = self.root if reference.startswith("#") else None
        for part in reference.split("/")[1:]:
            node = _dict(node).get(part.replace("~1", "/").replace("~0", "~"))
        return node


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _kind(value: Any) -> str:
    return next((kind for kind in _kinds(value) if kind != "null"), "null")


def _kinds(value: Any) -> list[str]:
    return [str(kind) for kind in (value if isinstance(value, list) else [value])]


def _listed(node: dict[str, Any]) -> list[Any]:
    return [
        *(node["enum"] if isinstance(node.get("enum"), list) else []),
        *([node["const"]] if "const" in node else []),
    ]


def _text(value: Any) -> Text | None:
    try:
        return Text.model_validate(value)
    except ValidationError:
        return None
