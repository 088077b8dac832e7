"""Which fields the schema of a form describes. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from services.review.domain.tables import validator_of

_COMBINING = ("allOf", "anyOf", "oneOf")
_INDEX = re.compile("0|[1-9][0-9]{0,5}")
"""As the pointers of a correction name it: no other digits, no zero before it."""
_BRANCHES = ("if", "then", "else")


def schema_of(form: str | None) -> Any:
    """Read the schema; a form that is no schema is request's fault to report, and has no fields here."""
    try:
        validator_of(form or "")
    except ValueError:
        return {}
    return json.loads(form or "")


def names_of(pointer: str) -> list[str]:
    """The names in a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def has_field(root: Any, path: Sequence[str], *, in_lists: bool = False) -> bool:
    """Whether some node may describe the path. Each is asked once for it: references may go in circles, and double.

    ``in_lists``: a number is a member of a list.
    What it knows of schemas is what request knows when it names the field (`services/request/domain/schema.py`).
    """
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Any, Sequence[str]]] = [(root, path)]
    while waiting:
        schema, rest = waiting.pop()
        if not rest:
            return True
        if not isinstance(schema, dict) or (id(schema), len(rest)) in seen:
            continue
        seen.add((id(schema), len(rest)))
        properties = schema.get("properties")
        inner = properties.get(rest[0], False) if isinstance(properties, dict) else False
        if inner is not False:
            waiting.append((inner, rest[1:]))
        if in_lists and _INDEX.fullmatch(rest[0]):
            waiting += [(each, rest[1:]) for each in _members(schema, rest[0])]
        waiting += [(each, rest) for each in _parts(schema, root)]
    return False


def _members(schema: dict[str, Any], index: str) -> Iterator[Any]:
    prefix = schema.get("prefixItems")
    yield from prefix[int(index) :][:1] if isinstance(prefix, list) else ()
    if isinstance(items := schema.get("items"), dict):
        yield items


def _parts(schema: dict[str, Any], root: Any) -> Iterator[Any]:
    for name in _COMBINING:
        members = schema.get(name)
        yield from members if isinstance(members, list) else ()
    yield from (schema[name] for name in _BRANCHES if name in schema)
    dependent = schema.get("dependentSchemas")
    yield from dependent.values() if isinstance(dependent, dict) else ()
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        found = root
        for part in reference[1:].split("/")[1:]:
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        yield found
