"""A receipt as ขมธอ. 3-2560 v2.0 (docs/law.md §7.4): element order, lengths and codes are those of ETDA's schema. Pure.

A fee of the state is outside VAT ([C2], [K]): its tax is the code FRE, "no tax levied", over nothing.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from kit.clock import BANGKOK, local_date
from kit.thai import baht, long_date
from services.payment.domain.receipts import HEAD_OFFICE, Issuer, Payer, Statement

FILE_NAME = "receipt.xml"
RSM = "urn:etda:uncefact:data:standard:Receipt_CrossIndustryInvoice:2"
RAM = "urn:etda:uncefact:data:standard:Receipt_ReusableAggregateBusinessInformationEntity:2"
GUIDELINE = {"schemeAgencyID": "ETDA", "schemeVersionID": "v2.0"}
RECEIPT, NAME = "T01", "ใบเสร็จรับเงิน"
BAHT = {"currencyID": "THB"}
COUNTRY = {"schemeID": "3166-1 alpha-2"}
NO_TAX = "FRE"
NONE: Mapping[str, str] = MappingProxyType({})
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def receipt_xml(said: Statement) -> bytes:
    """``rsm:Receipt_CrossIndustryInvoice``, UTF-8. What is not known and may be absent is left out."""
    ElementTree.register_namespace("rsm", RSM)
    ElementTree.register_namespace("ram", RAM)
    root = Element(f"{{{RSM}}}Receipt_CrossIndustryInvoice")
    context = SubElement(root, f"{{{RSM}}}ExchangedDocumentContext")
    _text(_node(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", "ER3-2560", GUIDELINE)
    _document(SubElement(root, f"{{{RSM}}}ExchangedDocument"), said)
    _transaction(SubElement(root, f"{{{RSM}}}SupplyChainTradeTransaction"), said)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _document(at: Element, said: Statement) -> None:
    _text(at, "ID", said.number, most=35)
    _text(at, "Name", NAME)
    _text(at, "TypeCode", RECEIPT)
    _text(at, "IssueDateTime", _moment(said.issued_at))
    if said.former:
        _text(at, "Purpose", said.former.why)
        _text(at, "PurposeCode", said.former.purpose)
    _text(at, "CreationDateTime", _moment(said.issued_at))
    for subject, content in _notes(said):
        note = _node(at, "IncludedNote")
        _text(note, "Subject", subject)
        _text(note, "Content", content, most=500)


def _notes(said: Statement) -> Iterable[tuple[str, str]]:
    yield "เลขที่คำขอ", said.application_number
    for place, each in enumerate(said.received, 1):
        turn = f" ครั้งที่ {place}" if len(said.received) > 1 else ""
        yield f"วิธีชำระเงิน{turn}", each.method
        yield f"เลขอ้างอิงรายการ{turn}", each.transaction_id
        yield f"วันที่ชำระ{turn}", long_date(local_date(each.paid_at))
        yield f"จำนวนเงินที่ชำระ{turn}", f"{baht(each.amount)} บาท"
    if said.former:
        yield "การออกแทน", f"ยกเลิกและออกแทนใบเสร็จรับเงินเลขที่ {said.former.number}"


def _transaction(at: Element, said: Statement) -> None:
    agreement = _node(at, "ApplicableHeaderTradeAgreement")
    _seller(_node(agreement, "SellerTradeParty"), said.issuer)
    _buyer(_node(agreement, "BuyerTradeParty"), said.payer)
    _text(_node(agreement, "BuyerOrderReferencedDocument"), "IssuerAssignedID", said.application_number, most=35)
    if said.former:
        former = _node(agreement, "AdditionalReferencedDocument")
        _text(former, "IssuerAssignedID", said.former.number, most=35)
        _text(former, "IssueDateTime", _moment(said.former.issued_at))
        _text(former, "ReferenceTypeCode", RECEIPT)
    _node(at, "ApplicableHeaderTradeDelivery")
    _settlement(_node(at, "ApplicableHeaderTradeSettlement"), said)
    for place, line in enumerate(said.charges, 1):
        _line(_node(at, "IncludedSupplyChainTradeLineItem"), place, line)


def _seller(at: Element, issuer: Issuer) -> None:
    _text(at, "Name", issuer.name.th)
    _text(_node(at, "SpecifiedTaxRegistration"), "ID", issuer.tax_id + issuer.branch, {"schemeID": "TXID"})
    if issuer.receiver:
        contact = _node(at, "DefinedTradeContact")
        _text(contact, "PersonName", issuer.receiver.name.th, most=140)
        _text(contact, "DepartmentName", issuer.receiver.position.th, most=140)
    if address := issuer.address:
        postal = _node(at, "PostalTradeAddress")
        _text(postal, "PostcodeCode", address.postcode)
        _text(postal, "LineOne", address.text.th)
        if address.street:
            _text(postal, "StreetName", address.street, most=70)
        _text(postal, "CityName", address.district_code)
        _text(postal, "CitySubDivisionName", address.subdistrict_code)
        _text(postal, "CountryID", "TH", COUNTRY)
        _text(postal, "CountrySubDivisionID", address.province_code)
        _text(postal, "BuildingNumber", address.building_number, most=16)


def _buyer(at: Element, payer: Payer) -> None:
    if payer.name:
        _text(at, "Name", payer.name)
    scheme, number = _registered(payer.pid)
    _text(_node(at, "SpecifiedTaxRegistration"), "ID", number, {"schemeID": scheme})
    if payer.address and payer.postcode:
        postal = _node(at, "PostalTradeAddress")
        _text(postal, "PostcodeCode", payer.postcode)
        _text(postal, "LineOne", payer.address)
        _text(postal, "CountryID", "TH", COUNTRY)


def _registered(pid: str | None) -> tuple[str, str]:
    """Scheme and number: a juristic person's begins with 0 and goes with its branch; OTHR where none is known."""
    if pid is None or not re.fullmatch(r"[0-9]{13}", pid):
        return "OTHR", "N/A"
    return ("TXID", pid + HEAD_OFFICE) if pid.startswith("0") else ("NIDN", pid)


def _settlement(at: Element, said: Statement) -> None:
    charged = sum(line["amount"] for line in said.charges)
    off = sum(amount for _, amount in said.allowances)
    _text(at, "InvoiceCurrencyCode", "THB")
    tax = _node(at, "ApplicableTradeTax")
    _text(tax, "TypeCode", NO_TAX)
    _text(tax, "CalculatedRate", "0.00")
    _baht(tax, "BasisAmount", said.amount)
    _baht(tax, "CalculatedAmount", 0)
    for why, amount in said.allowances:
        allowance = _node(at, "SpecifiedTradeAllowanceCharge")
        _text(allowance, "ChargeIndicator", "false")
        _baht(allowance, "ActualAmount", amount)
        _text(allowance, "Reason", why)
    summation = _node(at, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _baht(summation, "LineTotalAmount", charged)
    _baht(summation, "AllowanceTotalAmount", off)
    _baht(summation, "TaxBasisTotalAmount", said.amount)
    _baht(summation, "TaxTotalAmount", 0)
    _baht(summation, "GrandTotalAmount", said.amount)


def _line(at: Element, place: int, line: Any) -> None:
    _text(_node(at, "AssociatedDocumentLineDocument"), "LineID", str(place))
    product = _node(at, "SpecifiedTradeProduct")
    _text(product, "Name", line["item"]["th"])
    if line.get("law"):
        _text(product, "Description", line["law"]["th"])
    price = _node(_node(at, "SpecifiedLineTradeAgreement"), "GrossPriceProductTradePrice")
    _baht(price, "ChargeAmount", line["amount"])
    _text(_node(at, "SpecifiedLineTradeDelivery"), "BilledQuantity", "1")
    settlement = _node(at, "SpecifiedLineTradeSettlement")
    summation = _node(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
    _baht(summation, "TaxTotalAmount", 0)
    _baht(summation, "NetLineTotalAmount", line["amount"])
    _baht(summation, "NetIncludingTaxesLineTotalAmount", line["amount"])


def _node(at: Element, name: str) -> Element:
    return SubElement(at, f"{{{RAM}}}{name}")


def _text(at: Element, name: str, text: str, attributes: Mapping[str, str] = NONE, most: int = 256) -> None:
    """An element of text: the schema's tokens have no line breaks or double blanks, and an upper length."""
    node = SubElement(at, f"{{{RAM}}}{name}", dict(attributes))
    node.text = " ".join(_NO_XML.sub("", text).split())[:most].strip()


def _baht(at: Element, name: str, satang: int) -> None:
    _text(at, name, f"{satang // 100}.{satang % 100:02d}", BAHT)


def _moment(at: datetime) -> str:
    """A moment by the clock of Thailand, with its offset."""
    return at.astimezone(BANGKOK).isoformat(timespec="seconds")
