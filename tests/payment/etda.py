"""What ETDA's schema and rules of ขมธอ. 3-2560 v2.0 say of a receipt, as far as Paet's use elements of it.

Written from the standard's structure: the order of children, how often each may stand, lengths and codes. It is no
copy of the schema and judges nothing that it does not list: an element that is not listed is a fault.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

RSM = "urn:etda:uncefact:data:standard:Receipt_CrossIndustryInvoice:2"
RAM = "urn:etda:uncefact:data:standard:Receipt_ReusableAggregateBusinessInformationEntity:2"
NAMES = {"rsm": RSM, "ram": RAM}
PARTY = "ID* GlobalID* Name? SpecifiedTaxRegistration? DefinedTradeContact* PostalTradeAddress?"
ORDER = {
    "Receipt_CrossIndustryInvoice": "ExchangedDocumentContext ExchangedDocument SupplyChainTradeTransaction",
    "ExchangedDocumentContext": "GuidelineSpecifiedDocumentContextParameter",
    "GuidelineSpecifiedDocumentContextParameter": "ID",
    "ExchangedDocument": "ID Name+ TypeCode IssueDateTime Purpose? PurposeCode? GlobalID? CreationDateTime+"
    " IncludedNote*",
    "IncludedNote": "Subject? Content*",
    "SupplyChainTradeTransaction": "ApplicableHeaderTradeAgreement ApplicableHeaderTradeDelivery"
    " ApplicableHeaderTradeSettlement IncludedSupplyChainTradeLineItem+",
    "ApplicableHeaderTradeAgreement": "SellerTradeParty BuyerTradeParty ApplicableTradeDeliveryTerms?"
    " BuyerOrderReferencedDocument? AdditionalReferencedDocument*",
    "SellerTradeParty": PARTY,
    "BuyerTradeParty": PARTY,
    "SpecifiedTaxRegistration": "ID",
    "DefinedTradeContact": "PersonName? DepartmentName? EmailURIUniversalCommunication?"
    " TelephoneUniversalCommunication?",
    "PostalTradeAddress": "PostcodeCode? BuildingName? LineOne? LineTwo? LineThree? LineFour? LineFive? StreetName?"
    " CityName? CitySubDivisionName? CountryID? CountrySubDivisionID? BuildingNumber?",
    "BuyerOrderReferencedDocument": "IssuerAssignedID? IssueDateTime? ReferenceTypeCode?",
    "AdditionalReferencedDocument": "IssuerAssignedID? IssueDateTime? ReferenceTypeCode?",
    "ApplicableHeaderTradeDelivery": "ShipToTradeParty? ShipFromTradeParty? ActualDeliverySupplyChainEvent?",
    "ApplicableHeaderTradeSettlement": "InvoiceCurrencyCode? ApplicableTradeTax* SpecifiedTradeAllowanceCharge*"
    " SpecifiedTradePaymentTerms* SpecifiedTradeSettlementHeaderMonetarySummation InvoicerTradeParty?"
    " InvoiceeTradeParty? PayerTradeParty? PayeeTradeParty?",
    "ApplicableTradeTax": "TypeCode? CalculatedRate? BasisAmount* CalculatedAmount*",
    "SpecifiedTradeAllowanceCharge": "ChargeIndicator? ActualAmount* ReasonCode? Reason? TypeCode?",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "LineTotalAmount* AllowanceTotalAmount* ChargeTotalAmount*"
    " TaxBasisTotalAmount* TaxTotalAmount* GrandTotalAmount+",
    "IncludedSupplyChainTradeLineItem": "AssociatedDocumentLineDocument SpecifiedTradeProduct"
    " SpecifiedLineTradeAgreement SpecifiedLineTradeDelivery SpecifiedLineTradeSettlement",
    "AssociatedDocumentLineDocument": "LineID",
    "SpecifiedTradeProduct": "ID? GlobalID? Name+ Description* IndividualTradeProductInstance*"
    " DesignatedProductClassification? OriginTradeCountry? InformationNote*",
    "SpecifiedLineTradeAgreement": "GrossPriceProductTradePrice?",
    "GrossPriceProductTradePrice": "ChargeAmount+ AppliedTradeAllowanceCharge*",
    "SpecifiedLineTradeDelivery": "BilledQuantity? PerPackageUnitQuantity?",
    "SpecifiedLineTradeSettlement": "ApplicableTradeTax* SpecifiedTradeAllowanceCharge*"
    " SpecifiedTradeSettlementLineMonetarySummation",
    "SpecifiedTradeSettlementLineMonetarySummation": "TaxTotalAmount* NetLineTotalAmount*"
    " NetIncludingTaxesLineTotalAmount+",
}
"""Children by the name of their element, in order: one, or as `?`, `*` and `+` say."""

TOKEN = r"(?!\s)(?!.*\s\s).{1,%d}(?<!\s)"
LONGEST = {"Content": 500, "Subject": 500, "PersonName": 140, "DepartmentName": 140, "StreetName": 70,
           "BuildingNumber": 16, "PostcodeCode": 16}  # fmt: skip
SHAPES = {
    "IssueDateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00",
    "CreationDateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00",
    "TypeCode": r"T01|FRE",
    "PurposeCode": r"RCTC0[1-4]|RCTC99",
    "ReferenceTypeCode": r"T01",
    "InvoiceCurrencyCode": "THB",
    "ChargeIndicator": "true|false",
    "CalculatedRate": r"\d+\.\d\d",
    "BilledQuantity": r"\d+",
    "CityName": r"\d{4}",
    "CitySubDivisionName": r"\d{6}",
    "CountrySubDivisionID": r"\d{2}",
    "CountryID": "TH",
}
IDS = {"TXID": r"\d{18}", "NIDN": r"\d{13}", "CCPT": r".{1,35}", "OTHR": "N/A"}


def faults(xml: bytes) -> list[str]:
    """Everything that the schema or its rules would not take; empty when nothing."""
    root = ElementTree.fromstring(xml)
    if root.tag != f"{{{RSM}}}Receipt_CrossIndustryInvoice":
        return [f"root is {root.tag}"]
    return [*_structure(root), *_rules(root)]


def text_at(root: Element, path: str) -> str | None:
    """The text at a path, `ram:` where a step has no prefix."""
    return root.findtext("/".join(step if ":" in step else f"ram:{step}" for step in path.split("/")), None, NAMES)


def _structure(node: Element, depth: int = 0) -> Iterator[str]:
    name = _local(node)
    if not node.tag.startswith(f"{{{RSM if depth < 2 else RAM}}}"):
        yield f"{name} is of another namespace"
    if name not in ORDER:
        yield from _leaf(node, name)
        return
    if (node.text or "").strip():
        yield f"{name} has text"
    said = "".join(f"<{_local(child)}>" for child in node)
    wanted = "".join(
        f"(?:<{each.rstrip('?*+')}>){each[-1] if each[-1] in '?*+' else ''}" for each in ORDER[name].split()
    )
    if not re.fullmatch(wanted, said):
        yield f"{name} has {said}"
    for child in node:
        yield from _structure(child, depth + 1)


def _leaf(node: Element, name: str) -> Iterator[str]:
    text = node.text or ""
    if len(node):
        yield f"{name} has children that are not known"
    if name.endswith("Amount"):
        if not re.fullmatch(r"\d{1,15}\.\d\d", text) or node.attrib != {"currencyID": "THB"}:
            yield f"{name} is {text} {node.attrib}"
        return
    if not re.fullmatch(SHAPES.get(name, "(?s:.*)"), text):
        yield f"{name} is {text!r}"
    most = LONGEST.get(name, 35 if name.endswith("ID") or name == "CountrySubDivisionID" else 256)
    if not re.fullmatch(TOKEN % most, text):
        yield f"{name} is no token of 1–{most} characters: {text!r}"


def _rules(root: Element) -> Iterator[str]:
    document = root.find("rsm:ExchangedDocument", NAMES)
    agreement = root.find("rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement", NAMES)
    assert document is not None
    assert agreement is not None
    guideline = root.find(".//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", NAMES)
    said = (guideline.text, guideline.attrib) if guideline is not None else None
    if said != ("ER3-2560", {"schemeAgencyID": "ETDA", "schemeVersionID": "v2.0"}):
        yield f"guideline is {said}"
    if text_at(document, "TypeCode") != "T01" or text_at(document, "Name") != "ใบเสร็จรับเงิน":
        yield "not a receipt"
    if text_at(document, "PurposeCode") == "RCTC99" and not text_at(document, "Purpose"):
        yield "RCT-Document-003"
    former = [
        text_at(each, "ReferenceTypeCode") for each in agreement.iterfind("ram:AdditionalReferencedDocument", NAMES)
    ]
    if former and "T01" not in former:
        yield "RCT-AdditionalReferencedDocument-001"
    if bool(former) != bool(text_at(document, "PurposeCode")):
        yield "a purpose without the former document, or the other way round"
    yield from _party(agreement, "SellerTradeParty", ("TXID", "NIDN"))
    yield from _party(agreement, "BuyerTradeParty", tuple(IDS))
    for line in root.iterfind(".//ram:IncludedSupplyChainTradeLineItem", NAMES):
        if not text_at(line, "SpecifiedLineTradeDelivery/BilledQuantity"):
            yield "RCT-GoodsDetail-013"


def _party(agreement: Element, name: str, schemes: tuple[str, ...]) -> Iterator[str]:
    party = agreement.find(f"ram:{name}", NAMES)
    assert party is not None
    number = party.find("ram:SpecifiedTaxRegistration/ram:ID", NAMES)
    scheme = number.get("schemeID", "") if number is not None else ""
    if number is None or scheme not in schemes or not re.fullmatch(IDS[scheme], number.text or ""):
        yield f"{name} has no valid number"
    address = party.find("ram:PostalTradeAddress", NAMES)
    if name == "SellerTradeParty":
        wanted = [
            "PostcodeCode",
            "CountryID",
            "BuildingNumber",
            "CityName",
            "CitySubDivisionName",
            "CountrySubDivisionID",
        ]
        if not text_at(party, "Name") or address is None or not all(text_at(address, each) for each in wanted):
            yield "the seller has no name or not all of an address"
    elif address is not None and not (text_at(address, "LineOne") and text_at(address, "CountryID")):
        yield "the buyer has not all of an address"
    if address is not None and len(text_at(address, "PostcodeCode") or "") != 5:
        yield f"{name} has no postcode"


def _local(node: Element) -> str:
    return node.tag.partition("}")[2]
