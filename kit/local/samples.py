"""What the demonstration's applicants and officers write: synthetic people, made-up places."""

from typing import Any

CITIZENS = {"first": "1101700000010", "second": "3100100000022", "third": "5109990000034", "weak": "8101500000048"}
"""Synthetic numbers of the people in ThaiD's double; ``weak`` has a low identity assurance."""

EMAIL = "applicant@paet.localhost"

PERSONAL = {
    "personal-document@1": {"purpose": "employment"},
    "personal-document@2": {"purpose": "welfare", "recipient": "สำนักงานตัวอย่าง"},
}

FOOD_PLACE: dict[str, Any] = {
    "applicant_kind": "person",
    "place_kind": "selling",
    "shop_name": "ครัวตัวอย่างริมน้ำ",
    "food_description": "อาหารไทยและเครื่องดื่ม",
    "area": 320,
    "place": {
        "house_number": "120/5",
        "road": "ตัวอย่าง",
        "subdistrict_code": "103801",
        "subdistrict": "ลาดพร้าว",
        "district_code": "1038",
        "district": "ลาดพร้าว",
        "province_code": "10",
        "postcode": "10230",
    },
    "right_to_place": "owner",
    "telephone": "020000000",
}

RECOMMENDATION = {
    "result": "grant",
    "facts": "ตรวจสถานที่แล้ว มีบ่อดักไขมันและที่ล้างมือครบถ้วน",
    "law": "พระราชบัญญัติการสาธารณสุข พ.ศ. 2535 มาตรา 38",
    "considerations": "สถานที่เข้าหลักเกณฑ์ด้านสุขลักษณะ",
}

REFUSAL = {
    "facts": "ตรวจสถานที่แล้ว ไม่มีบ่อดักไขมัน",
    "law": "พระราชบัญญัติการสาธารณสุข พ.ศ. 2535 มาตรา 38",
    "considerations": "น้ำทิ้งอาจเป็นเหตุเดือดร้อนต่อชุมชนข้างเคียง",
}

DEFECTS = {
    "items": [
        {"pointer": "/area", "what": "พื้นที่ที่แจ้งไม่ตรงกับพื้นที่ที่วัดได้ ณ สถานที่", "law": "คู่มือสำหรับประชาชน หลักเกณฑ์ข้อ 1"},
    ],
    "days": 15,
    "name": "ทดสอบ ผู้ตรวจหนึ่ง",
    "position": "นักวิชาการสุขาภิบาล",
}
