"""Delivery fetches the file of a document, to send it on officially; nobody else does."""

import hashlib
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from tests.issuance.conftest import REASONS, Office, living

pytestmark = pytest.mark.req("D7", part="the document and its XML")


async def test_delivery_gets_the_file_to_the_byte_and_the_xml_inside(registry):
    _, row = await registry.issued(person=uuid4())
    headers = registry.harness.as_service("delivery")
    pdf = await registry.harness.client.get(f"/internal/documents/{row['id']}/pdf", headers=headers)
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert hashlib.sha256(pdf.content).hexdigest() == row["sha256"]
    xml = await registry.harness.client.get(f"/internal/documents/{row['id']}/xml", headers=headers)
    assert ElementTree.fromstring(xml.content).tag == "{urn:paet:document:1}document"


async def test_what_is_not_issued_has_no_file(registry):
    event = registry.arrive(sealable=False)
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    for document in (row["id"], uuid4()):
        for part in ("pdf", "xml"):
            path = f"/internal/documents/{document}/{part}"
            answer = await registry.harness.client.get(path, headers=registry.harness.as_service("delivery"))
            assert answer.status_code == 404


@pytest.mark.req("D5", part="orders on licences are told with their grounds")
async def test_delivery_gets_the_grounds_of_orders_that_were_confirmed_and_of_no_others(registry):
    registry.harness.publish(living())
    office = Office(registry, (await registry.issued())[1])
    document, other = str(office.row["id"]), str(uuid4())

    async def orders():
        body, headers = {"ids": [document, other]}, registry.harness.as_service("delivery")
        answer = await registry.client.post("/internal/claims/orders", json=body, headers=headers)
        items = answer.json()["items"]
        assert items[other]["orders"] == []
        return items[document]["orders"]

    await office.propose("revoke")
    assert await orders() == []
    await office.confirm((await office.waiting())[0]["id"])
    (order,) = await orders()
    assert {name: order[name] for name in REASONS} == REASONS
    assert order["act"] == "revoke"
    assert "15" in order["appeal_en"]
