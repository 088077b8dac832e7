"""Fixtures of search: the service, and a small catalogue of made-up services to ask about."""

from typing import Any

import pytest

from kit.cloudevents import Event, compose
from kit.contracts.definition import Bundle, Section, section_for
from kit.contracts.events import DefinitionPublished
from kit.contracts.journey import Process
from kit.testing import Harness
from services.search.domain import Entry, entry_of
from tests.bundles import PAYMENT, SEARCH, bundle, licence_bundle, manual, text

SERVICES = [
    ("food-licence", "ใบอนุญาตจัดตั้งสถานที่จำหน่ายอาหาร", "Licence for a food establishment", ["food", "business"]),
    ("driving-licence", "ใบอนุญาตขับรถยนต์ส่วนบุคคล", "Private driving licence", ["transport"]),
    ("identity-card", "บัตรประจำตัวประชาชน", "National identity card", ["identity"]),
    ("birth", "แจ้งการเกิด", "Birth registration", ["identity"]),
    ("commercial", "จดทะเบียนพาณิชย์", "Commercial registration", ["business"]),
    ("signboard", "ชำระภาษีป้าย", "Signboard tax", ["tax", "business"]),
    ("elderly", "ลงทะเบียนรับเงินเบี้ยยังชีพผู้สูงอายุ", "Old age allowance", ["welfare"]),
    ("building", "ใบอนุญาตก่อสร้าง ดัดแปลง หรือรื้อถอนอาคาร", "Permit to construct a building", ["building"]),
    ("liquor", "ใบอนุญาตขายสุรา", "Licence to sell liquor", ["excise"]),
    ("complaint", "รับเรื่องร้องเรียนร้องทุกข์", "Complaints", ["complaint"]),
    ("information", "ขอข้อมูลข่าวสารของราชการ", "Request for official information", ["information"]),
    ("hotel", "ใบอนุญาตประกอบธุรกิจโรงแรม", "Hotel business licence", ["business", "travel"]),
]


def section_of(bundle: Bundle) -> Section:
    return section_for(bundle, Process.SEARCH)


def entry(identifier: str, th: str, en: str, topics: list[str]) -> Entry:
    """An entry whose manual speaks of nothing but its title."""
    body = section_of(licence_bundle(identifier=identifier, title=text(th, en))).model_dump(mode="json")
    body["steps"]["search"] |= {"topics": topics, "keywords": []}
    body["manual"]["summary"] = text(th, en)
    return entry_of(Section.model_validate(body))


def published(bundle: Bundle) -> Event:
    """The fact as the gateway tells it."""
    definition = bundle.definition
    fact = DefinitionPublished(definition=definition.ref, agency=definition.agency)
    return compose(fact, agency=definition.agency, subject=definition.ref)


async def publish(harness: Harness, *bundles: Bundle) -> None:
    """Publish definitions and wait until this process answers with them."""
    for each in bundles:
        harness.publish(each)
    await harness.deliver(*(published(each) for each in bundles))

    async def is_known() -> bool:
        for each in bundles:
            definition = each.definition
            answer = await harness.client.get(f"/services/{definition.id}")
            if answer.status_code != 200 or int(answer.json()["definition"].partition("@")[2]) < definition.version:
                return False
        return True

    await harness.until(is_known)


@pytest.fixture
async def search(harness_of):
    async with harness_of("search", refresh_seconds=0.02) as harness:
        yield harness


def charging(**fields: Any) -> Bundle:
    """The licence with its fee announced."""
    fees = [
        {
            "item": text("ค่าธรรมเนียม", "Fee"),
            "amount": text("1,000 บาท", "1,000 baht"),
            "source": PAYMENT["fees"][0]["source"],
        }
    ]
    return licence_bundle(manual=manual() | {"fees": fees}, **fields)


def searchless(**fields: Any) -> Bundle:
    """A definition whose plan has no search step."""
    whole = licence_bundle().model_dump(mode="json")["definition"]["plan"]
    return bundle(*(step for step in whole if step["process"] != SEARCH["process"]), **fields)
