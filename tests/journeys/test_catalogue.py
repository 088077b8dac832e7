"""The published catalogue: one bundle is a whole service, and its level is computed from its plan."""

import asyncio
from collections import Counter

import jsonschema_rs
import pytest
import yaml

from kit.local.bootstrap import CATALOGUE
from tests.journeys.conftest import HELD_BACK


def shipped():
    return [path for path in CATALOGUE.rglob("definition.yaml") if not path.parent.match(f"*/{HELD_BACK}")]


@pytest.mark.req("J1")
async def test_one_bundle_declares_a_whole_service_and_its_published_schema_guides_editors(anyone):
    schema = await anyone.get("/schemas/definition.json")
    validator = jsonschema_rs.validator_for(schema)
    for path in shipped():
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert [str(error) for error in validator.iter_errors(declared)] == []
    food = yaml.safe_load((CATALOGUE / "food-licence" / "v1" / "definition.yaml").read_text(encoding="utf-8"))
    steps = {step["process"]: step for step in food["plan"]}
    assert food["manual"]["documents"]
    assert {"request", "review", "approval", "payment", "issuance", "delivery"} <= set(steps)
    for process, named in (("request", "form"), ("review", "table"), ("issuance", "template")):
        assert (CATALOGUE / "food-licence" / "v1" / steps[process][named]).is_file()
    steps["payment"]["fees"][0]["bands"][0]["amount"] = "2,000 baht"
    del food["manual"]["disclaimer"]
    faults = {tuple(error.instance_path) for error in validator.iter_errors(food)}
    assert ("manual",) in faults
    assert any(path[0] == "plan" for path in faults)
    published = await anyone.get("/v1/definitions/food-licence/1")
    named = {steps["request"]["form"], steps["review"]["table"], steps["issuance"]["template"]}
    assert set(published["files"]) >= named


@pytest.mark.req("J6")
async def test_the_service_level_is_computed_shown_and_counted(anyone):
    expected = {"public-information": "L1", "personal-document": "L3", "food-licence": "L3"}
    listed = {item["id"]: item["level"] for item in (await anyone.get("/v1/definitions"))["items"]}
    assert listed == expected

    async def found():
        items = (await anyone.get("/v1/services"))["items"]
        return {item["id"]: item["level"] for item in items}

    async with asyncio.timeout(20):
        while await found() != expected:
            await asyncio.sleep(0.2)
    report = await anyone.get("/v1/reports/levels")
    assert report["services"] == len(expected)
    assert {level: count for level, count in report["levels"].items() if count} == Counter(expected.values())
