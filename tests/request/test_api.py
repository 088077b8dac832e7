"""HTTP of request: who may see what, bad input of every kind, the sealed acknowledgement, claims."""

import asyncio
import io
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

import pikepdf
import pypdfium2
import pytest
import sqlalchemy as sql
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.contracts.definition import Bundle, section_for
from kit.contracts.journey import Process
from kit.documents import verify_async
from services.request.models import Application
from services.request.settings import Settings
from tests.bundles import licence_bundle
from tests.request.conftest import FORM

SATURDAY = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
OWNED = [
    ("GET", "application"), ("PUT", "application"), ("POST", "submission"), ("GET", "acknowledgement"),
    ("GET", "acknowledgement.pdf"), ("POST", "withdrawal"),
]  # fmt: skip


async def call(desk, method, journey, what, headers):
    body = {"json": {"form": {}}} if method == "PUT" else {}
    return await desk.client.request(method, f"/journeys/{journey}/{what}", headers=headers | {"If-Match": "*"}, **body)


@pytest.mark.parametrize(("method", "what"), OWNED)
async def test_a_foreign_application_looks_like_none(desk, method, what):
    personal, anonymous = await desk.filed(uuid4()), await desk.open(None, "test-information@1")
    strangers = [
        (personal, desk.harness.citizen()),
        (personal, desk.harness.holder(personal)),
        (personal, desk.harness.holder(anonymous)),
        (anonymous, desk.harness.citizen()),
        (anonymous, desk.harness.holder(personal)),
    ]
    unknown = await call(desk, method, uuid7(), what, desk.harness.citizen())
    for journey, headers in strangers:
        answer = await call(desk, method, journey, what, headers)
        assert answer.status_code == 404
        assert answer.json() | {"instance": ""} == unknown.json() | {"instance": ""}


@pytest.mark.parametrize(("method", "what"), OWNED)
async def test_only_applicants_are_admitted(desk, method, what):
    journey = await desk.filed(uuid4())
    for headers in (desk.harness.officer("reviewer"), desk.harness.as_service("review")):
        assert (await call(desk, method, journey, what, headers)).status_code == 403
    assert (await call(desk, method, journey, what, {})).status_code == 401


async def test_only_the_gateway_opens_and_only_issuance_seals(desk):
    journey = await desk.filed(uuid4())
    body = {"journey_id": str(uuid7()), "definition": "test-licence@1"}
    for headers in (desk.harness.as_service("review"), desk.harness.citizen()):
        assert (await desk.client.post("/internal/journeys", json=body, headers=headers)).status_code == 403
        seal = await desk.client.post("/internal/seals", json={"ids": [str(journey)]}, headers=headers)
        assert seal.status_code == 403
    assert (await desk.seal(uuid7())).status_code == 404


BAD_BODIES = {
    "broken json": b'{"form": {',
    "not an object": b"[]",
    "no form": b"{}",
    "form is a list": b'{"form": []}',
    "form is text": b'{"form": "x"}',
    "unknown field": b'{"form": {}, "state": "submitted"}',
    "bad language": b'{"form": {}, "language": "fr"}',
    "bad address": b'{"form": {}, "email": "not an address"}',
    "address is a number": b'{"form": {}, "email": 5}',
    "telephone is none": b'{"form": {}, "phone": "02-123-4567"}',
    "line user is a nickname": b'{"form": {}, "line_user": "@somchai"}',
    "not a number": b'{"form": {"area": NaN}}',
    "endless": b'{"form": {"area": 1e999}}',
    "zero byte": b'{"form": {"a": "x\\u0000y"}}',
    "half a character": b'{"form": {"a": "\\ud800"}}',
    "not utf-8": b'{"form": {"a": "\xff"}}',
    "too deep": b'{"form": ' + b'{"a":' * 30 + b"1" + b"}" * 30 + b"}",
    "much too deep": b'{"form": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 5000 digits": b'{"form": {"area": ' + b"9" * 5000 + b"}}",
    "too large": b'{"form": {"a": "' + b"x" * 1_100_000 + b'"}}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
async def test_bad_input_is_a_problem_and_nothing_is_stored(desk, body):
    person = uuid4()
    journey = await desk.open(person)
    before = await desk.harness.rows(sql.select(Application))
    headers = desk.harness.citizen(person) | {"If-Match": "*", "Content-Type": "application/json"}
    answer = await desk.client.put(f"/journeys/{journey}/application", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "not an address" not in answer.text
    assert await desk.harness.rows(sql.select(Application)) == before


async def test_anything_storable_survives_the_round_trip(desk):
    person = uuid4()
    journey = await desk.open(person)
    form = {"ไทย": "เ\u0e4d\u0e32 😀 \u200b", "n": [0, -1, 2**70, 0.1, 1e15, True, None, {}, []], "": "x"}
    assert (await desk.save(journey, person, form)).status_code == 200
    assert (await desk.get(journey, person)).json()["form"] == form


async def test_bad_headers_and_addresses_are_problems(desk):
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person)
    assert (await desk.submit(journey, person, **{"Idempotency-Key": "k" * 300})).status_code == 422
    assert (await desk.submit(journey, person, **{"If-Match": '"nonsense"'})).status_code == 412
    answer = await desk.client.get("/journeys/not-a-uuid/application", headers=desk.harness.citizen(person))
    assert answer.status_code == 422
    body = {"journey_id": str(uuid7()), "definition": "no-such-thing@1"}
    unknown = await desk.client.post("/internal/journeys", json=body, headers=desk.harness.as_service("gateway"))
    assert unknown.status_code == 404


async def test_there_is_no_acknowledgement_before_submission(desk):
    person = uuid4()
    journey = await desk.open(person)
    for what in ("acknowledgement", "acknowledgement.pdf"):
        answer = await desk.get(journey, person, what)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:application-not-submitted")


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return "".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.req("Q5")
async def test_the_acknowledgement_is_a_sealed_pdf_with_its_data_inside_and_the_same_file_for_ever(desk, tmp_path):
    person = uuid4()
    journey = await desk.open(person)
    await desk.save(journey, person, email="somchai@example.org")
    with clock.freeze(SATURDAY):
        said = (await desk.submit(journey, person)).json()
    answers = await asyncio.gather(*(desk.get(journey, person, "acknowledgement.pdf") for _ in range(3)))
    later = await desk.get(journey, person, "acknowledgement.pdf")
    assert {each.content for each in answers} == {later.content}
    assert later.headers["Content-Type"] == "application/pdf"
    assert said["number"] in later.headers["Content-Disposition"]

    root = (tmp_path / "seals" / "root.pem").read_bytes()
    report = await verify_async(later.content, [root])
    assert (report.bottom_line, report.agency_code) == (True, "22000000")
    assert said["number"] in str(report.reason)
    middle = len(later.content) // 2
    tampered = later.content[:middle] + bytes([later.content[middle] ^ 1]) + later.content[middle + 1 :]
    assert not (await verify_async(tampered, [root])).bottom_line

    words = words_of(later.content)
    for part in (
        "ใบรับคำขอ", said["number"], "๒๑พฤศจิกายน๒๕๖๙เวลา๒๐.๐๐น.", "๒๓พฤศจิกายน๒๕๖๙เวลา๐๘.๓๐น.",
        "๒๓ธันวาคม๒๕๖๙", "ฝ่ายสิ่งแวดล้อมและสุขาภิบาล", said["payload_sha256"], "๓๐วันทำการ", "แบบคำขอ(Applicationform)",
    ):  # fmt: skip
        assert part in words
    for private in (FORM["shop_name"], "somchai", str(person)):
        assert private.encode() not in later.content
        assert "".join(private.split()) not in words

    with pikepdf.open(io.BytesIO(later.content)) as document:
        attached = document.attachments["acknowledgement.xml"].get_file().read_bytes()
    data = ElementTree.fromstring(attached)
    name = "{urn:paet:acknowledgement:1}"
    assert data.findtext(f"{name}number") == said["number"]
    assert data.findtext(f"{name}payload_sha256") == said["payload_sha256"]
    assert data.findtext(f"{name}legally_received_at") == "2026-11-23T01:30:00Z"


async def test_a_lost_seal_loses_no_submission(desk, tmp_path):
    person = uuid4()
    journey = await desk.filed(person)
    folder = (tmp_path / "seals").rename(tmp_path / "kept")
    (tmp_path / "seals").write_text("in the way")
    answer = await desk.get(journey, person, "acknowledgement.pdf")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    (tmp_path / "seals").unlink()
    folder.rename(tmp_path / "seals")
    assert (await desk.get(journey, person, "acknowledgement.pdf")).status_code == 200


async def test_an_address_of_several_fields_is_written_in_the_order_of_the_form(desk):
    """The database keeps the members of an object by the length of their names."""
    place, person = {"house_number": "1/2", "moo": 7, "road": "สุขุมวิท", "postcode": 10110}, uuid4()
    bundle = licence_bundle().model_dump(mode="json")
    (step,) = [each for each in bundle["definition"]["plan"] if each["process"] == "request"]
    schema = json.loads(bundle["files"][step["form"]])
    kinds = {str: {"type": "string"}, int: {"type": "integer"}}
    members = {name: kinds[type(value)] for name, value in place.items()}
    schema["properties"]["place"] = {"type": "object", "properties": members}
    bundle["files"][step["form"]] = json.dumps(schema)
    bundle["definition"]["id"], step["postal_address"] = "test-address", ["/shop_name", "/place"]
    desk.harness.publish(Bundle.model_validate(bundle))
    desk.current("test-address@1", 1)
    journey = await desk.open(person, "test-address@1")
    assert (await desk.save(journey, person, FORM | {"place": place})).status_code == 200
    assert (await desk.submit(journey, person)).status_code == 201
    (row,) = await desk.harness.rows(sql.select(Application).where(Application.journey_id == journey))
    assert row["postal_address"] == f"{FORM['shop_name']}\n1/2 7 สุขุมวิท 10110"


async def test_no_telephone_abroad_is_told_unless_the_installation_says_so(desk, monkeypatch):
    person = uuid4()
    journey = await desk.open(person)
    answer = await desk.save(journey, person, phone="+4915112345678")
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/phone"]
    monkeypatch.setattr(desk.harness.kit.settings, "phone_countries", ("66", "49"))
    assert (await desk.save(journey, person, phone="+4915112345678")).status_code == 200


async def test_claims_tell_filed_applications_to_those_who_may_ask(desk):
    person, bundle = uuid4(), licence_bundle().model_dump(mode="json")
    for step in bundle["definition"]["plan"]:
        step |= {"postal_address": ["/place_address"]} if step["process"] == "request" else {}
    desk.harness.publish(Bundle.model_validate(bundle))
    draft, filed, withdrawn = await desk.open(person), await desk.open(person), await desk.filed(person)
    contacts = {"email": "somchai@example.org", "phone": "0812345678", "line_user": "U" + "0" * 32}
    await desk.save(filed, person, **contacts)
    await desk.submit(filed, person)
    await desk.withdraw(withdrawn, person)
    body = {"ids": [str(each) for each in (draft, filed, withdrawn, uuid7())]}
    for reader in ("review", "approval", "payment", "issuance", "delivery"):
        answer = await desk.client.post(
            "/internal/claims/applications", json=body, headers=desk.harness.as_service(reader)
        )
        items = answer.json()["items"]
        assert set(items) == {str(filed), str(withdrawn)}
        # Delivery needs the addresses and nothing of the form, everybody else the opposite.
        addresses = {**contacts, "phone": "+66812345678", "postal_address": FORM["place_address"]}
        expected = ({}, addresses) if reader == "delivery" else (FORM, dict.fromkeys(addresses))
        assert (items[str(filed)]["form"], {name: items[str(filed)][name] for name in addresses}) == expected
    claim = items[str(filed)]
    assert claim["person"] == str(person)
    assert claim["number"].startswith("22000000-FOOD-")
    assert (claim["is_open"], items[str(withdrawn)]["is_open"]) == (True, False)
    for stranger in (desk.harness.as_service("search"), desk.harness.citizen(person)):
        answer = await desk.client.post("/internal/claims/applications", json=body, headers=stranger)
        assert answer.status_code == 403


async def test_the_gateway_has_the_section_checked(desk):
    whole = section_for(licence_bundle(), Process.REQUEST).model_dump(mode="json")
    whole["files"]["form.schema.json"] = json.dumps({"$ref": "https://example.com/s"})
    answer = await desk.client.post(
        "/internal/definitions/check", json=whole, headers=desk.harness.as_service("gateway")
    )
    assert [each["path"] for each in answer.json()["faults"]] == ["/files/form.schema.json/$ref"]


def test_production_needs_real_seals():
    settings = {
        "database_url": "x", "nats_url": "x", "nats_user": "x", "nats_password": "x", "peers": {}, "trust_dir": ".",
        "service_key_file": ".", "public_url": "https://paet.example", "storage_url": "s3://bucket",
        "environment": "production",
    }  # fmt: skip
    with pytest.raises(ValueError, match="seal_dir is missing"):
        Settings(**settings)
    assert Settings(**settings, seal_dir="/seals").seals == Path("/seals")


@pytest.mark.parametrize("what", ["opens", "reads", "saves", "submits", "withdraws", "corrects"])
async def test_no_connection_is_held_while_a_section_is_asked_for(desk, monkeypatch, what):
    person = uuid4()
    journey = await (desk.filed(person) if what in ("withdraws", "corrects") else desk.open(person))
    await desk.save(journey, person)
    if what == "corrects":
        await desk.record(journey)
    get = desk.harness.kit.section

    async def section(definition):
        await desk.harness.read_beside()
        return await get(definition)

    monkeypatch.setattr(desk.harness.kit, "section", section)
    async with desk.harness.one_connection():
        if what == "opens":
            await desk.open(person)
        else:
            acts = {
                "reads": desk.get, "saves": desk.save, "submits": desk.submit, "withdraws": desk.withdraw,
                "corrects": desk.correct,
            }  # fmt: skip
            assert (await acts[what](journey, person)).is_success
