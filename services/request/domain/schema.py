"""Finding one's way in a form schema: which of its nodes speak about a value, and what they call it."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from kit.contracts.text import Text

Path = Sequence[str | int]
_BESIDE = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else", "if")


def nodes_at(schema: Any, path: Path) -> Iterator[dict[str, Any]]:
    """The nodes that describe the value at the path, the most direct first."""
    # Each node is asked once for each part of the path: references may go in circles, and double.
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(schema, tuple(path))]
    while waiting:
        node, rest = waiting.pop()
        if not isinstance(node, dict) or (id(node), len(rest)) in seen:
            continue
        seen.add((id(node), len(rest)))
        if not rest:
            yield node
        following = [(member, rest[1:]) for member in _members(node, rest)]
        following += [(beside, rest) for beside in _besides(schema, node)]
        waiting += reversed(following)


def members_at(schema: Any, path: Path) -> list[str]:
    """The names of what may stand in the group at the path, in the order in which the schema has them."""
    return list(dict.fromkeys(name for node in nodes_at(schema, path) for name in _dict(node.get("properties"))))


def _members(node: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Any]:
    if not path:
        return
    if isinstance(path[0], str):
        yield _dict(node.get("properties")).get(path[0])
        return
    prefix = node.get("prefixItems")
    if isinstance(prefix, list) and path[0] < len(prefix):
        yield prefix[path[0]]
    yield node.get("items")


def _besides(root: Any, node: dict[str, Any]) -> Iterator[Any]:
    if isinstance(reference := node.get("$ref"), str):
        yield resolve(root, reference)
    for key in _BESIDE:
        if isinstance(node.get(key), list):
            yield from node[key]
    for key in _BRANCHES:
        yield node.get(key)
    yield from _dict(node.get("dependentSchemas")).values()


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def resolve(root: Any, reference: str) -> Any:
    """The node that a local reference (``#/$defs/address``) names, or None."""
    if not reference.startswith("#"):
        return None
    node = root
    for part in reference.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
    return node


def title_at(schema: Any, path: Path) -> Text:
    """What people call the field: ``x-title``, else ``title``, else its name."""
    nodes = list(nodes_at(schema, path))
    for node in nodes:
        if (own := text_of(node.get("x-title"))) is not None:
            return own
    for node in nodes:
        if isinstance(node.get("title"), str) and node["title"].strip():
            return Text(th=node["title"], en=node["title"])
    name = str(path[-1] + 1 if isinstance(path[-1], int) else path[-1]).strip() if path else ""
    return Text(th=name or "แบบคำขอ", en=name or "The form")


def message_at(schema: Any, path: Path) -> Text | None:
    """The words that the definition has for any fault of the field: ``x-messages``."""
    found = (text_of(node.get("x-messages")) for node in nodes_at(schema, path))
    return next((text for text in found if text is not None), None)


def text_of(value: Any) -> Text | None:
    """``{th, en}`` as Text, or None."""
    try:
        return Text.model_validate(value)
    except ValidationError:
        return None


def walk(node: Any) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object inside a schema with its path; a stack of its own, since its author decides how deep it is."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), node)]
    while waiting:
        path, each = waiting.pop()
        if isinstance(each, dict):
            yield path, each
            waiting += [((*path, str(key)), member) for key, member in each.items()]
        elif isinstance(each, list):
            waiting += [((*path, str(index)), member) for index, member in enumerate(each)]
