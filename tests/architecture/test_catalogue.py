"""The catalogue of facts is the code: what is in it is told and heard, and nothing in it speaks of a person."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway import asyncapi
from kit.contracts.events import CATALOGUE, HandOver
from kit.contracts.journey import GATES, Process
from kit.migrate import filters_of
from tests.architecture.facts import FACTS, consumed_by, emitted_by, table_of_service
from tests.architecture.tree import PACKAGES, SERVICES

MACHINE_READABLE = {"pattern", "enum", "const", "format"}
FORMATS = {"uuid", "date", "date-time"}


@pytest.mark.parametrize("fact", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_fact_is_told_by_its_source_and_by_nobody_else(fact):
    assert {service for service in PACKAGES if fact in emitted_by(service)} == {fact.source}


@pytest.mark.parametrize("fact", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_fact_is_heard(fact):
    assert {service for service in PACKAGES if fact in consumed_by(service)} >= {"gateway"}


def test_every_process_after_the_gates_takes_hand_overs():
    """Request is the first of every slip: nothing is handed over to it."""
    taking = {service for service in SERVICES if f"events.*.*.*.{service}" in filters_of(PACKAGES[service], service)}
    assert taking == set(Process) - GATES - {Process.REQUEST}


def test_whoever_opens_something_hears_of_every_end():
    """A journey may end at any time: who holds something open for it must hear so. Delivery tells the end itself."""
    ends = {fact for fact in FACTS.values() if fact.closes and issubclass(fact, HandOver)}
    deaf = {service for service in SERVICES if table_of_service(service).handover and not ends <= consumed_by(service)}
    assert deaf == {"delivery"}


@pytest.mark.parametrize("fact", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_no_fact_has_room_for_free_text(fact):
    assert list(free_text(fact.model_json_schema())) == []


def test_free_text_is_found():
    loose = {"properties": {"note": {"type": "string"}, "code": {"type": "string", "pattern": "^[a-z]+$"}}}
    whole = {"$defs": {"Part": loose}, "properties": {"size": {"type": "integer"}}}
    assert list(free_text(whole)) == ["/$defs/Part/note"]


def free_text(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Where a schema takes any text at all."""
    for name, inner in schema.get("$defs", {}).items():
        yield from free_text(inner, f"{path}/$defs/{name}")
    for name, inner in schema.get("properties", {}).items():
        yield from free_text(inner, f"{path}/{name}")
    for key in ("anyOf", "prefixItems"):
        for inner in schema.get(key, ()):
            yield from free_text(inner, path)
    if isinstance(schema.get("items"), dict):
        yield from free_text(schema["items"], path)
    is_open = schema.get("type") == "object" and schema.get("additionalProperties", True) is not False
    is_text = schema.get("type") == "string" and not schema.keys() & MACHINE_READABLE
    if is_text or schema.get("format", "uuid") not in FORMATS or (is_open and "properties" not in schema):
        yield path


def test_the_contract_of_the_events_covers_the_catalogue():
    document = asyncapi.document()
    told = {message["name"] for message in document["components"]["messages"].values()}
    assert told == CATALOGUE.keys()
    assert {channel["address"].split(".")[2] for channel in document["channels"].values()} == {
        fact.source for fact in FACTS.values()
    }
