"""Validation of forms: a fault per field in Thai and English, Thai digits read as what they mean."""

import json

import pytest

from services.request.domain import NO_FORM, Form, form_of
from services.request.domain.schema import nodes_at
from tests.bundles import FORM_SCHEMA, text

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "kind"],
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 10, "x-title": text("ชื่อ", "Name")},
        "kind": {"enum": ["shop", "factory"], "title": "ประเภท"},
        "postcode": {
            "type": "string", "pattern": "^[0-9]{5}$", "x-title": text("รหัสไปรษณีย์", "Postcode"),
            "x-messages": text("รหัสไปรษณีย์มี 5 หลัก", "A postcode has 5 digits"),
        },
        "opens_on": {"type": "string", "format": "date"},
        "email": {"type": "string", "format": "email"},
        "area": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000, "x-title": text("พื้นที่", "Area")},
        "staff": {"type": "integer", "minimum": 1, "multipleOf": 1},
        "machines": {"$ref": "#/$defs/machines"},
        "agreed": {"const": True},
    },
    "if": {"properties": {"kind": {"const": "factory"}}, "required": ["kind"]},
    "then": {"required": ["machines"]},
    "$defs": {
        "machines": {
            "type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True,
            "items": {
                "type": "object", "required": ["power"],
                "properties": {"power": {"type": "integer", "x-title": text("กำลัง", "Power")}},
            },
        }
    },
}  # fmt: skip

GOOD = {"name": "ร้านดี", "kind": "shop"}


def faults(form: dict, schema: dict = SCHEMA) -> dict[str, tuple[str, str, str]]:
    _, found = Form(json.dumps(schema)).read(form)
    return {each.pointer: (each.code, each.detail.th, each.detail.en) for each in found}


def test_a_good_form_has_no_faults():
    assert faults(GOOD) == {}


@pytest.mark.req("Q1", part="validated on the server, faults per field, conditional and repeated fields")
@pytest.mark.parametrize(
    ("change", "pointer", "code", "th", "en"),
    [
        ({"name": None}, "/form/name", "wrong-type", "ชื่อ: ต้องเป็นข้อความ", "Name: must be text"),
        (
            {"name": "ก"},
            "/form/name",
            "too-short",
            "ชื่อ: ต้องยาวอย่างน้อย 2 ตัวอักษร",
            "Name: must have at least 2 characters",
        ),
        (
            {"name": "ก" * 11},
            "/form/name",
            "too-long",
            "ชื่อ: ต้องยาวไม่เกิน 10 ตัวอักษร",
            "Name: must have at most 10 characters",
        ),
        (
            {"kind": "house"},
            "/form/kind",
            "not-allowed",
            "ประเภท: ต้องเป็นค่าใดค่าหนึ่งต่อไปนี้: shop, factory",
            "ประเภท: must be one of: shop, factory",
        ),
        ({"postcode": "1020"}, "/form/postcode", "wrong-format", "รหัสไปรษณีย์มี 5 หลัก", "A postcode has 5 digits"),
        (
            {"opens_on": "2026-02-30"},
            "/form/opens_on",
            "wrong-format",
            "opens_on: ต้องเป็นวันที่ เช่น 2026-11-22",
            "opens_on: must be a date like 2026-11-22",
        ),
        ({"email": "x"}, "/form/email", "wrong-format", "email: ต้องเป็นที่อยู่อีเมล", "email: must be an e-mail address"),
        ({"area": 0}, "/form/area", "out-of-range", "พื้นที่: ต้องมากกว่า 0", "Area: must be more than 0"),
        ({"area": 1001}, "/form/area", "out-of-range", "พื้นที่: ต้องไม่เกิน 1000", "Area: must be at most 1000"),
        ({"area": "ใหญ่"}, "/form/area", "wrong-type", "พื้นที่: ต้องเป็นตัวเลข", "Area: must be a number"),
        ({"staff": 0}, "/form/staff", "out-of-range", "staff: ต้องไม่น้อยกว่า 1", "staff: must be at least 1"),
        ({"kind": "factory"}, "/form/machines", "required", "machines: ต้องระบุ", "machines: is required"),
        (
            {"machines": []},
            "/form/machines",
            "too-short",
            "machines: ต้องมีอย่างน้อย 1 รายการ",
            "machines: must have at least 1 entries",
        ),
        (
            {"machines": [{"power": 1}] * 2},
            "/form/machines",
            "duplicate",
            "machines: มีรายการซ้ำกัน",
            "machines: has the same entry twice",
        ),
        ({"machines": [{"power": 1}, {}]}, "/form/machines/1/power", "required", "กำลัง: ต้องระบุ", "Power: is required"),
        (
            {"machines": [{"power": "มาก"}]},
            "/form/machines/0/power",
            "wrong-type",
            "กำลัง: ต้องเป็นจำนวนเต็ม",
            "Power: must be a whole number",
        ),
        (
            {"agreed": False},
            "/form/agreed",
            "not-allowed",
            "agreed: เลือกค่าที่กำหนดเท่านั้น",
            "agreed: must be the one value allowed",
        ),
        (
            {"a/b~": 1},
            "/form/a~1b~0",
            "unknown-field",
            "a/b~: ไม่มีช่องข้อมูลนี้ในแบบคำขอ",
            "a/b~: is not a field of this form",
        ),
    ],
)
def test_a_fault_is_told_at_its_field_in_both_languages(change, pointer, code, th, en):
    assert faults(GOOD | change) == {pointer: (code, th, en)}


@pytest.mark.req("Q1", part="validated on the server, faults per field, conditional and repeated fields")
def test_all_faults_are_told_at_once_and_a_missing_field_at_its_own_place():
    assert set(faults({"area": -1, "machines": [{}]})) == {
        "/form/name", "/form/kind", "/form/area", "/form/machines/0/power",
    }  # fmt: skip


def test_no_fault_repeats_what_was_typed():
    secret = "1101700230708"
    told = faults({"name": secret, "kind": secret, "postcode": secret + "x", "email": secret, "area": secret + "y"})
    assert len(told) == 5
    assert secret not in json.dumps(told)


@pytest.mark.parametrize(
    ("change", "meant"),
    [
        ({"postcode": "๑๐๒๐๐"}, {"postcode": "10200"}),
        ({"opens_on": "๒๐๒๖-๑๑-๒๒"}, {"opens_on": "2026-11-22"}),
        ({"staff": "๑๒"}, {"staff": 12}),
        ({"area": "๑๒.๕๐"}, {"area": 12.5}),
        ({"area": "120"}, {"area": 120}),
        ({"machines": [{"power": "๕"}]}, {"machines": [{"power": 5}]}),
        ({"name": "ร้าน ๕ บาท"}, {"name": "ร้าน ๕ บาท"}),
    ],
)
def test_thai_digits_are_read_where_the_form_asks_for_digits(change, meant):
    typed = GOOD | change
    before = json.dumps(typed)
    read, found = Form(json.dumps(SCHEMA)).read(typed)
    assert found == []
    assert read == GOOD | meant
    assert json.dumps(typed) == before


@pytest.mark.parametrize("value", ["1e400", "0x10", "1_000", "", " ", "--1", "9" * 40, "๑๒๓x", True, None, [], {}])
def test_what_is_no_number_stays_a_fault(value):
    assert "/form/area" in faults(GOOD | {"area": value})


def test_bounds_hold_for_what_was_meant():
    assert set(faults(GOOD | {"area": "๙๙๙๙"})) == {"/form/area"}


def test_a_definition_without_a_form_asks_nothing_and_keeps_nothing():
    assert form_of(NO_FORM).read({})[1] == []
    assert [each.code for each in form_of(NO_FORM).read({"a": 1})[1]] == ["too-long"]


def test_a_form_is_compiled_once():
    written = json.dumps(FORM_SCHEMA)
    assert form_of(written) is form_of(json.dumps(FORM_SCHEMA))


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x", "file:///etc/passwd", "https://example.com/a#/b"])
def test_a_form_never_fetches_what_it_refers_to(reference):
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        Form(json.dumps({"properties": {"a": {"$ref": reference}}}))


def test_the_number_of_faults_told_is_bounded():
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert len(faults({str(n): "x" for n in range(5000)}, schema)) == 100


DOUBLING = {"allOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}, {"properties": {"deep": {"$ref": "#/$defs/x"}}}]}


@pytest.mark.timeout(20)  # followed one by one they have no end
def test_references_that_double_and_go_in_circles_take_no_time():
    schema = {"type": "object", "$ref": "#/$defs/x", "$defs": {"x": DOUBLING}}
    assert list(nodes_at(schema, ["deep"] * 5))
    assert not list(nodes_at(schema, ["deep", "nowhere"]))
