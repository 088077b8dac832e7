"""Small definitions for tests: one that informs, one that licenses. Their law is made up for the tests."""

import json
from typing import Any

from kit.contracts.definition import Bundle

AGENCY = "22000000"
OTHER_AGENCY = "12007000"


def text(th: str, en: str) -> dict[str, str]:
    return {"th": th, "en": en}


SOURCE = {"law": text("กฎหมายทดสอบ", "Test law"), "section": "1", "mark": "D"}


def period(amount: int, unit: str = "working_days") -> dict[str, Any]:
    return {"amount": amount, "unit": unit, "source": SOURCE}


def manual() -> dict[str, Any]:
    return {
        "summary": text("บริการเพื่อการทดสอบ", "A service for tests"),
        "category": "licence",
        "laws": [SOURCE],
        "criteria": text("ผู้ยื่นต้องมีสถานที่", "The applicant has a place"),
        "channels": [{"kind": "web", "place": text("เว็บไซต์", "Web"), "hours": text("ตลอดเวลา", "Always")}],
        "steps": [{"title": text("ตรวจเอกสาร", "Check"), "unit": text("ฝ่ายทะเบียน", "Registry")}],
        "documents": [{"name": text("บัตรประชาชน", "Identity card"), "issued_by_state": True}],
        "fees": [],
        "responsible_unit": text("ฝ่ายทะเบียน", "Registry"),
        "complaints": [{"name": text("ศูนย์บริการประชาชน 1111", "Service centre 1111"), "telephone": "1111"}],
        "disclaimer": text("ข้อมูลนี้ไม่ใช่คำปรึกษากฎหมาย", "This is not legal advice"),
        "answer_time": period(3),
    }


FORM_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["shop_name", "area"],
    "properties": {
        "shop_name": {
            "type": "string", "minLength": 2, "maxLength": 120,
            "x-title": text("ชื่อสถานที่", "Name of the place"),
        },
        "area": {
            "type": "integer", "minimum": 1, "maximum": 100000,
            "x-title": text("พื้นที่ (ตารางเมตร)", "Area (square metres)"),
        },
        "place_address": {"type": "string", "maxLength": 300, "x-title": text("ที่ตั้ง", "Address")},
    },
}  # fmt: skip

REVIEW_TABLE: dict[str, Any] = {
    "contentType": "application/vnd.gorules.decision",
    "nodes": [
        {"id": "in", "type": "inputNode", "name": "form", "position": {"x": 0, "y": 0}},
        {
            "id": "table", "type": "decisionTableNode", "name": "review", "position": {"x": 200, "y": 0},
            "content": {
                "hitPolicy": "first",
                "inputs": [{"id": "area", "name": "area", "field": "area"}],
                "outputs": [
                    {"id": "outcome", "name": "outcome", "field": "outcome"},
                    {"id": "facts", "name": "facts", "field": "facts"},
                    {"id": "law", "name": "law", "field": "law"},
                    {"id": "considerations", "name": "considerations", "field": "considerations"},
                ],
                "rules": [
                    {
                        "_id": "small", "area": "<= 50", "outcome": '"pass"', "facts": '"พื้นที่ไม่เกิน ๕๐ ตารางเมตร"',
                        "law": '"กฎหมายทดสอบ ข้อ 1"', "considerations": '"เข้าหลักเกณฑ์"',
                    },
                    {
                        "_id": "officer", "area": "> 50", "outcome": '"officer"', "facts": '""', "law": '""',
                        "considerations": '""',
                    },
                    {
                        "_id": "error", "area": "", "outcome": '"error"', "facts": '""', "law": '""',
                        "considerations": '""',
                    },
                ],
            },
        },
        {"id": "out", "type": "outputNode", "name": "result", "position": {"x": 400, "y": 0}},
    ],
    "edges": [
        {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ],
}  # fmt: skip

SEARCH = {"id": "search", "process": "search", "topics": ["food", "business"], "keywords": ["ร้านอาหาร", "restaurant"]}
IDENTITY = {"id": "identity", "process": "identity", "ial": "2.3", "aal": "2.1", "source": SOURCE}
REQUEST = {
    "id": "request", "process": "request", "form": "form.schema.json", "number_prefix": "FOOD",
    "responsible_unit": text("ฝ่ายสิ่งแวดล้อมและสุขาภิบาล", "Sanitation section"),
}  # fmt: skip
REVIEW = {"id": "review", "process": "review", "table": "rules/review.json", "unit": "sanitation"}
APPROVAL = {
    "id": "approval", "process": "approval", "unit": "district",
    "authority": text("ผู้อำนวยการเขต", "District director"),
}  # fmt: skip
AUTOMATIC = {
    "rule": text("ข้อ 1 แห่งคำสั่งทดสอบ", "Rule 1 of the test order"),
    "authority": text("ผู้อำนวยการเขต", "District director"),
    "order": "1/2569",
    "source": SOURCE,
}
RECEIPT = {
    "address": {
        "text": text("๑ ถนนทดสอบ แขวงเสาชิงช้า เขตพระนคร กรุงเทพมหานคร ๑๐๒๐๐", "1 Test Road, Phra Nakhon, Bangkok 10200"),
        "building_number": "1", "street": "ถนนทดสอบ", "subdistrict_code": "100106", "district_code": "1001",
        "province_code": "10", "postcode": "10200",
    },
    "receiver": {
        "name": text("ฝ่ายรายได้ สำนักงานเขต", "Revenue section"), "position": text("เจ้าพนักงานจัดเก็บรายได้", "Collector"),
    },
    "source": SOURCE,
}  # fmt: skip
PAYMENT = {
    "id": "licence-fee", "process": "payment", "due": period(15, "calendar_days"),
    "biller_id": "099400016550100", "receipt_book": "BMA", "receipt": RECEIPT,
    "fees": [{
        "kind": "range", "item": text("ค่าธรรมเนียมใบอนุญาต", "Licence fee"), "revenue_code": "licence-fee",
        "field": "/area", "source": SOURCE,
        "bands": [{"up_to": 200, "amount": 100_000}, {"up_to": None, "amount": 300_000}],
    }],
}  # fmt: skip
ISSUANCE = {
    "id": "issuance", "process": "issuance", "title": text("ใบอนุญาตทดสอบ", "Test licence"),
    "template": "document.typ", "series": "TEST", "document_type": "test-licence",
    "validity": {"months": 12, "source": SOURCE}, "signer": text("ผู้อำนวยการเขต", "District director"),
    "signer_position": text("ผู้อำนวยการเขต", "District director"), "public_fields": ["shop_name", "area"],
}  # fmt: skip
DELIVERY = {"id": "delivery", "process": "delivery"}
APPEAL = {
    "days": 15, "authority": text("ผู้ออกคำสั่ง", "Whoever made the order"),
    "how": text("ยื่นเป็นหนังสือ", "In writing"), "source": SOURCE,
}  # fmt: skip

# Replaced by a real template in tests that compose a document.
TEMPLATE = "= ใบอนุญาต\n"


def bundle(
    *plan: dict[str, Any], identifier: str = "test-licence", version: int = 1, agency: str = AGENCY, **fields: Any
) -> Bundle:
    """A bundle with that plan; the files are always the same ones."""
    definition = {
        "id": identifier, "version": version, "agency": agency, "agency_name": text("กรุงเทพมหานคร", "Bangkok"),
        "title": text("ขอใบอนุญาตทดสอบ", "Test licence"), "kind": "licence",
        "periods": {"manual": period(30), "act": period(30, "calendar_days")},
        "appeal": APPEAL, "manual": manual(), "plan": list(plan),
    } | fields  # fmt: skip
    return Bundle.model_validate({"definition": definition, "files": files()})


def files() -> dict[str, str]:
    return {
        "form.schema.json": json.dumps(FORM_SCHEMA, ensure_ascii=False),
        "rules/review.json": json.dumps(REVIEW_TABLE, ensure_ascii=False),
        "document.typ": TEMPLATE,
        "public.md": "# ข้อมูลสาธารณะ\n",
    }


def licence_bundle(**fields: Any) -> Bundle:
    """search → identity → request → review → approval → payment → issuance → delivery."""
    return bundle(SEARCH, IDENTITY, REQUEST, REVIEW, APPROVAL, PAYMENT, ISSUANCE, DELIVERY, **fields)


def automatic_bundle(**fields: Any) -> Bundle:
    """The licence with automatic approval."""
    approval = APPROVAL | {"automatic": AUTOMATIC}
    return bundle(SEARCH, IDENTITY, REQUEST, REVIEW, approval, PAYMENT, ISSUANCE, DELIVERY, **fields)


def document_bundle(**fields: Any) -> Bundle:
    """search → identity → request → review → issuance → delivery: free, the reviewer decides."""
    return bundle(SEARCH, IDENTITY, REQUEST, REVIEW, ISSUANCE, DELIVERY, **fields)


def information_bundle(**fields: Any) -> Bundle:
    """search → request → delivery: anonymous, nobody decides."""
    request = {key: value for key, value in REQUEST.items() if key != "form"} | {"number_prefix": "INFO"}
    delivery = DELIVERY | {"public_document": "public.md"}
    chosen = {"identifier": "test-information", "kind": "information", "appeal": None} | fields
    return bundle(SEARCH, request, delivery, **chosen)
