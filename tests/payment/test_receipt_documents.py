"""The document of a receipt: what it prints, the XML inside, made once and the same for ever."""

import asyncio
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pikepdf
import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import local_date
from kit.contracts.claims import PersonClaim
from kit.contracts.definition import PostalAddress, ReceiptIssuer, Receiver
from kit.contracts.text import Text
from kit.documents import Composer, verify_async
from kit.storage import Files
from kit.thai import amount_in_words, baht, long_date
from services.payment import commands
from services.payment.api import documents
from services.payment.domain import BankTransaction, Former, Issuer, Payer, Purpose, Received, Statement, receipt_xml
from services.payment.models import Payment, Receipt
from services.payment.settings import Settings
from tests import pdf as look
from tests.bundles import RECEIPT, licence_bundle
from tests.payment import etda
from tests.payment.counter import RIGHT_NAME, Desk, code

pytestmark = pytest.mark.req("P7")
NAME, PID = "นางสาวน้ำผึ้ง ปั้นจั่นซื่อตรง", "1101700000010"
AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
TEMPLATES = (documents.TEMPLATE, Path(look.__file__).parents[1] / "kit" / "documents" / "paet.typ")
SUMS = ("LineTotalAmount", "AllowanceTotalAmount", "TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount")
SUMMATION = ".//ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"


@pytest.fixture
def desk(payment, granted):
    return Desk(payment, granted)


def payer(desk: Desk, **claim) -> UUID:
    person = uuid4()
    told = {"name_th": NAME, "name_en": None, "pid_masked": "x-xxxx-xxxxx-01-0", "pid": PID} | claim
    desk.payment.peers.know("identity", "persons", person, PersonClaim(person=person, **told))
    return person


async def fetched(desk: Desk, receipt: object, person: UUID, **headers):
    path = f"/receipts/{receipt}.pdf"
    return await desk.payment.client.get(path, headers=desk.payment.citizen(person) | headers)


def packed(words: str) -> str:
    return re.sub(r"\s+", "", words)


async def test_a_receipt_prints_what_was_paid_and_carries_it_as_xml(desk):
    person = payer(desk)
    receipt = await desk.receipt(person)
    answer = await fetched(desk, receipt["id"], person)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    pdf, number = answer.content, f"BMA-{receipt['year']}-000001"
    (payment,) = await desk.payment.rows(select(Payment))
    day = long_date(local_date(receipt["issued_at"]))
    printed = packed(look.text_of(pdf))
    for words in (
        "ใบเสร็จรับเงิน", "กรุงเทพมหานคร", RECEIPT["address"]["text"]["th"], "0994000165501", number,
        f"000001/{receipt['year']}", day, f"ได้รับเงินจาก {NAME}", "x-xxxx-xxxxx-01-0", "22000000-FOOD-69-000001",
        "ค่าธรรมเนียมใบอนุญาต", "ตาม กฎหมายทดสอบ", baht(receipt["amount"]), amount_in_words(receipt["amount"]),
        "คิวอาร์พร้อมเพย์", payment["transaction_id"], RECEIPT["receiver"]["name"]["th"],
        RECEIPT["receiver"]["position"]["th"], "ผู้รับเงิน", "ประทับตราอิเล็กทรอนิกส์",
    ):  # fmt: skip
        assert packed(words) in printed, words
    assert PID not in printed
    assert look.pdfa_faults(pdf) == []
    assert look.qpdf_faults(pdf) == ""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert len(document.pages) == 1
    assert f"<ed:DocumentReferenceID>{number}</ed:DocumentReferenceID>" in look.xmp(pdf)
    name = f"22000000_test-licence_22000000-FOOD-69-000001_receipt-{number}_"
    assert name in answer.headers["content-disposition"]
    root = (desk.payment.kit.settings.seals / "root.pem").read_bytes()
    report = await verify_async(pdf, [root])
    assert report.bottom_line, report
    await xml_is_of_the_ledger(desk, look.attachments(pdf)["receipt.xml"], number, receipt["invoice_id"])


async def xml_is_of_the_ledger(desk: Desk, xml: bytes, number: str, invoice: UUID) -> None:
    assert etda.faults(xml) == []
    root = etda.ElementTree.fromstring(xml)
    query = "SELECT -sum(amount)::bigint AS taken FROM ledgerentry WHERE invoice_id = :invoice AND account ^@ 'revenue'"
    [row] = await desk.payment.rows(text(query).bindparams(invoice=invoice))
    taken = f"{row['taken'] // 100}.{row['taken'] % 100:02d}"
    said = [root.findtext(f"{SUMMATION}{each}", None, etda.NAMES) for each in SUMS]
    assert said == [taken, "0.00", taken, "0.00", taken]
    document = "rsm:ExchangedDocument/ID"
    assert etda.text_at(root, document) == number
    buyer = root.find(".//ram:BuyerTradeParty/ram:SpecifiedTaxRegistration/ram:ID", etda.NAMES)
    assert (buyer.text, buyer.attrib) == (PID, {"schemeID": "NIDN"})


async def test_every_copy_is_the_same_file_also_after_the_receipt_has_ended(desk):
    person = payer(desk)
    receipt = await desk.receipt(person)
    answers = await asyncio.gather(*(fetched(desk, receipt["id"], person) for _ in range(3)))
    first = answers[0]
    assert {each.content for each in answers} == {first.content}
    assert (await desk.reissue(receipt["id"])).status_code == 201
    again = await fetched(desk, receipt["id"], person)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert (await fetched(desk, receipt["id"], person, **{"If-None-Match": first.headers["etag"]})).status_code == 304
    shown = await desk.payment.client.get(f"/receipts/{receipt['id']}", headers=desk.payment.citizen(person))
    assert shown.json()["state"] == "replaced"


async def test_a_receipt_issued_anew_says_in_whose_place_and_why(desk):
    person = payer(desk)
    receipt = await desk.receipt(person)
    new = await desk.reissue(receipt["id"], purpose="RCTC99", reason="สะกดชื่อไม่ตรงกับบัตร")
    pdf = (await fetched(desk, new.json()["id"], person)).content
    printed = packed(look.text_of(pdf))
    old = f"BMA-{receipt['year']}-000001"
    for words in (f"ได้รับเงินจาก {RIGHT_NAME}", "ยกเลิกและออกแทนฉบับเดิม", old, "เพราะสะกดชื่อไม่ตรงกับบัตร"):
        assert packed(words) in printed, words
    assert packed(NAME) not in printed
    xml = look.attachments(pdf)["receipt.xml"]
    assert etda.faults(xml) == []
    root = etda.ElementTree.fromstring(xml)
    document = root.find("rsm:ExchangedDocument", etda.NAMES)
    assert [etda.text_at(document, each) for each in ("Purpose", "PurposeCode")] == ["สะกดชื่อไม่ตรงกับบัตร", "RCTC99"]
    former = root.find(".//ram:AdditionalReferencedDocument", etda.NAMES)
    assert [etda.text_at(former, each) for each in ("IssuerAssignedID", "ReferenceTypeCode")] == [old, "T01"]
    assert NAME not in xml.decode()


async def test_a_process_that_dies_between_number_and_document_loses_neither(desk, monkeypatch):
    """Nothing is kept of what was composed and not stored; what was stored and not answered is the receipt."""
    person = payer(desk)
    receipt = await desk.receipt(person)
    put = Files.put

    async def dies_before(_self, _name, _body):
        raise ConnectionResetError

    async def dies_after(self, name, body):
        await put(self, name, body)
        raise ConnectionResetError

    monkeypatch.setattr(Files, "put", dies_before)
    assert (await fetched(desk, receipt["id"], person)).status_code == 500
    monkeypatch.setattr(Files, "put", dies_after)
    assert (await fetched(desk, receipt["id"], person)).status_code == 500
    monkeypatch.setattr(Files, "put", put)
    stored = await desk.payment.kit.resource(Files).get(f"receipts/22000000/{receipt['id']}.pdf")
    answer = await fetched(desk, receipt["id"], person)
    assert answer.content == stored
    assert f"BMA-{receipt['year']}-000001" in packed(look.text_of(stored))
    assert await desk.payment.rows(select(Receipt)) == [receipt]


async def test_what_a_document_needs_and_is_away_is_a_problem_and_is_made_later(desk):
    person = uuid4()
    receipt = await desk.receipt(person)
    assert code(await fetched(desk, receipt["id"], person)) == (409, "payer-unknown")
    seals = desk.payment.kit.settings.seals
    seals.mkdir(parents=True, exist_ok=True)
    certificate = seals / "22000000.p12"
    certificate.write_bytes(b"not a seal")
    desk.payment.peers.know("identity", "persons", person, PersonClaim(
        person=person, name_th=NAME, name_en=None, pid_masked="x", pid="0105541069237"))  # fmt: skip
    assert code(await fetched(desk, receipt["id"], person)) == (503, "receipt-not-made")
    certificate.unlink()
    async with desk.payment.one_connection():
        answer = await fetched(desk, receipt["id"], person)
    xml = look.attachments(answer.content)["receipt.xml"]
    assert etda.faults(xml) == []
    assert b'schemeID="TXID">010554106923700000<' in xml, "a juristic person goes with its branch"


async def test_whoever_holds_an_anonymous_journey_gets_a_receipt_without_a_name(desk):
    """What the step leaves out is as the installation says of the agency; with neither, the address is missing."""
    plan = licence_bundle().definition.model_dump(mode="json", exclude_unset=True)["plan"]
    silent = [{name: value for name, value in step.items() if name != "receipt"} for step in plan]
    desk.payment.publish(licence_bundle(version=2, plan=silent))
    issuers = desk.payment.kit.resource(Settings).receipt_issuers

    async def anonymous():
        receipt = await desk.receipt(None)
        headers = desk.payment.holder(receipt["journey_id"])
        answer = await desk.payment.client.get(f"/receipts/{receipt['id']}.pdf", headers=headers)
        assert answer.status_code == 200, answer.text
        return receipt, answer.content, look.attachments(answer.content)["receipt.xml"]

    _, _, xml = await anonymous()
    assert etda.faults(xml) == ["the seller has no name or not all of an address"]
    issuers["22000000"] = ReceiptIssuer.model_validate(RECEIPT | {"branch": "00042"})
    receipt, pdf, xml = await anonymous()
    assert etda.faults(xml) == []
    assert b'schemeID="TXID">099400016550100042<' in xml
    assert b'schemeID="OTHR">N/A<' in xml
    assert packed("ได้รับเงินจาก ผู้ยื่นคำขอเลขที่ 22000000-FOOD-69-000001") in packed(look.text_of(pdf))
    cashier = await desk.payment.client.get(f"/receipts/{receipt['id']}.pdf", headers=desk.payment.officer("cashier"))
    assert cashier.content == pdf, "a lost copy is handed out again at the counter"


def line(item: str, amount: int) -> dict:
    law = {"th": "ข้อบัญญัติซึ่งว่าด้วยค่าธรรมเนียม", "en": "x"}
    return {"item": {"th": item, "en": "x"}, "revenue_code": "x", "amount": amount, "because": None, "law": law}


def statement(**said) -> Statement:
    address = PostalAddress.model_validate(RECEIPT["address"])
    receiver = Receiver.model_validate(RECEIPT["receiver"])
    issuer = Issuer("22000000", Text(th="กรุงเทพมหานคร", en="x"), "0994000165501", "00000", address, receiver, "2.25.1")
    told = {
        "id": uuid4(), "number": "BMA-2569-000007", "book": "BMA", "year": 2569, "running": 7, "issued_at": AT,
        "definition": "test-licence@1", "title": Text(th="ขอใบอนุญาต", en="x"), "application_number": "A-1",
        "issuer": issuer, "payer": Payer(NAME, PID, "x", "๑ หมู่ ๒", "10200"), "amount": 75_025,
        "lines": [line("ค่าธรรมเนียมตั้งจุดจำหน่ายน้ำแข็งซึ่งปั้นแล้ว", 80_000), line("ค่าปรับ", 20_025), line("ยกเว้น", -20_000)],
        "received": [Received("scb", "T1", AT, 80_025)], "former": None,
    }  # fmt: skip
    return Statement(**(told | said))


def test_what_is_taken_off_stands_as_allowance_in_print_and_in_xml():
    """80,000 + 20,025 − 20,000 exempt − 5,000 given back = 75,025."""
    former = Former("BMA-2569-000001", AT, Purpose.PART_RETURNED, None)
    said = statement(former=former)
    xml = receipt_xml(said)
    assert etda.faults(xml) == []
    root = etda.ElementTree.fromstring(xml)
    sums = [root.findtext(f"{SUMMATION}{each}", None, etda.NAMES) for each in SUMS]
    assert sums == ["1000.25", "250.00", "750.25", "0.00", "750.25"]
    with Composer() as composer:
        pdf = composer.compose(
            documents._template(), documents._data(said), attachment_xml=xml, title="x", author="x", timestamp=AT
        )
    printed = look.text_of(pdf)
    for words in ("800.00", "−200.00", "−50.00", "750.25", "เจ็ดร้อยห้าสิบบาทยี่สิบห้าสตางค์", "เพราะยกเลิกบริการบางส่วน"):
        assert packed(words) in packed(printed), words
    known = packed("".join(each.read_text(encoding="utf-8") for each in TEMPLATES) + str(documents._data(said)))
    known += packed(long_date(local_date(AT)))
    foreign = [word for word in re.findall(r"[ก-ฺเ-๎]+", printed) if word not in known]
    assert foreign == [], "doubled or lost marks would be words that stand nowhere in the sources"


def test_every_payment_of_a_fee_that_was_paid_in_parts_stands_in_print_and_in_xml():
    parts = [Received("scb", "T1-first", AT, 30_000), Received("card", "chrg_last", AT, 50_025)]
    said = statement(received=parts)
    xml = receipt_xml(said)
    assert etda.faults(xml) == []
    root = etda.ElementTree.fromstring(xml)
    notes = {
        each.findtext("ram:Subject", None, etda.NAMES): each.findtext("ram:Content", None, etda.NAMES)
        for each in root.iter(f"{{{etda.RAM}}}IncludedNote")
    }
    with Composer() as composer:
        pdf = composer.compose(
            documents._template(), documents._data(said), attachment_xml=xml, title="x", author="x", timestamp=AT
        )
    printed = packed(look.text_of(pdf))
    for place, each in enumerate(parts, 1):
        told = [notes[f"{name} ครั้งที่ {place}"] for name in ("วิธีชำระเงิน", "เลขอ้างอิงรายการ", "วันที่ชำระ", "จำนวนเงินที่ชำระ")]
        assert told == [each.method, each.transaction_id, long_date(local_date(AT)), f"{baht(each.amount)} บาท"]
        for words in (each.method, each.transaction_id, baht(each.amount)):
            assert packed(words) in printed, words
    assert "บัตร" in parts[1].method
    assert "ของธนาคาร" not in printed


async def test_a_receipt_names_the_payments_that_made_the_fee_and_no_other(desk):
    """A part by card, the rest and too much by bank, and once more what is owed back."""
    person = payer(desk)
    [row] = await desk.bills(1, person)
    for provider, amount in (("card", 30_000), ("scb", 80_000), ("scb", 5_000)):
        booked = BankTransaction(f"T-{amount}", row["biller_id"], row["reference1"], amount, AT)
        async with desk.payment.kit.database.transaction() as session:
            await commands.settle(session, row["id"], provider, [booked])
    (receipt,) = await desk.payment.rows(select(Receipt))
    printed = packed(look.text_of((await fetched(desk, receipt["id"], person)).content))
    for words in ("ชำระครั้งที่ 1 300.00 บาท", "T-30000", "ชำระครั้งที่ 2 700.00 บาท", "T-80000"):
        assert packed(words) in printed, words
    assert "T-5000" not in printed


def test_texts_that_no_schema_takes_are_cut_and_cleaned():
    said = statement(
        payer=Payer("ก\x01ข\u2028 ค\ufffe  ง" + "จ" * 300, "A1234567", None),
        lines=[line("ร" * 400, 75_025)], application_number="A" * 60,
    )  # fmt: skip
    assert etda.faults(receipt_xml(said)) == []


def test_the_check_of_the_structure_can_fail():
    xml = receipt_xml(statement()).decode()
    for wrong, right in (
        ("<ram:TypeCode>T02</ram:TypeCode>", "<ram:TypeCode>T01</ram:TypeCode>"),
        ("v2.1", "v2.0"),
        ('schemeID="NIDN">1<', f'schemeID="NIDN">{PID}<'),
        ('currencyID="USD">750.25', 'currencyID="THB">750.25'),
        ("<ram:CityName></ram:CityName>", "<ram:CityName>1001</ram:CityName>"),
        ("", "<ram:ApplicableHeaderTradeDelivery />"),
    ):  # fmt: skip
        assert right in xml, right
        assert etda.faults(xml.replace(right, wrong, 1).encode()) != [], wrong
