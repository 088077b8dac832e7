"""What a decision table may be, and every fault found in one that may not."""

import copy
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts.definition import Section, section_for
from kit.contracts.journey import Process
from services.review.domain import check_section, examine
from services.review.domain.fields import has_field
from services.review.domain.tables import Outcome
from tests.bundles import FORM_SCHEMA, REVIEW_TABLE, document_bundle, licence_bundle

TABLE = json.dumps(REVIEW_TABLE)
FORM = json.dumps(FORM_SCHEMA)
AT = "/files/rules~1review.json"
CONTENT = f"{AT}/nodes/1/content"


def section_with(table: object, bundle=licence_bundle) -> Section:
    section = section_for(bundle(), Process.REVIEW)
    source = table if isinstance(table, str) else json.dumps(table)
    return section.model_copy(update={"files": {"rules/review.json": source}})


def changed(change) -> Section:
    table = copy.deepcopy(REVIEW_TABLE)
    change(table["nodes"][1]["content"], table)
    return section_with(table)


def paths(section: Section) -> list[str]:
    return [fault.path for fault in check_section(section)]


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("form", "row", "reason"),
    [
        ({"shop_name": "ร้าน", "area": 50}, "small", None),
        ({"shop_name": "ร้าน", "area": 51}, "officer", "row-says-officer"),
        # Without the schema the engine falls through on these without a word.
        ({"shop_name": "ร้าน", "area": "50"}, None, "form-invalid"),
        ({"shop_name": "ร้าน"}, None, "form-invalid"),
        ({}, None, "form-invalid"),
    ],
)
def test_table_speaks_only_about_a_valid_form(form, row, reason):
    finding = examine(TABLE, FORM, form)
    assert (finding.row.id if finding.row else None, finding.reason) == (row, reason)


def test_last_row_catches_what_no_rule_foresaw():
    finding = examine(TABLE, None, {"area": "fifty"})
    assert (finding.row.outcome, finding.reason) == (Outcome.ERROR, "error-row")


def test_table_without_a_fitting_row_leads_to_an_officer():
    table = copy.deepcopy(REVIEW_TABLE)
    del table["nodes"][1]["content"]["rules"][1:]
    assert examine(json.dumps(table), FORM, {"shop_name": "ร้าน", "area": 51}).reason == "no-row"


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("form", "row", "reason"),
    [
        ({"area": 20, "place_address": "เขตห้วยขวาง"}, "small", None),
        ({"area": 20, "place_address": "เขตดุสิต"}, "reserved", "row-says-officer"),
        # The engine passes over a condition that fails as if it were false: not to the applicant's favour.
        ({"area": 20}, "small", "condition-failed"),
        ({"area": 100}, "officer", "row-says-officer"),
    ],
)
def test_row_passed_over_because_its_condition_failed_leads_to_an_officer(form, row, reason):
    table = copy.deepcopy(REVIEW_TABLE)
    content = table["nodes"][1]["content"]
    content["inputs"].append({"id": "address", "field": "place_address"})
    reserved = {"_id": "reserved", "area": "", "address": "contains($, 'ดุสิต')", "outcome": '"officer"'}
    content["rules"].insert(0, reserved)
    finding = examine(json.dumps(table), FORM, {"shop_name": "ร้าน"} | form)
    assert (finding.row.id, finding.reason) == (row, reason)


def test_schema_that_refers_to_another_place_is_never_fetched():
    schema = json.dumps({"$ref": "http://127.0.0.1:9/schema.json"})
    assert examine(TABLE, schema, {"shop_name": "ร้าน", "area": 5}).reason == "form-invalid"


def test_shipped_test_table_has_no_fault():
    assert paths(section_with(REVIEW_TABLE)) == []


@pytest.mark.parametrize("rubbish", ["", "x", "[]", "{}", "null", "[" * 5000, '{"nodes":[],"edges":[]}', '"\\ud800"'])
def test_rubbish_is_a_fault_and_never_an_error(rubbish):
    found = check_section(section_with(rubbish))
    assert found
    assert all(fault.path.startswith(AT) for fault in found)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(
    st.sampled_from(["nodes", "edges", "type", "content", "rules", "id", "field"]), s), max_leaves=12))  # fmt: skip
def test_any_json_at_all_is_judged(value):
    assert check_section(section_with(json.dumps(value)))


@pytest.mark.req("R2")
@pytest.mark.parametrize("kind", ["functionNode", "expressionNode", "switchNode", "decisionNode", "customNode"])
def test_node_that_could_run_code_is_refused(kind):
    section = changed(lambda _, graph: graph["nodes"].insert(1, {"id": "f", "type": kind, "content": {"source": "x"}}))
    assert paths(section) == [f"{AT}/nodes/1"]


def test_second_table_is_refused():
    section = changed(lambda _, graph: graph["nodes"].insert(2, graph["nodes"][1] | {"id": "t2"}))
    assert paths(section) == [f"{AT}/nodes"]


def test_edge_around_the_table_is_refused():
    section = changed(lambda _, graph: graph["edges"].append({"id": "e3", "sourceId": "in", "targetId": "out"}))
    assert paths(section) == [f"{AT}/nodes"]


def refuse_row(content: dict) -> dict:
    return content["rules"][1] | {"outcome": '"refuse"'}


CHANGES = {
    "passThrough": (lambda c, _: c.update(passThrough=True), [f"{CONTENT}/passThrough"]),
    "collect": (lambda c, _: c.update(hitPolicy="collect"), [f"{CONTENT}/hitPolicy"]),
    "loop": (lambda c, _: c.update(executionMode="loop"), [f"{CONTENT}/executionMode"]),
    "output path": (lambda c, _: c.update(outputPath="x"), [f"{CONTENT}/outputPath"]),
    "schema in a node": (lambda _, g: g["nodes"][0].update(content={"schema": "{}"}), [f"{AT}/nodes/0/content/schema"]),
    "no rules": (lambda c, _: c.update(rules=[]), [f"{CONTENT}/rules"]),
    "unknown input": (lambda c, _: c["inputs"][0].update(field="size"), [f"{CONTENT}/inputs/0/field"]),
    "input is an expression": (lambda c, _: c["inputs"][0].update(field="area * 2"), [f"{CONTENT}/inputs/0/field"]),
    "input of an input": (lambda c, _: c["inputs"][0].update(field="area.x"), [f"{CONTENT}/inputs/0/field"]),
    "unknown output": (lambda c, _: c["outputs"][1].update(field="fact"), [f"{CONTENT}/outputs/1/field"]),
    "no outcome": (
        lambda c, _: c.update(outputs=c["outputs"][1:], rules=c["rules"][2:]),
        [f"{CONTENT}/outputs", f"{CONTENT}/rules/0/outcome", f"{CONTENT}/rules/0"],
    ),
    "broken condition": (lambda c, _: c["rules"][0].update(area=">>> 3"), [f"{CONTENT}/rules/0/area"]),
    "cell of no column": (lambda c, _: c["rules"][0].update(aera="> 3"), [f"{CONTENT}/rules/0/aera"]),
    "unknown outcome": (lambda c, _: c["rules"][0].update(outcome='"grant"'), [f"{CONTENT}/rules/0/outcome"]),
    "computed outcome": (lambda c, _: c["rules"][0].update(outcome="shop_name"), [f"{CONTENT}/rules/0/outcome"]),
    "computed text": (lambda c, _: c["rules"][0].update(law="shop_name"), [f"{CONTENT}/rules/0/law"]),
    "no id": (lambda c, _: c["rules"][0].pop("_id"), [f"{CONTENT}/rules/0/_id"]),
    "id twice": (lambda c, _: c["rules"][1].update(_id="small"), [f"{CONTENT}/rules/1/_id"]),
    "no reasons": (lambda c, _: c["rules"].insert(1, refuse_row(c) | {"_id": "no"}), [f"{CONTENT}/rules/1"]),
    "no error row": (lambda c, _: c["rules"].pop(), [f"{CONTENT}/rules/1"]),
    "last row passes": (lambda c, _: c["rules"][-1].update(outcome='"pass"'), [f"{CONTENT}/rules/2"]),
}  # fmt: skip


@pytest.mark.req("J2", part="review's section")
@pytest.mark.req("R2")
@pytest.mark.parametrize("name", CHANGES)
def test_fault_of_a_table_is_found_at_its_place(name):
    change, expected = CHANGES[name]
    assert paths(changed(change)) == expected


def test_all_faults_are_found_at_once():
    def spoil(content, _):
        content["inputs"][0]["field"] = "size"
        content["rules"][0]["outcome"] = '"grant"'
        content["rules"][2]["area"] = "> 1"

    assert paths(changed(spoil)) == [
        f"{CONTENT}/inputs/0/field", f"{CONTENT}/rules/0/outcome", f"{CONTENT}/rules/2",
    ]  # fmt: skip


def test_absent_table_is_a_fault_of_the_step():
    section = section_with(REVIEW_TABLE).model_copy(update={"files": {}})
    assert paths(section) == ["/steps/review/table"]


def test_refusing_row_with_all_reasons_is_accepted():
    texts = {"facts": '"ก"', "law": '"ข"', "considerations": '"ค"'}
    section = changed(lambda c, _: c["rules"].insert(1, refuse_row(c) | {"_id": "no"} | texts))
    assert paths(section) == []


def test_plan_without_approval_needs_a_right_to_appeal():
    section = section_for(document_bundle(appeal=None), Process.REVIEW)
    assert paths(section) == ["/appeal"]
    assert paths(section_for(licence_bundle(appeal=None), Process.REVIEW)) == []


def test_input_is_found_behind_references_and_branches():
    schema = {
        "allOf": [{"$ref": "#/$defs/place"}],
        "then": {"properties": {"owner": {"properties": {"age": {"type": "integer"}}}}},
        "$defs": {"place": {"properties": {"area": True}, "allOf": [{"$ref": "#/$defs/place"}]}},
    }
    section = section_with(REVIEW_TABLE).model_copy(update={"form": json.dumps(schema)})
    assert paths(section) == []
    nested = changed(lambda c, _: c["inputs"][0].update(field="owner.age"))
    assert paths(nested.model_copy(update={"form": json.dumps(schema)})) == []


def test_references_that_double_and_go_in_circles_take_no_time():
    doubling = {"allOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}]}
    schema = {"type": "object", "$ref": "#/$defs/x", "$defs": {"x": doubling}}
    started = time.monotonic()
    assert not has_field(schema, ["nowhere"])
    assert has_field({**schema, "properties": {"a": {"properties": {"b": {}}}}}, ["a", "b"])
    assert time.monotonic() - started < 2
