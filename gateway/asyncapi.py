"""The AsyncAPI 3 document of every fact, generated from the catalogue in ``kit/contracts``."""

from typing import Any

from pydantic.json_schema import models_json_schema

from kit.cloudevents import NO_NEXT, Event
from kit.contracts import events
from kit.contracts.events import CATALOGUE, Fact, HandOver
from kit.contracts.journey import GATES, Process

TEMPLATE = "#/components/schemas/{model}"
NEXTS = [process.value for process in Process if process not in GATES]

DESCRIPTION = """\
Facts of Paet as CloudEvents 1.0 in structured JSON. The NATS subject is
`events.<agency>.<source>.<fact>.<next>`: whose it is, who speaks, what happened, and which process goes on.
At-least-once delivery: the `id` of an event tells repeats apart. No order is promised between events. No
event carries personal data; who needs the application or the person asks over HTTP, with a purpose."""

PARAMETERS: dict[str, dict[str, Any]] = {
    "agency": {
        "description": "8-digit code of the agency that owns the definition; `platform` for facts of no agency.",
        "examples": ["22000000", "platform"],
    },
    "next": {
        "description": f"The process that goes on after a hand-over; `{NO_NEXT}` when nothing is handed over.",
        "enum": [*NEXTS, NO_NEXT],
    },
}


def document() -> dict[str, Any]:
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


def _channel(fact: type[Fact]) -> dict[str, Any]:
    is_handover = issubclass(fact, HandOver)
    following = "{next}" if is_handover else NO_NEXT
    names = ["agency", "next"] if is_handover else ["agency"]
    return {
        "address": f"events.{{agency}}.{fact.source}.{fact.name}.{following}",
        "description": _said_of(fact),
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in names},
        "messages": {_key(fact): {"$ref": f"#/components/messages/{_key(fact)}"}},
    }


def _operation(fact: type[Fact]) -> dict[str, Any]:
    channel = f"#/channels/{_key(fact)}"
    return {
        "action": "receive",
        "summary": _said_of(fact),
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_key(fact)}"}],
    }


def _message(fact: type[Fact]) -> dict[str, Any]:
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


def _schemas(facts: list[type[Fact]]) -> dict[str, Any]:
    """The schemas of the envelope, of every fact by type and version, and of what they share."""
    models: list[Any] = [(fact, "serialization") for fact in facts]
    where, shared = models_json_schema([*models, (Event, "serialization")], ref_template=TEMPLATE)
    definitions: dict[str, Any] = shared["$defs"]
    names = {where[fact, "serialization"]["$ref"].rpartition("/")[2]: _schema_name(fact) for fact in facts}
    return {names.get(name, name): schema for name, schema in definitions.items()}


__all__ = ["document", "events"]
