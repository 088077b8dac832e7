"""The AsyncAPI 3 document of every fact, generated from the catalogue in ``kit/contracts``.

``python -m gateway.asyncapi`` writes ``asyncapi.json``, and refuses where a partner that relies on what was
published would break: what a fact of a version says may grow, never change. Anything else is a new version.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from kit.cloudevents import NO_NEXT, Event
from kit.contracts.events import CATALOGUE, Fact, HandOver
from kit.contracts.journey import GATES, Process

PUBLISHED = Path(__file__).parent / "asyncapi.json"

Json = dict[str, Any]
TEMPLATE = "#/components/schemas/{model}"
NEXTS = [process.value for process in Process if process not in GATES]

DESCRIPTION = """\
Facts of Paet as CloudEvents 1.0 in structured JSON. The NATS subject is
`events.<agency>.<source>.<fact>.<next>`: whose it is, who speaks, what happened, and which process goes on.
At-least-once delivery: the `id` of an event tells repeats apart. No order is promised between events. Members
may be added to a fact, never changed or taken away: readers leave out what they do not know. No event carries
personal data; who needs the application or the person asks over HTTP, with a purpose."""

PARAMETERS: dict[str, Json] = {
    "agency": {
        "description": "8-digit code of the agency that owns the definition; `platform` for facts of no agency.",
        "examples": ["22000000", "platform"],
    },
    "next": {
        "description": f"The process that goes on after a hand-over; `{NO_NEXT}` when nothing is handed over.",
        "enum": [*NEXTS, NO_NEXT],
    },
}


def document() -> Json:
    """The whole document, as JSON values."""
    facts = sorted(CATALOGUE.values(), key=lambda fact: fact.type())
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Paet events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": "application/cloudevents+json",
        "channels": {_key(fact): _channel(fact) for fact in facts},
        "operations": {f"receive_{_key(fact)}": _operation(fact) for fact in facts},
        "components": {
            "messages": {_key(fact): _message(fact) for fact in facts},
            "schemas": _schemas(facts),
            "parameters": PARAMETERS,
        },
    }


def _key(fact: type[Fact]) -> str:
    return f"{fact.source}_{fact.name}_v{fact.version}"


def _channel(fact: type[Fact]) -> Json:
    is_handover = issubclass(fact, HandOver)
    following = "{next}" if is_handover else NO_NEXT
    names = ["agency", "next"] if is_handover else ["agency"]
    return {
        "address": f"events.{{agency}}.{fact.source}.{fact.name}.{following}",
        "description": _said_of(fact),
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in names},
        "messages": {_key(fact): {"$ref": f"#/components/messages/{_key(fact)}"}},
    }


def _operation(fact: type[Fact]) -> Json:
    channel = f"#/channels/{_key(fact)}"
    return {
        "action": "receive",
        "summary": _said_of(fact),
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_key(fact)}"}],
    }


def _message(fact: type[Fact]) -> Json:
    """The envelope, with the type and the data of this fact in it."""
    narrowed = {
        "type": "object",
        "properties": {
            "type": {"const": fact.type()},
            "source": {"const": f"/services/{fact.source}" if fact.source in set(Process) else f"/{fact.source}"},
            "dataschema": {"const": f"urn:paet:schema:{fact.type()}"},
            "data": {"$ref": TEMPLATE.format(model=_schema_name(fact))},
        },
    }
    return {
        "name": fact.type(),
        "title": fact.__name__,
        "summary": _said_of(fact),
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [{"$ref": TEMPLATE.format(model="Event")}, narrowed]},
    }


def _said_of(fact: type[Fact]) -> str:
    return " ".join((fact.__doc__ or "").split())


def _schema_name(fact: type[Fact]) -> str:
    return f"{fact.__name__}V{fact.version}"


def _schemas(facts: list[type[Fact]]) -> Json:
    """The schemas of the envelope, of every fact by type and version, and of what they share."""
    models: list[Any] = [(fact, "serialization") for fact in facts]
    where, shared = models_json_schema([*models, (Event, "serialization")], ref_template=TEMPLATE)
    definitions: Json = shared["$defs"]
    names = {where[fact, "serialization"]["$ref"].rpartition("/")[2]: _schema_name(fact) for fact in facts}
    # A version may grow: a reader that refuses members it does not know would break by it.
    open_ended = {
        name: {key: value for key, value in schema.items() if key != "additionalProperties"}
        for name, schema in definitions.items()
    }
    return {names.get(name, name): schema for name, schema in open_ended.items()}


def breaking_changes(old: Json, new: Json) -> list[str]:
    """What a reader of the old document could rely on and the new one takes away, as words for a developer."""
    found = [f"{key} is gone" for key in old["channels"] if key not in new["channels"]]
    for key, channel in old["channels"].items():
        if key in new["channels"] and channel["address"] != new["channels"][key]["address"]:
            found.append(f"{key} has another address")
    schemas, following = old["components"]["schemas"], new["components"]["schemas"]
    for name, schema in schemas.items():
        found += _broken(name, schema, following[name]) if name in following else [f"{name} is gone"]
    return found


def _broken(at: str, old: Json, new: Json) -> Iterator[str]:
    """Members may be added if they need not be there; closed lists of values may grow; all else stays."""
    if set(old.get("required", ())) != set(new.get("required", ())):
        yield f"{at} requires other members"
    for name, schema in old.get("properties", {}).items():
        if new.get("properties", {}).get(name) != schema:
            yield f"{at}.{name} is gone or another"
    if not set(old.get("enum", ())) <= set(new.get("enum", ())):
        yield f"{at} lost values"
    if old.get("type") != new.get("type"):
        yield f"{at} is of another type"


def main() -> int:
    """Write the document; 1 and the reasons where it would break what was published."""
    new = document()
    broken = breaking_changes(json.loads(PUBLISHED.read_text(encoding="utf-8")), new) if PUBLISHED.exists() else []
    if broken:
        print("not written, a new version of the fact is needed:", *broken, sep="\n  ", file=sys.stderr)  # noqa: T201
        return 1
    PUBLISHED.write_text(written(new), encoding="utf-8")
    print(f"{PUBLISHED.name}: {len(new['channels'])} facts")  # noqa: T201
    return 0


def written(of: Json) -> str:
    """A document as it lies in the repository."""
    return json.dumps(of, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
