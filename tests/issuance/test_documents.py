"""The file itself, judged by programs that did not make it."""

import re
from xml.etree import ElementTree

import pytest

from kit.contracts.claims import DecisionClaim
from kit.documents import verify_async
from services.issuance.domain import NAMESPACE
from tests import pdf
from tests.issuance.conftest import DIGEST, FORM, NAME, PID, PID_MASKED, certificate

NS = {"d": NAMESPACE}
MONTHS = """มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน
ตุลาคม พฤศจิกายน ธันวาคม""".split()  # noqa: SIM905


def thai(value):
    return str(value).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))


def long_thai(day):
    return thai(f"{day.day} {MONTHS[day.month - 1]} {day.year + 543}")


def squeezed(words):
    """Without blanks: where a line was broken is the page's affair."""
    return re.sub(r"\s+", "", words)


@pytest.fixture
async def issued(registry):
    event, row = await registry.issued()
    return event, row, await registry.pdf(row)


def root_of(registry):
    seals = registry.kit.settings.seals
    return [(seals / "root.pem").read_bytes()]


@pytest.mark.req("L1")
async def test_the_text_copied_out_equals_the_text_put_in(registry, issued):
    _, row, file = issued
    text = squeezed(pdf.text_of(file))
    shown = [
        "กรุงเทพมหานคร", "ใบอนุญาตทดสอบ", f"เลขที่ TEST-{row['year']}-000001", NAME, PID_MASKED, FORM["shop_name"],
        FORM["place_address"], "๑๒๐ ตารางเมตร", "22000000-FOOD-69-000001", "๑,๐๐๐.๐๐ บาท (หนึ่งพันบาทถ้วน)",
        "BMA-2569-000007", long_thai(row["issued_on"]), long_thai(row["valid_until"]), "ผู้อำนวยการเขต",
        f"http://127.0.0.1:8000/verify/{row['token']}", str(row["id"]), DIGEST,
    ]  # fmt: skip
    assert [words for words in shown if squeezed(words) not in text] == []


@pytest.mark.req("L1", part="right line breaks")
async def test_no_line_begins_with_what_belongs_to_the_letter_before(issued):
    lines = [line for line in pdf.text_of(issued[2]).splitlines() if line.strip()]
    follows = re.compile(r"[ะ\u0e31-\u0e3a\u0e45-\u0e4e]")  # vowels and marks that stand behind, above or below
    assert len(lines) > 20
    assert [line for line in lines if follows.match(line)] == []
    assert any("๑๒/๓ ซอยสุขุมวิท ๗๗" in line for line in lines)


@pytest.mark.req("L2", part="PDF/A-3, XML, properties, B-B seal that refers to the decision, independent readers")
async def test_the_file_is_a_sealed_pdf_a_3_with_its_data_inside(registry, issued):
    event, row, file = issued
    assert pdf.pdfa_faults(file) == []
    assert pdf.qpdf_faults(file) == ""
    found = pdf.pdfsig_of(file)
    assert found["Signature Validation"] == "Signature is Valid."
    assert found["Signature Type"] == "ETSI.CAdES.detached"
    assert found["Coverage"] == "Total document signed"
    report = await verify_async(file, root_of(registry))
    assert report.bottom_line, report.fault
    assert (report.agency_code, report.organisation) == ("22000000", "กรุงเทพมหานคร")
    decision = DecisionClaim.model_validate(registry.peers.claims["approval", "decisions"][str(event.journey)])
    assert report.refers_to is not None
    assert (report.refers_to.uri, report.refers_to.sha256) == (f"urn:uuid:{decision.decision}", DIGEST)
    metadata = pdf.xmp(file)
    number = f"TEST-{row['year']}-000001"
    expected = {"DocumentFileName": row["file_name"], "DocumentVersion": "1", "DocumentReferenceID": number}
    for name, value in expected.items():
        assert f"<ed:{name}>{value}</ed:{name}>" in metadata
    assert re.search(r"<ed:DocumentOID>2\.25\.\d+</ed:DocumentOID>", metadata)


async def test_the_xml_says_what_the_page_says_and_nothing_else(registry, issued):
    _, row, file = issued
    ((name, xml),) = pdf.attachments(file).items()
    assert name == "document.xml"
    root = ElementTree.fromstring(xml)

    def said(path):
        return root.findtext("/".join(f"d:{part}" for part in path.split("/")), namespaces=NS)

    assert said("number") == f"TEST-{row['year']}-000001"
    assert (said("uuid"), said("decision/digest"), said("version")) == (str(row["id"]), DIGEST, "1")
    assert said("oid").startswith("2.25.")
    assert (said("issued_on"), said("valid_until")) == (row["issued_on"].isoformat(), row["valid_until"].isoformat())
    assert said("verify_url") == f"http://127.0.0.1:8000/verify/{row['token']}"
    assert (said("person/name"), said("person/pid_masked")) == (NAME, PID_MASKED)
    assert (said("receipts/receipt/number"), said("receipts/receipt/amount")) == ("BMA-2569-000007", "100000")
    fields = {field.get("name"): field.text for field in root.findall("d:form/d:field", NS)}
    assert fields == {name: str(value) for name, value in FORM.items()}
    for secret in (PID, "1990-01-31", "somjai@example.com", "ลับเฉพาะ", "ตำบลในเมือง"):
        assert secret not in xml.decode()


@pytest.mark.req("L4", part="the QR code, decoded from the picture of the page")
async def test_the_qr_code_on_the_page_leads_to_the_verification(registry, issued):
    _, row, file = issued
    assert pdf.qr_codes(file) == [f"http://127.0.0.1:8000/verify/{row['token']}"]
    path = pdf.qr_codes(file)[0].removeprefix("http://127.0.0.1:8000")
    assert (await registry.client.get(path)).status_code == 200


@pytest.mark.req("L2", part="one changed byte fails")
async def test_one_changed_byte_is_found_by_seal_and_register(registry, issued):
    _, _, file = issued
    for offset in range(100, len(file), len(file) // 40):
        forged = pdf.changed(file, offset)
        assert not (await verify_async(forged, root_of(registry))).bottom_line
    answer = await registry.client.post("/verifications", content=forged)
    assert answer.json()["genuine"] is False
    assert "Valid" not in pdf.pdfsig_of(pdf.changed(file, 500)).get("Signature Validation", "")


async def test_the_certificate_of_a_reviewer_prints_the_whole_number_where_it_is_named(registry):
    registry.harness.publish(certificate())
    event, row = await registry.issued(form={"shop_name": "ร้าน ก", "area": 5})
    file = await registry.pdf(row)
    text = squeezed(pdf.text_of(file))
    assert PID in text
    assert "ที่ตั้ง" not in text
    report = await verify_async(file, root_of(registry))
    case = registry.peers.claims["review", "cases"][str(event.journey)]["case"]
    assert report.bottom_line
    assert report.refers_to is not None
    assert report.refers_to.uri == f"urn:uuid:{case}"
    assert "area" not in pdf.attachments(file)["document.xml"].decode()
