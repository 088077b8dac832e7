"""The AsyncAPI document: every fact, its subject and its schema; real events are valid by it."""

import json
from datetime import UTC, date, datetime
from uuid import uuid4

import jsonschema_rs
import pytest
from uuid_utils.compat import uuid7

from gateway import asyncapi
from kit.cloudevents import Position, compose
from kit.contracts import events
from kit.contracts.events import CATALOGUE, HandOver
from kit.contracts.journey import Outcome, Slip
from kit.contracts.retention import Kept, Reason, RecordClass
from tests.bundles import licence_bundle

DOCUMENT = asyncapi.document()
SCHEMAS = DOCUMENT["components"]["schemas"]
PLAN = licence_bundle().definition.steps
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
KEPT = Kept(record_class=RecordClass.TAX, erased=0, kept=2, reason=Reason.KEPT_BY_LAW, until=date(2033, 11, 23))
FIELDS = {
    "definition": "test-licence@1", "agency": "22000000", "day": date(2027, 1, 4), "is_workday": False,
    "missing_satang": 1,
    "case": uuid4(), "decision": uuid4(), "invoice": uuid4(), "refund": uuid4(), "document": uuid4(), "due_at": NOW,
    "amount_satang": 100, "currency": "THB", "reason": "overpaid", "notice": "issued", "channel": "email",
    "outcome": Outcome.PASSED, "slip": Slip(plan=PLAN, position=2),
    "until": date(2027, 1, 4), "by": uuid4(), "kind": "substitute", "expires_on": date(2027, 1, 4),
    "expired_on": date(2027, 1, 4),
    "receipt": uuid4(), "purpose": "rctc01", "differences": 2, "wish": uuid4(), "expires_at": NOW,
    "journey": uuid4(), "hold": uuid4(), "erasure": uuid4(), "records": (KEPT,),
    "due_on": date(2027, 1, 4), "count": 1, "defect": uuid4(),
}  # fmt: skip


def resolve(reference: str):
    found = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/")]
    return found


def an_event(fact: type[events.Fact]):
    told = fact(**{name: FIELDS[name] for name in fact.model_fields})
    position = Position(
        journey_id=uuid7(), agency="22000000", definition="test-licence@1", step="request",
        slip=Slip(plan=PLAN, position=2),
    )  # fmt: skip
    return compose(told, position=None if fact.source == "gateway" else position)


def validator(fact: type[events.Fact]):
    message = DOCUMENT["components"]["messages"][asyncapi._key(fact)]
    return jsonschema_rs.Draft202012Validator(message["payload"] | {"components": {"schemas": SCHEMAS}})


@pytest.mark.req("E1", part="the document is AsyncAPI 3 and every fact stands in it")
def test_every_fact_has_a_channel_a_message_and_an_operation():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    names = {message["name"] for message in DOCUMENT["components"]["messages"].values()}
    assert names == CATALOGUE.keys()
    for operation in DOCUMENT["operations"].values():
        channel = resolve(operation["channel"]["$ref"])
        [message] = operation["messages"]
        assert resolve(resolve(message["$ref"])["$ref"])["name"] in CATALOGUE
        in_address = {part[1:-1] for part in channel["address"].split(".") if part.startswith("{")}
        assert in_address == channel["parameters"].keys()
        assert all(resolve(each["$ref"])["description"] for each in channel["parameters"].values())


def test_every_reference_leads_somewhere():
    text = json.dumps(DOCUMENT)
    assert "$defs" not in text
    for each in text.split('"$ref": "')[1:]:
        assert resolve(each.partition('"')[0])


@pytest.mark.req("E1", part="CloudEvents 1.0, a schema per type and version")
@pytest.mark.parametrize("fact", CATALOGUE.values(), ids=lambda fact: fact.type())
def test_a_real_event_is_valid_by_its_schema_and_a_wrong_one_is_not(fact):
    event = an_event(fact)
    body = json.loads(event.to_json())
    schema = validator(fact)
    schema.validate(body)
    assert not schema.is_valid(body | {"type": "paet.review.recommended.v9"})
    assert not schema.is_valid(body | {"data": dict(list(body["data"].items())[1:])}) or not body["data"]
    assert schema.is_valid(body | {"data": body["data"] | {"later": 1}}), "a fact may grow"
    assert not schema.is_valid({name: value for name, value in body.items() if name != "id"})


@pytest.mark.parametrize("fact", CATALOGUE.values(), ids=lambda fact: fact.type())
def test_the_address_of_a_real_event_is_one_of_its_channel(fact):
    channel = DOCUMENT["channels"][asyncapi._key(fact)]
    event = an_event(fact)
    address = channel["address"].replace("{agency}", event.agency).replace("{next}", event.next)
    assert event.address == address
    if issubclass(fact, HandOver):
        assert event.next in asyncapi.PARAMETERS["next"]["enum"]


@pytest.mark.req("E1", part="generated, and in step with the catalogue")
def test_the_published_document_is_in_step_with_the_catalogue():
    assert asyncapi.PUBLISHED.read_text(encoding="utf-8") == asyncapi.written(DOCUMENT), "python -m gateway.asyncapi"


def changed(change) -> dict:
    document = json.loads(json.dumps(DOCUMENT))
    change(document["components"]["schemas"]["InvoicedV1"], document)
    return document


@pytest.mark.req("E1", part="additive change only")
@pytest.mark.parametrize(
    "change",
    [
        lambda schema, _: schema["properties"].pop("due_at"),
        lambda schema, _: schema["properties"]["amount_satang"].update(type="string"),
        lambda schema, _: schema["required"].remove("invoice"),
        lambda schema, _: schema["required"].append("note"),
        lambda _, document: document["channels"].pop("payment_invoiced_v1"),
        lambda _, document: document["channels"]["payment_paid_v1"].update(address="elsewhere"),
        lambda _, document: document["components"]["schemas"].pop("Slip"),
        lambda _, document: document["components"]["schemas"]["Outcome"]["enum"].remove("expired"),
        lambda _, document: document["components"]["schemas"]["Outcome"].update(type="integer"),
    ],
)
def test_a_change_that_breaks_readers_is_found(change):
    assert len(asyncapi.breaking_changes(DOCUMENT, changed(change))) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda *_: None,
        lambda schema, _: schema["properties"].update(reference={"type": "string"}),
        lambda _, document: document["channels"].update(payment_paid_v2={}),
        lambda _, document: document["components"]["schemas"]["Outcome"]["enum"].append("merged"),
    ],
)
def test_a_change_that_adds_breaks_nobody(change):
    assert asyncapi.breaking_changes(DOCUMENT, changed(change)) == []


def test_a_breaking_document_is_not_written(tmp_path, monkeypatch, capsys):
    path = tmp_path / "asyncapi.json"
    old = changed(lambda schema, _: schema["properties"].update(payer={"type": "string"}))
    path.write_text(asyncapi.written(old), encoding="utf-8")
    monkeypatch.setattr(asyncapi, "PUBLISHED", path)
    assert asyncapi.main() == 1
    assert "InvoicedV1.payer" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == asyncapi.written(old)
    path.unlink()
    assert asyncapi.main() == 0


async def test_the_document_is_served(gateway):
    assert (await gateway.client.get("/asyncapi.json")).json() == json.loads(json.dumps(DOCUMENT))
