"""What readers of a fact rely on: `python -m tests.contracts.freezing` adds what is new to `facts.snapshot.json`.

What is frozen is never changed by it: a fact that must say something else becomes a new version.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kit.contracts.events import CATALOGUE, Fact

SNAPSHOT = Path(__file__).with_name("facts.snapshot.json")
KEPT = ("type", "format", "const", "enum")
FIXED = ("type", "format", "const", "required", "anyOf")

Json = dict[str, Any]


def promise(fact: type[Fact]) -> Json:
    """The members of a fact's data with their types, as written by its producer; nested models inlined."""
    schema = fact.model_json_schema(mode="serialization")
    return _promise(schema, schema.get("$defs", {}))


def _promise(schema: Json, shared: Json) -> Json:
    if "$ref" in schema:
        return _promise(shared[schema["$ref"].rpartition("/")[2]], shared)
    found: Json = {key: schema[key] for key in KEPT if key in schema}
    if "items" in schema:
        found["items"] = _promise(schema["items"], shared)
    if "anyOf" in schema:
        found["anyOf"] = [_promise(each, shared) for each in schema["anyOf"]]
    if "properties" in schema:
        found["properties"] = {name: _promise(each, shared) for name, each in schema["properties"].items()}
        found["required"] = sorted(schema.get("required", ()))
    return found


def broken(old: Json, new: Json, at: str = "data") -> Iterator[str]:
    """What was promised and is kept no more. Optional members and further values of a list may come."""
    for key in FIXED:
        if old.get(key) != new.get(key):
            yield f"{at}: {key} is {new.get(key)}, was {old.get(key)}"
    if ("enum" in old) != ("enum" in new) or not set(old.get("enum", ())) <= set(new.get("enum", ())):
        yield f"{at}: values are gone"
    if "items" in old:
        yield from broken(old["items"], new.get("items", {}), f"{at}[]")
    for name, member in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from broken(member, new["properties"][name], f"{at}.{name}")
        else:
            yield f"{at}.{name} is gone"


def frozen() -> dict[str, Json]:
    """Type of every frozen fact → its promise."""
    found: dict[str, Json] = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else {}
    return found


def faults(catalogue: Mapping[str, type[Fact]], snapshot: Mapping[str, Json]) -> list[str]:
    """Every promise of the snapshot that the catalogue does not keep."""
    found = [f"{name} is gone" for name in snapshot.keys() - catalogue.keys()]
    for name in snapshot.keys() & catalogue.keys():
        found += [f"{name} {fault}" for fault in broken(snapshot[name], promise(catalogue[name]))]
    return sorted(found)


def main() -> None:
    """Freeze what is new."""
    snapshot = frozen()
    if found := faults(CATALOGUE, snapshot):
        raise SystemExit("\n".join(["a new version of the fact is needed:", *found]))
    now = {name: promise(fact) for name, fact in sorted(CATALOGUE.items())}
    SNAPSHOT.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
