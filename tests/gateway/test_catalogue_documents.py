"""The shipped templates, composed from what issuance hands over: what is printed, and that it can be copied."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pytest

from kit.contracts.claims import ApplicationClaim, PersonClaim, Receipt
from kit.contracts.definition import IssuanceStep, PaymentStep, section_for
from kit.contracts.journey import Process
from kit.contracts.text import Text
from kit.documents import Composer, qr_svg
from kit.thai import thai_digits
from services.issuance.domain import Basis, Decision, Registered, data_of, xml_of
from tests import pdf as look
from tests.gateway.catalogue import BUNDLES, CERTIFICATE, CERTIFICATE_2, LICENCE, changed

ID = UUID("019ab3f0-7c1e-7d55-9a3e-5f0c2b8d4e11")
AT = datetime(2026, 11, 18, 4, tzinfo=UTC)
URL = "https://paet.bangkok.example/verify/Q7m2xK9vT4bN8sLp3wZc6g"
PERSON = {
    "name_th": "นางสาวน้ำผึ้ง ปั้นจั่นซื่อตรง", "name_en": "Miss Namphueng Pancha Suetrong",
    "pid_masked": "x-xxxx-xxxxx-01-0", "pid": "1101700000010", "birthdate": "1990-05-01",
    "address": "1/1 หมู่ที่ 9 ตำบลกุฎีน้ำจั้น อำเภอทดสอบ จังหวัดตัวอย่าง",
}  # fmt: skip
JURISTIC = LICENCE | {"applicant_kind": "juristic", "juristic_number": "0105541069237", "place_kind": "storing"}
OTHER = {"purpose": "other", "purpose_detail": "ใช้ประกอบการขอรับทุนซึ่งตั้งขึ้นเพื่อเด็กที่อยู่ห่างไกล"}
LONGEST: dict[str, Any] = JURISTIC | {
    "shop_name": ("ครัวน้ำเชี่ยวทุ่งใหญ่ซึ่งตั้งอยู่ริมแม่น้ำ " * 9)[:100].strip(),
    "food_description": ("อาหารทะเลเผาซึ่งปิ้งย่างต้มยำกุ้ง " * 9)[:120].strip(),
    "place": LICENCE["place"]
    | {"moo": "12", **{part: ("เฉลิมพระเกียรติน้ำพุ 9 " * 9)[:60].strip() for part in ("building", "soi", "road")}},
}
FORMS = {
    "licence": ("food-licence@1", LICENCE),
    "licence of a juristic person": ("food-licence@1", JURISTIC),
    "licence at its longest": ("food-licence@1", LONGEST),
    "certificate": ("personal-document@1", CERTIFICATE),
    "certificate for another purpose": ("personal-document@1", OTHER),
    "certificate with a fee": ("personal-document@2", CERTIFICATE_2),
}


def data_for(ref: str, form: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    """What issuance hands over for the form, by its own function."""
    bundle = BUNDLES[ref]
    section = section_for(bundle, Process.ISSUANCE)
    step = next(each for each in bundle.definition.plan if isinstance(each, IssuanceStep))
    paid = [each for each in bundle.definition.plan if isinstance(each, PaymentStep)]
    receipts = [Receipt(number=f"{each.receipt_book}-2569-000045", amount_satang=300_000, paid_at=AT, step=each.id)
                for each in paid]  # fmt: skip
    application = ApplicationClaim(
        journey=ID, application=ID, number="22000000-PAET-69-000123", definition=ref, agency="22000000", person=ID,
        form=form, email=None, language="th", submitted_at=AT, legally_received_at=AT, is_open=True,
    )  # fmt: skip
    decision = Decision(
        id=ID, by="approval", digest="9f" * 32, decided_at=AT, authority=Text(th="ผู้อำนวยการเขต", en="Director"),
        rule=None, facts="ข้อเท็จจริงลับ", law="ข้อกฎหมายลับ", considerations="เหตุผลลับ",
    )  # fmt: skip
    entry = Registered(
        number=f"{step.series}-2569-000123", uuid=ID, oid="2.25.1", issued_on=date(2026, 11, 22),
        valid_until=date(2027, 11, 21) if step.validity.months else None, verify_url=URL,
    )  # fmt: skip
    basis = Basis(application, PersonClaim(person=ID, **person), decision, tuple(receipts))
    return data_of(section, step, section.files[step.template], entry, basis)


@pytest.fixture(scope="module")
def composer() -> Iterator[Composer]:
    with Composer() as composer:
        yield composer


@pytest.fixture(scope="module")
def compose(composer: Composer):
    def compose(ref: str, form: dict[str, Any], **person: Any) -> bytes:
        data = data_for(ref, form, PERSON | person)
        template, images = BUNDLES[ref].files["document.typ"], {"qr.svg": qr_svg(URL)}
        assert composer.faults(template, data, images) == []
        return composer.compose(
            template, data, attachment_xml=xml_of(data), title=data["title"]["th"], author="กรุงเทพมหานคร",
            timestamp=AT, images=images,
        )  # fmt: skip

    return compose


def packed(text: str) -> str:
    """Without blanks and line breaks, which a page sets where it likes."""
    return re.sub(r"\s+", "", text)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)
    elif value is not None:
        yield str(value)


def printed_of(form: dict[str, Any]) -> list[str]:
    """The texts of a form that must stand in its document as they were typed, or with Thai digits."""
    names = ("shop_name", "food_description", "juristic_number", "recipient", "purpose_detail")
    place = [value for name, value in form.get("place", {}).items() if not name.endswith("_code")]
    return [form[name] for name in names if name in form] + place


@pytest.mark.req("L1", part="the shipped documents: Thai digits, Buddhist dates, text that copies as it was put in")
@pytest.mark.parametrize("case", FORMS)
def test_a_document_prints_what_it_is_about_and_copies_exactly(compose, case: str):
    ref, form = FORMS[case]
    text = packed(look.text_of(compose(ref, form)))
    definition = BUNDLES[ref].definition
    step = next(each for each in definition.plan if isinstance(each, IssuanceStep))
    wanted = [
        thai_digits(f"{step.series}-2569-000123"), PERSON["name_th"], thai_digits(PERSON["pid_masked"]),
        "๒๒ พฤศจิกายน ๒๕๖๙", thai_digits("22000000-PAET-69-000123"), definition.agency_name.th, URL, str(ID),
        step.signer.th, step.signer_position.th, "ประทับตราอิเล็กทรอนิกส์",
    ]  # fmt: skip
    for words in wanted:
        assert packed(words) in text, words
    for words in printed_of(form):
        assert packed(words) in text or packed(thai_digits(words)) in text, words


@pytest.mark.parametrize("case", FORMS)
def test_no_cluster_of_the_copied_text_is_foreign_to_what_was_put_in(compose, case: str):
    """The other way round: doubled or lost marks (จัดตั้ตั้ง) would be words that stand nowhere in the sources."""
    ref, form = FORMS[case]
    library = (Path(__file__).parents[2] / "kit" / "documents" / "paet.typ").read_text(encoding="utf-8")
    sources = [library, BUNDLES[ref].files["document.typ"], *strings(data_for(ref, form, PERSON))]
    known = packed("".join(sources))
    words = re.findall(r"[ก-ฺเ-๎]+", look.text_of(compose(ref, form)))
    assert len(words) > 40
    assert [word for word in words if word not in known and not _is_joined(word, known)] == []


def _is_joined(word: str, known: str) -> bool:
    """A label that the template sets before a value without a blank: แขวง + ทุ่งมหาเมฆ."""
    labels = ("แขวง", "เขต", "ถนน", "ซอย", "และเฉพาะในเขตอำนาจของ")
    return any(word.startswith(label) and word.removeprefix(label) in known for label in labels)


def test_a_licence_shows_fee_area_and_validity(compose):
    text = packed(look.text_of(compose("food-licence@1", LICENCE)))
    for words in (
        "ใบอนุญาตจัดตั้งสถานที่จำหน่ายอาหาร", "Licence to set up a place for selling food", "๓๕๐.๕ ตารางเมตร",
        "๓,๐๐๐.๐๐ บาท", "BMAFOOD-๒๕๖๙-๐๐๐๐๔๕", "๑๘ พฤศจิกายน ๒๕๖๙", "ใช้ได้ถึงวันที่ ๒๑ พฤศจิกายน ๒๕๗๐",
        "แขวงทุ่งมหาเมฆ เขตสาทร กรุงเทพมหานคร ๑๐๑๒๐", "จะแสดงด้วยวิธีการทางอิเล็กทรอนิกส์ก็ได้",
    ):  # fmt: skip
        assert packed(words) in text, words


@pytest.mark.parametrize(("area", "shown"), [(201, "๒๐๑"), (1250.5, "๑,๒๕๐.๕"), (100_000, "๑๐๐,๐๐๐"), (300.0, "๓๐๐")])
def test_an_area_is_written_as_people_write_it(compose, area: float, shown: str):
    text = look.text_of(compose("food-licence@1", LICENCE | {"area": area}))
    assert packed(f"พื้นที่ {shown} ตารางเมตร") in packed(text)


def test_a_licence_to_a_juristic_person_names_it_and_who_filed(compose):
    text = packed(look.text_of(compose("food-licence@1", JURISTIC)))
    assert packed("ผู้รับใบอนุญาต นิติบุคคล ทะเบียนเลขที่ ๐๑๐๕๕๔๑๐๖๙๒๓๗") in text
    assert packed(f"ผู้ยื่นคำขอแทน {PERSON['name_th']}") in text
    assert "สถานที่สะสมอาหาร" in text


def test_the_first_certificate_is_free_and_the_second_shows_its_fee(compose):
    first, second = (packed(look.text_of(compose(*FORMS[name]))) for name in ("certificate", "certificate with a fee"))
    assert packed("ค่าธรรมเนียม ไม่มี") in first
    assert "Purpose:education" in first
    assert packed("ค่าธรรมเนียม ๓,๐๐๐.๐๐ บาท") in second
    assert packed("เพื่อใช้ในการ ขอรับสวัสดิการ") in second


@pytest.mark.parametrize("case", FORMS)
def test_a_document_is_pdfa_with_its_data_and_its_qr_code(compose, case: str):
    pdf = compose(*FORMS[case])
    assert look.pdfa_faults(pdf) == []
    pages = _pages(pdf)
    assert pages == (2 if "longest" in case else 1)
    assert look.qr_codes(pdf, page=pages - 1) == [URL]


def _pages(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


@pytest.mark.parametrize("case", FORMS)
def test_a_document_holds_nothing_that_it_does_not_print(compose, case: str):
    """Telephone, full number, birth date and the officer's reasons are not needed: they lie in no part of the file."""
    ref, form = FORMS[case]
    (xml,) = look.attachments(compose(ref, form)).values()
    told = xml.decode() + look.text_of(compose(ref, form))
    hidden = [form.get("telephone"), PERSON["pid"], PERSON["birthdate"], "ข้อเท็จจริงลับ", "ข้อกฎหมายลับ", "เหตุผลลับ"]
    assert [each for each in hidden if each and each in told] == []


@pytest.mark.parametrize("ref", ["food-licence@1", "personal-document@1"])
def test_a_person_without_english_name_or_address_gets_a_document(compose, ref: str):
    form = LICENCE if ref == "food-licence@1" else CERTIFICATE
    text = look.text_of(compose(ref, form, name_en=None, address=None))
    assert "none" not in text
    assert "None" not in text


@pytest.mark.parametrize("ref", ["food-licence@1", "personal-document@2"])
def test_a_template_takes_flat_names_as_well(composer: Composer, ref: str):
    """`agency_name` for `agency`, `application_number` for `application.number`, and so on."""
    form = LICENCE if ref == "food-licence@1" else CERTIFICATE_2
    data = data_for(ref, form, PERSON)
    application, person = data.pop("application"), data["person"]
    flat = data | {
        "agency_name": data.pop("agency"),
        "application_number": application["number"],
        "submitted_on": application["submitted_on"],
        "person": {"name_th" if name == "name" else name: value for name, value in person.items()},
        "receipts": [{"amount_satang" if name == "amount" else name: value for name, value in each.items()}
                     for each in data["receipts"]],
    }  # fmt: skip
    assert composer.faults(BUNDLES[ref].files["document.typ"], flat, {"qr.svg": qr_svg(URL)}) == []


def test_a_short_address_is_printed_without_gaps(compose):
    place = changed(LICENCE["place"], building=None, soi=None, road=None)
    text = look.text_of(compose("food-licence@1", LICENCE | {"place": place}))
    assert "เลขที่ ๑๒๐/๕ แขวงทุ่งมหาเมฆ เขตสาทร กรุงเทพมหานคร ๑๐๑๒๐" in re.sub(r"\s+", " ", text)


def test_whatever_a_form_lets_through_can_be_printed(composer: Composer):
    ranges = (("!", "~"), ("ก", "ฺ"), ("฿", "๛"), ("À", "ÿ"))
    characters = "".join(chr(code) for first, last in ranges for code in range(ord(first), ord(last) + 1)) + "–‘’“”"
    assert composer.unprintable(characters) == ""
