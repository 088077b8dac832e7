"""The facts as published: CloudEvents 1.0, and what a version has said it says for ever."""

import json
import re
from datetime import UTC, date, datetime
from typing import ClassVar, Literal
from uuid import uuid4

import jsonschema_rs
import pytest
from pydantic import Field, create_model
from uuid_utils.compat import uuid7

from kit.cloudevents import Event, Position, compose
from kit.contracts.events import CATALOGUE, Fact, HandOver, Invoiced
from kit.contracts.journey import Outcome, Slip
from kit.contracts.retention import Kept, Reason, RecordClass
from tests.bundles import licence_bundle
from tests.contracts.freezing import broken, faults, frozen, promise

PLAN = licence_bundle().definition.steps
KEPT = Kept(record_class=RecordClass.TAX, erased=0, kept=2, reason=Reason.KEPT_BY_LAW, until=date(2033, 11, 23))
VALUES = {
    "definition": "test-licence@1", "agency": "22000000", "day": date(2027, 1, 4), "is_workday": False,
    "missing_satang": 1,
    "case": uuid4(), "decision": uuid4(), "invoice": uuid4(), "refund": uuid4(), "document": uuid4(),
    "wish": uuid4(),
    "due_at": datetime(2026, 11, 23, 3, tzinfo=UTC), "amount_satang": 100, "currency": "THB", "reason": "overpaid",
    "expires_at": datetime(2026, 12, 23, 3, tzinfo=UTC),
    "receipt": uuid4(), "by": uuid4(), "purpose": "rctc01",
    "notice": "issued", "channel": "email", "outcome": Outcome.PASSED, "slip": Slip(plan=PLAN, position=2),
    "until": date(2027, 1, 4), "kind": "substitute", "expires_on": date(2027, 1, 4),
    "expired_on": date(2027, 1, 4),
    "differences": 2,
    "journey": uuid4(), "hold": uuid4(), "erasure": uuid4(), "records": (KEPT,),
    "due_on": date(2027, 1, 4), "count": 1, "defect": uuid4(),
}  # fmt: skip
CLOUDEVENTS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"type": "string", "pattern": r"^[a-z]+/[a-z.+-]+$"},
        "dataschema": {"type": "string", "format": "uri", "minLength": 1},
        "data": {},
    },
    "not": {"required": ["data_base64"]},
    "additionalProperties": {"type": ["string", "integer", "boolean"]},
}
"""The attributes of CloudEvents 1.0.2, sections 3.1 and 4, and of its JSON format, sections 2.2 and 3.1."""
ENVELOPE = jsonschema_rs.Draft202012Validator(CLOUDEVENTS, validate_formats=True)

every_fact = pytest.mark.parametrize("fact", CATALOGUE.values(), ids=CATALOGUE.keys())


def event_of(fact: type[Fact]) -> Event:
    slip = VALUES["slip"]
    position = Position(
        journey_id=uuid7(), agency="22000000", definition="test-licence@1", step=slip.step.id, slip=slip
    )  # fmt: skip
    told = fact(**{name: VALUES[name] for name in fact.model_fields})
    is_about_a_journey = fact.source != "gateway"
    return compose(
        told,
        position=position if is_about_a_journey else None,
        causation=uuid7(),
        traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
    )


@pytest.mark.req("E1", part="CloudEvents 1.0 by the attributes of the specification")
@every_fact
def test_an_event_has_the_attributes_of_cloudevents(fact):
    body = json.loads(event_of(fact).to_json())
    ENVELOPE.validate(body)
    # Names are lower-case letters and digits, at most 20 of them (section 3); an absent attribute is no null.
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in body)
    assert None not in body.values()
    assert body["dataschema"].endswith(body["type"]), "a schema of its own per type and version"


def test_an_envelope_that_is_none_is_found():
    body = json.loads(event_of(Invoiced).to_json())
    for wrong in ({"specversion": "0.3"}, {"time": "yesterday"}, {"id": ""}, {"agency": None}, {"extra": {}}):
        assert not ENVELOPE.is_valid(body | wrong)


@every_fact
def test_an_event_comes_back_from_json_as_it_was(fact):
    event = event_of(fact)
    assert Event.from_json(event.to_json()) == event


@pytest.mark.req("E1", part="additive change only: a published version keeps its promise")
def test_every_frozen_fact_keeps_its_promise():
    assert faults(CATALOGUE, frozen()) == []


@every_fact
def test_every_fact_is_frozen(fact):
    assert frozen().get(fact.type()) == promise(fact), "python -m tests.contracts.freezing"


def variant(**fields) -> type[Fact]:
    """Invoiced with other fields; None takes one away. It does not enter the catalogue."""
    kept = {name: (each.annotation, each) for name, each in Invoiced.model_fields.items()} | fields
    return create_model("Invoiced", __base__=Fact, **{name: each for name, each in kept.items() if each})


@pytest.mark.req("E1", part="additive change only: what breaks a reader is found")
@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"due_at": None}, "data.due_at is gone"),
        ({"amount_satang": (str, ...)}, "data.amount_satang: type"),
        ({"amount_satang": (float, ...)}, "data.amount_satang: type"),
        ({"due_at": (date, ...)}, "data.due_at: format"),
        ({"invoice": (int, ...)}, "data.invoice: "),
        ({"currency": (Literal["USD"], ...)}, "data.currency: const"),
        ({"invoice": (str | None, None)}, "data.invoice: "),
        ({"note": (int, ...)}, "data: required"),
    ],
)
def test_a_breaking_change_is_found(change, at):
    found = faults({Invoiced.type(): variant(**change)}, {Invoiced.type(): frozen()[Invoiced.type()]})
    assert any(at in fault for fault in found), found


def test_a_fact_taken_away_is_found():
    assert faults({}, {"paet.payment.invoiced.v1": {}}) == ["paet.payment.invoiced.v1 is gone"]


def test_a_value_taken_away_is_found_and_one_more_is_not():
    two, three = {"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b", "c"]}
    assert list(broken(three, two))
    assert not list(broken(two, three))


@pytest.mark.req("E1", part="additive change only: an optional member may come")
def test_an_optional_member_breaks_nothing():
    grown = variant(reference=(int | None, None), rounds=(int, Field(default=1)))
    assert faults({Invoiced.type(): grown}, {Invoiced.type(): frozen()[Invoiced.type()]}) == []


@pytest.mark.req("E1", part="additive change only: a reader of today takes an event that has grown")
@every_fact
def test_a_reader_takes_an_event_that_has_grown(fact):
    event = event_of(fact)
    body = json.loads(event.to_json())
    body["data"]["later"] = 1
    body["laterextension"] = "x"
    if issubclass(fact, HandOver):
        body["data"]["slip"]["later"] = 1
    assert Event.from_json(json.dumps(body).encode()) == event


def test_a_producer_cannot_add_what_the_catalogue_does_not_know():
    class Local(Fact):
        source: ClassVar[str] = "review"

    with pytest.raises(ValueError, match="note"):
        Local(note="free text")
