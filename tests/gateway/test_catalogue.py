"""The shipped definitions: lawful, complete in two languages, and judged as their agency means them."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import cel
import jsonschema_rs
import pytest
from pydantic import BaseModel

from gateway.domain.definitions import own_faults
from kit.contracts.definition import Bundle, Manual, PaymentStep, Source, plan_faults, section_for
from kit.contracts.journey import Process
from kit.contracts.text import Text
from kit.documents import Composer, qr_svg
from services.approval import domain as approval
from services.delivery import domain as delivery
from services.identity.domain import sections as identity
from services.issuance import domain as issuance
from services.payment import domain as payment
from services.request.domain import check_section as check_request
from services.request.domain.forms import Form
from services.review.domain import check_section as check_review
from services.review.domain import examine
from services.search import domain as search
from tests.gateway.catalogue import (
    BUNDLES,
    CERTIFICATE,
    CERTIFICATE_2,
    FILLED,
    FOLDERS,
    LICENCE,
    WITH_FORM,
    changed,
    leaves,
    schema_of,
)

OTHER_2 = CERTIFICATE_2 | {"purpose": "other", "purpose_detail": "ขอรับทุน"}
LEASED = LICENCE | {"right_to_place": "lease", "lease_until": "2027-12-31"}
THAIS = re.compile(r"[ก-๛]")
PLANS = {
    "food-licence@1": "search identity request review approval payment issuance delivery",
    "food-licence@2": "search identity request review approval payment issuance delivery",
    "personal-document@1": "search identity request review issuance delivery",
    "personal-document@2": "search identity request review payment issuance delivery",
    "public-information@1": "search request delivery",
}
LEVELS = {
    "food-licence@1": "L3",
    "food-licence@2": "L3",
    "personal-document@1": "L3",
    "personal-document@2": "L3",
    "public-information@1": "L1",
}
shipped = pytest.mark.parametrize("bundle", BUNDLES.values(), ids=BUNDLES)
with_form = pytest.mark.parametrize("ref", WITH_FORM)


def models(value: Any) -> Iterator[BaseModel]:
    """Every model inside a model, itself included."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from models(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from models(each)


# The definitions --------------------------------------------------------------------------------------------------


@pytest.mark.req("J3", part="the module examples are shipped, with the plans the seed gives them")
def test_the_shipped_plans_are_those_of_the_seed():
    plans = {ref: " ".join(step.process for step in bundle.definition.steps) for ref, bundle in BUNDLES.items()}
    assert plans == PLANS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_folder_is_named_after_its_definition(folder):
    assert f"{folder.parent.name}@{folder.name.removeprefix('v')}" in BUNDLES


@shipped
def test_the_gateway_finds_no_fault(bundle: Bundle):
    assert plan_faults(bundle.definition) == []
    assert own_faults(bundle) == []


@pytest.mark.req("J6", part="computed for every shipped definition")
@shipped
def test_the_level_follows_from_the_plan(bundle: Bundle):
    assert bundle.definition.level == LEVELS[bundle.definition.ref]


@pytest.fixture(scope="module")
def composer() -> Iterator[Composer]:
    with Composer() as composer:
        yield composer


@pytest.mark.req("J1", part="every service accepts its section of every shipped bundle")
@shipped
def test_no_service_finds_a_fault_in_its_section(bundle: Bundle, composer: Composer):
    images = {"qr.svg": qr_svg("https://example.go.th/verify")}
    checks = {
        Process.SEARCH: search.check_section,
        Process.IDENTITY: partial(identity.check_section, reaches=[identity.Reach("2.3", "2.1")]),
        Process.REQUEST: check_request,
        Process.REVIEW: check_review,
        Process.APPROVAL: approval.check_section,
        Process.PAYMENT: payment.check_section,
        Process.ISSUANCE: partial(issuance.check_section, compile_template=partial(composer.faults, images=images)),
        Process.DELIVERY: delivery.check_section,
    }
    asked = {step.process for step in bundle.definition.steps}
    assert {process: list(checks[process](section_for(bundle, process))) for process in asked} == {
        process: [] for process in asked
    }


@shipped
def test_every_text_is_thai_in_thai_and_english_in_english(bundle: Bundle):
    texts = [each for each in models(bundle.definition) if isinstance(each, Text)]
    assert texts
    assert [each for each in texts if not THAIS.search(each.th) or THAIS.search(each.en)] == []


@pytest.mark.req("J1", part="every legal value names its law in both languages, and how sure we are")
@shipped
def test_every_source_names_its_law_and_unsure_ones_stand_in_the_notes(bundle: Bundle):
    sources = [each for each in models(bundle.definition) if isinstance(each, Source)]
    assert sources
    assert all(each.law.th and each.law.en for each in sources)
    noted = " ".join(bundle.definition.notes)
    assert "K" not in {each.mark for each in sources} or "[K]" in noted


def test_the_biller_of_tests_is_noted_as_such():
    for bundle in BUNDLES.values():
        for step in bundle.definition.plan:
            if isinstance(step, PaymentStep):
                assert any(step.biller_id in note for note in bundle.definition.notes)


def test_legal_values_are_those_that_were_found():
    licence = BUNDLES["food-licence@1"].definition
    periods, appeal = licence.periods, licence.appeal
    assert periods.act is not None
    assert appeal is not None
    found = [(each.amount, each.unit, each.source.mark) for each in (periods.manual, periods.act)]
    assert found == [(30, "working_days", "C"), (30, "calendar_days", "C2")]
    assert (appeal.days, appeal.source.mark) == (30, "C2")
    steps = {step.id: step for step in licence.plan}
    assert (steps["licence-fee"].due.amount, steps["licence-fee"].due.source.mark) == (15, "D")
    assert (steps["issuance"].validity.months, steps["issuance"].validity.source.mark) == (12, "C2")
    certificate = BUNDLES["personal-document@1"].definition.appeal
    assert certificate is not None
    assert (certificate.days, certificate.source.section, certificate.source.mark) == (15, "44", "C")


@shipped
def test_the_manual_stands_in_the_order_of_info_go_th(bundle: Bundle):
    folder = next(each for each in FOLDERS if f"{each.parent.name}@{each.name[1:]}" == bundle.definition.ref)
    lines = (folder / "definition.yaml").read_text(encoding="utf-8").split("\nmanual:\n")[1].splitlines()
    keys = [found[1] for line in lines if (found := re.match(r"  (\w+):", line)) and found[1] in Manual.model_fields]
    order = [name for name in Manual.model_fields if name in keys]
    assert keys == order


def test_documents_of_the_state_are_fetched_and_no_copy_needs_a_signature():
    documents = BUNDLES["food-licence@1"].definition.manual.documents
    asked = {each.name.en for each in documents if not each.issued_by_state}
    assert asked == {"Consent to the use of the building or lease", "Power of attorney"}
    assert all(each.source is not None and each.source.mark == "C2" for each in documents)
    assert all(
        "ไม่ต้องลงลายมือชื่อ" in each.condition.th for each in documents if not each.issued_by_state and each.condition
    )


def test_the_public_document_agrees_with_the_licence_it_tells_of():
    text = BUNDLES["public-information@1"].files["public.md"]
    thai, english = text.split("# Public manual (English)")
    licence = BUNDLES["food-licence@1"].definition
    assert licence.appeal is not None
    days, appeal = licence.periods.manual.amount, licence.appeal.days
    for words in (f"| {days} วัน | 2,000–3,000 |", f"ภายใน {appeal} วัน", "มีอายุ 1 ปี", "มาตรา 38", "โทร. 1206"):
        assert words in thai, words
    for words in (f"| {days} days | 2,000–3,000 |", f"within {appeal} days", "holds for 1 year", "section 38"):
        assert words in english, words
    assert not THAIS.search(english)


def test_no_definition_with_an_approval_lets_the_table_decide():
    table = json.loads(BUNDLES["food-licence@1"].files["rules/review.json"])["nodes"][1]["content"]
    assert {rule["outcome"] for rule in table["rules"]} == {'"officer"'}


# The forms --------------------------------------------------------------------------------------------------------


@pytest.mark.req("Q1", part="shipped forms: JSON Schema that refers to nothing outside, words in two languages")
@with_form
def test_a_form_is_closed_and_speaks_both_languages(ref: str):
    schema = schema_of(ref)
    jsonschema_rs.meta.validate(schema)
    assert re.findall(r'"\$(?:dynamic)?[rR]ef": "(?!#)', json.dumps(schema)) == []
    for pointer, node in leaves(schema).items():
        for words in ("x-title", "x-messages"):
            assert Text.model_validate(node[words]), (pointer, words)
        if "enum" in node:
            assert list(node["x-options"]) == node["enum"], pointer
            assert all(Text.model_validate(each) for each in node["x-options"].values())


@with_form
def test_a_form_bounds_every_text(ref: str):
    schema = schema_of(ref)
    texts = {pointer: node for pointer, node in leaves(schema).items() if node.get("type", "string") == "string"}
    bounded = {"enum", "const", "maxLength", "pattern", "format"}
    assert [pointer for pointer, node in texts.items() if not bounded & set(node)] == []


@with_form
def test_a_form_asks_nothing_that_the_state_knows(ref: str):
    known = {"name", "first_name", "last_name", "title", "pid", "citizen_id", "birthdate", "nationality", "gender"}
    assert known & {pointer.rpartition("/")[2] for pointer in leaves(schema_of(ref))} == set()


@with_form
def test_the_hints_place_every_field_once_in_both_languages(ref: str):
    ui = json.loads(BUNDLES[ref].files["form.ui.json"])
    placed = [field for section in ui["sections"] for field in section["fields"]]
    assert sorted(placed) == sorted(leaves(schema_of(ref)))
    assert set(ui["fields"]) <= set(placed)
    for each in (*ui["sections"], *ui["fields"].values()):
        for words in ("title", "help", "unit"):
            assert words not in each or Text.model_validate(each[words])


@with_form
def test_conditional_fields_show_when_the_schema_wants_them(ref: str):
    ui = json.loads(BUNDLES[ref].files["form.ui.json"])["fields"]
    conditional = {name for each in schema_of(ref)["allOf"] for name in each["then"]["required"]}
    assert {f"/{name}" for name in conditional} == {field for field, hint in ui.items() if "show_when" in hint}
    for name in conditional:
        condition = next(each for each in schema_of(ref)["allOf"] if name in each["then"]["required"])["if"]
        ((field, wanted),) = ((key, node["const"]) for key, node in condition["properties"].items())
        program = cel.compile(ui[f"/{name}"]["show_when"])
        assert program.execute({field: wanted}) is True
        assert program.execute({field: "another"}) is False


@with_form
def test_a_filled_form_is_accepted(ref: str):
    form = Form(BUNDLES[ref].files["form.schema.json"])
    assert form.read(FILLED[ref]) == (FILLED[ref], [])


@pytest.mark.parametrize(
    ("ref", "change", "pointer", "words"),
    [
        ("food-licence@1", {"area": 200}, "/form/area", "ขอหนังสือรับรองการแจ้ง"),
        ("food-licence@1", {"area": None}, "/form/area", "ขอหนังสือรับรองการแจ้ง"),
        ("food-licence@1", {"area": 100_001}, "/form/area", "ไม่เกิน 100000"),
        ("food-licence@1", {"applicant_kind": "juristic"}, "/form/juristic_number", "13 หลัก"),
        ("food-licence@1", {"juristic_number": "0105541069237"}, "/form/juristic_number", "เฉพาะเมื่อยื่นในนามนิติบุคคล"),
        ("food-licence@1", {"right_to_place": "lease"}, "/form/lease_until", "เฉพาะเมื่อเป็นผู้เช่า"),
        ("food-licence@1", {"right_to_place": "lease", "lease_until": "31/12/2027"}, "/form/lease_until", "2027-12-31"),
        ("food-licence@1", {"shop_name": "ก"}, "/form/shop_name", "2–100"),
        ("food-licence@1", {"shop_name": "ร้าน\nสองบรรทัด"}, "/form/shop_name", "2–100"),
        ("food-licence@1", {"shop_name": "寿司"}, "/form/shop_name", "อักษรไทย"),
        ("food-licence@1", {"place_kind": "market"}, "/form/place_kind", "เลือก"),
        ("food-licence@1", {"telephone": "02-123-4567"}, "/form/telephone", "9 หรือ 10 หลัก"),
        ("food-licence@1", {"owner": "x"}, "/form/owner", "ไม่มีช่องข้อมูลนี้"),
        ("personal-document@1", {"purpose": "welfare"}, "/form/purpose", "เลือกวัตถุประสงค์"),
        ("personal-document@1", {"purpose": "other"}, "/form/purpose_detail", "5–120"),
        ("personal-document@1", {"purpose_detail": "ใช้สมัครงาน"}, "/form/purpose_detail", "อื่น ๆ"),
        ("personal-document@1", {"recipient": "ธนาคาร"}, "/form/recipient", "ไม่มีช่องข้อมูลนี้"),
        ("personal-document@2", {"recipient": None}, "/form/recipient", "จะนำหนังสือรับรองไปยื่น"),
    ],
)
def test_a_wrong_form_is_told_so_at_the_field(ref: str, change: dict[str, Any], pointer: str, words: str):
    _, faults = Form(BUNDLES[ref].files["form.schema.json"]).read(changed(FILLED[ref], **change))
    assert [fault.pointer for fault in faults] == [pointer]
    assert words in faults[0].detail.th
    assert not THAIS.search(faults[0].detail.en)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subdistrict_code", "500101"), ("subdistrict_code", "1028"), ("district_code", "102803"),
        ("province_code", "50"), ("postcode", "50000"), ("postcode", "1012"), ("subdistrict", "แขวงทุ่งมหาเมฆ"),
        ("district", "เขตสาทร"), ("moo", "0"), ("house_number", ""), ("house_number", " 12"),
    ],
)  # fmt: skip
def test_an_address_outside_bangkok_or_in_the_wrong_shape_is_refused(field: str, value: str):
    form = LICENCE | {"place": LICENCE["place"] | {field: value}}
    _, faults = Form(BUNDLES["food-licence@1"].files["form.schema.json"]).read(form)
    assert {fault.pointer for fault in faults} == {f"/form/place/{field}"}


def test_thai_digits_are_read_and_every_area_over_200_is_for_the_licence():
    form = Form(BUNDLES["food-licence@1"].files["form.schema.json"])
    read, faults = form.read(LICENCE | {"area": "๒๐๑", "telephone": "๐๒๑๒๓๔๕๖๗๘"})
    assert (read["area"], read["telephone"], faults) == (201, "0212345678", [])
    assert form.read(LICENCE | {"area": 200.5})[1] == []


# What becomes of a form -------------------------------------------------------------------------------------------


@pytest.mark.req("J1", part="review rules of the shipped bundles")
@pytest.mark.parametrize(
    ("ref", "form", "row", "outcome"),
    [
        *(("personal-document@1", {"purpose": purpose}, "listed-purpose", "pass")
          for purpose in ("employment", "education", "banking", "insurance", "travel")),
        ("personal-document@1", {"purpose": "other", "purpose_detail": "ขอรับทุนการศึกษา"}, "other-purpose", "officer"),
        ("personal-document@2", CERTIFICATE_2, "listed-purpose", "pass"),
        ("personal-document@2", OTHER_2, "other-purpose", "officer"),
        ("food-licence@1", LICENCE, "inspect", "officer"),
        ("food-licence@1", LICENCE | {"right_to_place": "consent"}, "not-the-owner", "officer"),
        ("food-licence@1", LEASED, "not-the-owner", "officer"),
        ("food-licence@1", LICENCE | {"applicant_kind": "juristic", "juristic_number": "0105541069237"},
         "juristic", "officer"),
        ("food-licence@1", LICENCE | {"place": LICENCE["place"] | {"district_code": "1004"}},
         "address-mismatch", "officer"),
    ],
)  # fmt: skip
def test_a_table_says_what_its_agency_means(ref: str, form: dict[str, Any], row: str, outcome: str):
    files = BUNDLES[ref].files
    finding = examine(files["rules/review.json"], files["form.schema.json"], form)
    assert finding.row is not None
    assert (finding.row.id, finding.row.outcome) == (row, outcome)
    assert outcome == "officer" or finding.row.is_reasoned


@with_form
def test_a_table_is_never_asked_about_an_invalid_form(ref: str):
    files = BUNDLES[ref].files
    assert examine(files["rules/review.json"], files["form.schema.json"], {}).reason == "form-invalid"


def fee_case(form: dict[str, Any]) -> payment.Case:
    """The form of an application that is received today, at the agency of the service."""
    return payment.Case(form, date(2026, 11, 24), "22000000")


@pytest.mark.parametrize(("area", "satang"), [(200.5, 200_000), (300, 200_000), (300.5, 300_000), (100_000, 300_000)])
def test_the_licence_fee_follows_the_area_within_the_range(area: float, satang: int):
    step = next(each for each in BUNDLES["food-licence@1"].definition.plan if isinstance(each, PaymentStep))
    assert [line.amount for line in payment.fee_lines(step, fee_case(LICENCE | {"area": area}))] == [satang]
    assert {band.amount for fee in step.fees for band in fee.bands} == {200_000, 300_000}
    assert [fee.source.mark for fee in step.fees] == ["D"]


# What changed when the fee came -----------------------------------------------------------------------------------


@pytest.mark.req("J3", part="the second version adds payment between review and issuance, and changes the form")
def test_the_second_version_differs_in_fee_form_and_manual_only():
    first, second = (BUNDLES[f"personal-document@{version}"] for version in (1, 2))
    old, new = first.definition, second.definition
    added = [step for step in new.plan if step.id not in {each.id for each in old.plan}]
    assert [(step.id, step.process) for step in added] == [("certificate-fee", "payment")]
    assert [line.amount for line in payment.fee_lines(added[0], fee_case(CERTIFICATE_2))] == [2000]
    assert added[0].fees[0].source.mark == "K"
    assert set(leaves(schema_of(new.ref))) - set(leaves(schema_of(old.ref))) == {"/recipient"}
    assert new.manual.fees != old.manual.fees
    same = ("id", "agency", "agency_name", "title", "kind", "periods", "appeal")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]


def test_a_form_of_the_first_version_is_told_what_the_second_wants():
    second = Form(BUNDLES["personal-document@2"].files["form.schema.json"])
    assert [fault.pointer for fault in second.read(CERTIFICATE)[1]] == ["/form/recipient"]
