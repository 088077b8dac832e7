"""The shipped definitions as tests read them, and forms that people might fill in. People and places are made up."""

import json
from pathlib import Path
from typing import Any

from gateway.commands.definitions import read_bundle
from kit.contracts.definition import Bundle

FOLDER = Path(__file__).parents[2] / "gateway" / "catalogue"
FOLDERS = sorted(path.parent for path in FOLDER.rglob("definition.yaml"))
BUNDLES: dict[str, Bundle] = {bundle.definition.ref: bundle for bundle in map(read_bundle, FOLDERS)}
WITH_FORM = [ref for ref, bundle in BUNDLES.items() if "form.schema.json" in bundle.files]

LICENCE: dict[str, Any] = {
    "applicant_kind": "person",
    "place_kind": "selling",
    "shop_name": "ครัวบ้านทุ่งมหาเมฆ (Thung Mahamek Kitchen)",
    "food_description": "อาหารไทย ขนมหวาน น้ำปั่น และเครื่องดื่ม",
    "area": 350.5,
    "place": {
        "house_number": "120/5", "building": "อาคารตัวอย่าง ชั้น 2", "soi": "สวนพลู 8", "road": "สวนพลู",
        "subdistrict_code": "102803", "subdistrict": "ทุ่งมหาเมฆ", "district_code": "1028", "district": "สาทร",
        "province_code": "10", "postcode": "10120",
    },
    "right_to_place": "owner",
    "telephone": "0212345678",
}  # fmt: skip
CERTIFICATE = {"purpose": "education"}
CERTIFICATE_2 = {"purpose": "welfare", "recipient": "สำนักงานสวัสดิการแห่งหนึ่ง"}
FILLED: dict[str, dict[str, Any]] = {
    "food-licence@1": LICENCE,
    "food-licence@2": LICENCE,
    "personal-document@1": CERTIFICATE,
    "personal-document@2": CERTIFICATE_2,
}


def schema_of(ref: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(BUNDLES[ref].files["form.schema.json"])
    return schema


def leaves(schema: dict[str, Any], at: str = "") -> dict[str, dict[str, Any]]:
    """The fields that people fill in, by pointer; groups are walked into."""
    found: dict[str, dict[str, Any]] = {}
    for name, node in schema["properties"].items():
        inner = leaves(node, f"{at}/{name}") if "properties" in node else {f"{at}/{name}": node}
        found |= inner
    return found


def changed(form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The form with other values; None takes a field away."""
    merged = form | changes
    return {name: value for name, value in merged.items() if value is not None}
