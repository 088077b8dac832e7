"""Numbers, days, tokens, the data of a template, its XML, what is public, and the check of a section."""

import json
import time
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest

from kit.contracts.claims import ApplicationClaim, CaseClaim, DecisionClaim, PersonClaim
from kit.contracts.definition import Section, section_for
from kit.contracts.journey import Process
from kit.documents import Composer, qr_svg
from services.issuance import domain
from services.issuance.domain import Basis, Decision, FormSchema, Registered, State, Status, Tokens
from tests.bundles import IDENTITY, ISSUANCE, REQUEST, bundle
from tests.issuance.conftest import certificate, licence

AT = datetime(2026, 11, 22, 20, tzinfo=UTC)  # already the 23rd in Thailand
NS = {"d": domain.NAMESPACE}


# Days, names, status ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "months", "last"),
    [
        (date(2026, 11, 22), 12, date(2027, 11, 21)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 3, 1), 12, date(2027, 2, 28)),
        (date(2026, 5, 15), 60, date(2031, 5, 14)),
        (date(2026, 5, 15), None, None),
    ],
)
def test_a_document_holds_until_the_day_before_the_corresponding_one(issued, months, last):
    assert domain.last_valid_day(issued, months) == last


@pytest.mark.parametrize(
    ("state", "until", "status"),
    [
        (State.ISSUED, None, Status.VALID),
        (State.ISSUED, date(2026, 11, 22), Status.VALID),
        (State.ISSUED, date(2026, 11, 21), Status.EXPIRED),
        (State.SUSPENDED, date(2027, 1, 1), Status.SUSPENDED),
        (State.SUSPENDED, date(2026, 11, 21), Status.EXPIRED),
        (State.REVOKED, date(2026, 11, 21), Status.REVOKED),
        (State.REPLACED, date(2027, 1, 1), Status.REPLACED),
    ],
)
def test_the_status_follows_the_state_and_the_calendar(state, until, status):
    assert domain.status_of(state, until, date(2026, 11, 22)) is status


@pytest.mark.parametrize("state", [State.REQUESTED, State.ISSUING, State.FAILED, State.STOPPED])
def test_what_was_not_issued_has_no_status(state):
    with pytest.raises(ValueError, match=state.value):
        domain.status_of(state, None, date(2026, 11, 22))


def test_the_file_name_is_ascii_with_its_buddhist_day():
    name = domain.file_name(
        agency="22000000", definition="food-licence@3", application="22000000-FOOD-69-000001",
        document_type="food_licence ก/๑", issued_on=date(2026, 11, 22), version=1,
    )  # fmt: skip
    assert name == "22000000_food-licence_22000000-FOOD-69-000001_food-licence-_25691122_v1.pdf"


def test_a_document_type_without_a_registered_oid_gets_one_of_its_own():
    own = domain.oid_of(None, "22000000", "licence")
    assert own.startswith("2.25.")
    assert 0 < int(own.removeprefix("2.25.")) < 2**128
    assert own == domain.oid_of(None, "22000000", "licence")
    assert own != domain.oid_of(None, "12007000", "licence")
    assert domain.oid_of("2.16.764.1.4.100.16.4.1.1", "22000000", "licence") == "2.16.764.1.4.100.16.4.1.1"


# Tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_is_read_however_it_is_typed():
    tokens = Tokens(b"k" * 32)
    token = tokens.new()
    assert len(token) == 34
    for typed in (token, token.lower(), f"{token[:17]}-{token[17:]}", token.replace("0", "O").replace("1", "l")):
        assert tokens.read(typed) == token


def test_a_token_with_any_character_changed_is_none():
    tokens = Tokens(b"k" * 32)
    token = tokens.new()
    for place, character in enumerate(token):
        other = "Z" if character != "Z" else "Y"
        assert tokens.read(token[:place] + other + token[place + 1 :]) is None
    assert Tokens(b"l" * 32).read(token) is None
    for rubbish in ("", token[:-1], token + "0", "ก" * 34, "/" * 34):
        assert tokens.read(rubbish) is None


def test_no_token_is_given_twice():
    assert len({Tokens(b"k").new() for _ in range(2000)}) == 2000


# What a template gets --------------------------------------------------------------------------------------------


def section(the_bundle=None) -> Section:
    return section_for(the_bundle or licence(), Process.ISSUANCE)


def basis(form, person=True) -> Basis:
    application = ApplicationClaim(
        journey=uuid4(), application=uuid4(), number="FOOD-1", definition="test-licence@1", agency="22000000",
        person=uuid4(), form=form, email="secret@example.com", language="th", submitted_at=AT, legally_received_at=AT,
        is_open=True,
    )  # fmt: skip
    claim = PersonClaim(
        person=uuid4(), name_th="นาย ก", name_en=None, pid_masked="x-xxxx-xxxxx-12-1", pid="1234567890121",
        birthdate="1990", address="บ้าน",
    )  # fmt: skip
    decision = Decision(UUID(int=7), "approval", "ab" * 32, AT, None, None, "ข้อเท็จจริง", "กฎหมาย", "เหตุผล")
    return Basis(application, claim if person else None, decision, ())


ENTRY = Registered("TEST-2569-000001", UUID(int=9), "2.25.1", date(2026, 11, 23), None, "https://x/verify/T")


def data(template, form=None, the_section=None):
    chosen = the_section or section()
    return domain.data_of(
        chosen, chosen.settings("issuance"), template, ENTRY, basis(form or {"shop_name": "ร้าน ก", "area": 5})
    )


def test_a_template_gets_only_what_it_names():
    found = data("#data.number #data.person.name #data.form.shop_name")
    assert found["person"] == {"name": "นาย ก"}
    assert found["form"] == {"shop_name": "ร้าน ก"}
    assert set(found["decision"]) == {"id", "by", "digest", "decided_on", "authority"}
    text = json.dumps(found, ensure_ascii=False)
    assert not [word for word in ("1234567890121", "xxxx", "บ้าน", "secret", "เหตุผล") if word in text]


def test_the_whole_number_is_given_only_where_it_is_named_as_such():
    assert "pid" not in data("#data.person.pid_masked")["person"]
    assert data("#data.person.pid")["person"] == {"pid": "1234567890121"}
    assert data('#data.person.at("pid")')["person"] == {"pid": "1234567890121"}


@pytest.mark.parametrize("template", ["#for (k, v) in data.form [#v]", "#let f = data.form\n", "#data.form.pairs()"])
def test_a_template_that_prints_the_whole_form_gets_it(template):
    assert set(data(template)["form"]) == {"shop_name", "area", "place_address"}


def test_a_declared_field_that_is_missing_is_none():
    assert data("#data.form.place_address #data.form.area")["form"] == {"area": 5, "place_address": None}


def test_days_are_those_of_thailand():
    found = data("")
    assert found["application"]["submitted_on"] == "2026-11-23"
    assert found["decision"]["decided_on"] == "2026-11-23"


def test_text_is_in_one_spelling():
    form = {"shop_name": "น\u0e4d\u0e32แข็ง\u200b ก\u0e31\u0e49น", "area": 1}
    assert data("#data.form.shop_name", form)["form"]["shop_name"] == "น\u0e33แข็ง ก\u0e31\u0e49น"


def test_a_refusal_is_no_basis():
    refused = CaseClaim(
        journey=uuid4(), case=uuid4(), reviewer=None, rule="1", result="refused", facts="", law="", considerations="",
        decided_at=AT,
    )  # fmt: skip
    with pytest.raises(domain.NotGranted):
        Decision.of_review(refused)
    denied = DecisionClaim(
        journey=uuid4(), decision=uuid4(), result="refused", authority_th="ก", authority_en="a", rule_th=None, facts="",
        law="", considerations="", decided_at=AT, digest="0" * 64, signature="",
    )  # fmt: skip
    with pytest.raises(domain.NotGranted):
        Decision.of_approval(denied)


def test_the_digest_of_a_reviewers_act_changes_with_the_act():
    claim = CaseClaim(
        journey=UUID(int=1), case=UUID(int=2), reviewer=None, rule="1", result="recommended", facts="ก", law="ข",
        considerations="ค", decided_at=AT,
    )  # fmt: skip
    digest = domain.act_digest(claim)
    assert len(digest) == 64
    assert digest == domain.act_digest(claim.model_copy(update={"due_at": AT}))
    assert digest != domain.act_digest(claim.model_copy(update={"facts": "ง"}))


# The form's schema -----------------------------------------------------------------------------------------------

SCHEMA = {
    "type": "object",
    "required": ["kind", "place"],
    "properties": {
        "kind": {"enum": ["a", "b"], "title": "Kind"},
        "place": {"$ref": "#/$defs/place"},
        "goods": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "opened": {"type": ["null", "string"], "format": "date"},
        "loop": {"$ref": "#/properties/loop"},
    },
    "allOf": [{"if": {"properties": {"kind": {"const": "b"}}}, "then": {"properties": {"extra": {"type": "integer"}}}}],
    "$defs": {
        "place": {
            "type": "object",
            "required": ["province"],
            "properties": {
                "province": {"type": "string", "x-title": {"th": "จังหวัด", "en": "Province"}},
                "street": {"type": "string"},
            },
        }
    },
}


def test_a_form_is_read_through_references_and_conditions():
    schema = FormSchema(json.dumps(SCHEMA))
    assert set(schema.fields()) == {"kind", "place", "goods", "opened", "loop", "extra"}
    assert schema.title(("place", "province")).en == "Province"
    assert schema.title(("kind",)).th == "Kind"
    assert schema.title(("place", "street")).en == "street"
    assert schema.is_group(("place",))
    assert not schema.is_group(("place", "province"))
    assert not schema.at(("place", "nothing"))
    assert schema.sample(whole=False) == {"kind": "a", "place": {"province": "ตัวอย่าง Sample"}}
    whole = schema.sample(whole=True)
    assert whole["goods"] == [{"name": "ตัวอย่าง Sample"}]
    assert (whole["opened"], whole["extra"]) == ("2026-11-22", 1)
    assert schema.filled({})["place"] == {"province": None, "street": None}


@pytest.mark.parametrize("rubbish", ["", "{", "[]", "3", '{"properties": 3}', '{"properties": {"a": []}}', "[" * 5000])
def test_a_schema_that_is_rubbish_declares_nothing_that_fails(rubbish):
    schema = FormSchema(rubbish)
    assert isinstance(schema.sample(whole=True), dict)
    assert isinstance(schema.filled({"a": 1}), dict)


def doubling(width: int) -> dict:
    """A short schema that describes `width` ** 12 values, and more nodes beside each of them."""
    deeper = {"$ref": "#/$defs/x"}
    fields = {f"f{each}": deeper for each in range(width)}
    beside = [deeper] * width
    return {"type": "object", "$ref": "#/$defs/x", "$defs": {"x": {"properties": fields, "allOf": beside}}}


def test_references_that_double_and_go_in_circles_take_no_time_and_no_room():
    schema = FormSchema(json.dumps(doubling(8)))
    started = time.monotonic()
    assert len(json.dumps(schema.sample(whole=True))) < 1_000_000
    assert len(json.dumps(schema.filled({"f0": {"f1": 3}}))) < 1_000_000
    assert schema.at(("f0",) * 12)
    assert not schema.at(("f0", "nothing"))
    assert time.monotonic() - started < 3


# XML -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("L2", part="XML with the fields of the document")
def test_the_xml_holds_what_the_template_got():
    form = {"shop_name": "ร้าน <ก> & ข", "area": 5, "goods": [{"name": "x"}, {"name": "y"}], "open": True}
    found = data("#data.person.name #for (k, v) in data.form [#v]", form)
    root = ElementTree.fromstring(domain.xml_of(found))
    assert root.tag == f"{{{domain.NAMESPACE}}}document"
    for name in ("number", "uuid", "oid", "issued_on", "verify_url"):
        assert root.findtext(f"d:{name}", namespaces=NS) == str(found[name])
    assert root.findtext("d:decision/d:digest", namespaces=NS) == "ab" * 32
    assert root.findtext("d:person/d:name", namespaces=NS) == "นาย ก"
    fields = {field.get("name"): field for field in root.findall("d:form/d:field", NS)}
    assert (fields["shop_name"].text, fields["area"].text, fields["open"].text) == ("ร้าน <ก> & ข", "5", "true")
    assert [each.text for each in fields["goods"].findall("d:item/d:field", NS)] == ["x", "y"]
    assert "place_address" not in fields
    assert root.find("d:valid_until", NS) is None
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert {each.get(language): each.text for each in root.findall("d:title", NS)} == found["title"]


# The public register ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1234567890121", "x-xxxx-xxxxx-12-1"),
        ("เลข 1-2345-67890-12-1 ครับ", "เลข x-xxxx-xxxxx-12-1 ครับ"),
        ("๑๒๓๔๕๖๗๘๙๐๑๒๑", "x-xxxx-xxxxx-12-1"),
        ("1234567890122", "1234567890122"),
        ("0105536000315", "0105536000315"),
        ("12345678901212", "12345678901212"),
        ("ร้าน ก", "ร้าน ก"),
    ],
)
@pytest.mark.req("L4", part="masking")
def test_a_citizens_number_is_masked_wherever_it_stands(text, shown):
    assert domain.masked(text) == shown


def test_public_fields_are_those_named_with_their_titles():
    schema = FormSchema(json.dumps(SCHEMA))
    form = {"kind": "a", "place": {"province": "เชียงใหม่"}, "goods": ["x", "y"], "opened": ""}
    found = domain.public_fields(["/place/province", "goods", "opened", "place", "missing"], schema, form)
    assert [(each["name"], each["value"]) for each in found] == [("/place/province", "เชียงใหม่"), ("goods", "x, y")]
    assert found[0]["title"] == {"th": "จังหวัด", "en": "Province"}


# The check of a section ------------------------------------------------------------------------------------------

CARRIES_QR = '#import "/paet.typ": *\n#verification(data.verify_url, data.agency.th)\n#data.number\n'


@pytest.fixture(scope="module")
def check():
    with Composer() as composer:
        compiling = partial(composer.faults, images={"qr.svg": qr_svg("https://x")})
        yield partial(domain.check_section, compile_template=compiling)


def faults(check, template, **step):
    plan = [IDENTITY, REQUEST, {"id": "review", "process": "review", "unit": "u"}, ISSUANCE | step]
    plan.append({"id": "delivery", "process": "delivery"})
    made = bundle(*plan)
    made = made.model_copy(update={"files": made.files | {"document.typ": template}})
    return [(fault.path, fault.message.en) for fault in check(section(made))]


@pytest.mark.req("L1")
def test_the_templates_of_these_tests_have_no_fault(check):
    assert check(section(licence())) == []
    assert check(section(certificate())) == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("#let x = (", "unclosed delimiter"),
        ("#data.nothing", "nothing"),
        ("#data.form.nothing", "nothing"),
        ('#import "@preview/cetz:0.3.1": *', "may not import packages"),
        ('#read("/etc/passwd")', "failed to load file"),
        ("#panic()", "panicked"),
        ("\U0001f600", "no font can show"),
        ('#image("/images/other.svg")', "failed to load file"),
        ('#text(font: "Comic Sans")[ก]', "unknown font family"),
    ],
)
def test_a_template_that_does_not_compile_is_told_with_typsts_own_words(check, template, words):
    ((path, message),) = faults(check, CARRIES_QR + template)
    assert path == "/files/document.typ"
    assert words in message


def test_a_template_must_bear_that_an_optional_field_is_missing(check):
    assert not faults(check, CARRIES_QR + "#data.form.place_address")
    ((path, message),) = faults(check, CARRIES_QR + "#thai-digits(data.form.place_address)")
    assert (path, "none" in message) == ("/files/document.typ", True)
    assert not faults(
        check, CARRIES_QR + "#if data.form.place_address != none { thai-digits(data.form.place_address) }"
    )


def test_a_document_shows_its_number_and_its_qr_code(check):
    found = faults(check, "= ใบอนุญาต")
    assert [path for path, _ in found] == ["/files/document.typ"] * 2
    assert ["number" in message or "QR" in message for _, message in found] == [True, True]


@pytest.mark.parametrize(
    ("field", "words"), [("", "must name"), (" / ", "must name"), ("nothing", "no field"), ("shop_name/x", "no field")]
)
def test_a_public_field_is_one_of_the_form(check, field, words):
    ((path, message),) = faults(check, CARRIES_QR, public_fields=["shop_name", field])
    assert path == "/steps/issuance/public_fields/1"
    assert words in message


def test_a_missing_template_and_a_plan_in_which_nobody_decides_are_told_at_once(check):
    made = bundle(IDENTITY, REQUEST, ISSUANCE | {"template": "other.typ"}, {"id": "delivery", "process": "delivery"})
    found = [fault.path for fault in check(section(made))]
    assert found == ["/steps/issuance", "/steps/issuance/template"]


def test_a_form_that_is_rubbish_does_not_break_the_check(check):
    made = licence()
    broken = made.model_copy(update={"files": made.files | {"form.schema.json": "{"}})
    found = {fault.path.rpartition("/")[0] for fault in check(section(broken))}
    assert found == {"/steps/issuance/public_fields", "/files"}
