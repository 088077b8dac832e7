"""HTTP of payment: owners only, pictures of the QR, callbacks that are rubbish."""

import io
import json
from uuid import uuid4

import pytest
import zxingcpp
from PIL import Image
from sqlmodel import select

from services.payment import promptpay
from services.payment.models import Invoice, Payment
from tests.bundles import licence_bundle


@pytest.fixture
async def owned(payment, granted):
    person = uuid4()
    event = granted(person=person)
    await payment.deliver(event)
    (row,) = await payment.rows(select(Invoice))
    return row, payment.citizen(person)


async def test_the_owner_sees_the_invoice_with_its_bill(payment, owned):
    row, headers = owned
    (body,) = (await payment.client.get(f"/journeys/{row['journey_id']}/invoices", headers=headers)).json()
    assert (body["amount_satang"], body["state"]) == (100_000, "open")
    bill = promptpay.parse(body["promptpay"])
    assert (bill.biller, bill.ref1, bill.amount) == (row["biller_id"], row["reference1"], 100_000)


@pytest.mark.req("P1")
async def test_the_fee_is_told_line_by_line_before_anything_is_filed(payment):
    question = {"definition": licence_bundle().definition.ref, "form": {"shop_name": "ก", "area": 120}}
    (estimate,) = (await payment.client.post("/fee-estimates", json=question)).json()
    assert (estimate["step"], estimate["amount_satang"]) == ("licence-fee", 100_000)
    (line,) = estimate["lines"]
    assert line["because"] == {"th": "ตามช่วงที่ 120 อยู่", "en": "By the band in which 120 lies"}
    assert line["law"]["th"]
    assert await payment.rows(select(Invoice)) == []


async def test_what_was_told_before_is_what_is_billed(payment, granted):
    question = {"definition": licence_bundle().definition.ref, "form": {"shop_name": "ก", "area": 250}}
    (estimate,) = (await payment.client.post("/fee-estimates", json=question)).json()
    person = uuid4()
    event = granted(area=250, person=person)
    await payment.deliver(event)
    answer = await payment.client.get(f"/journeys/{event.journey}/invoices", headers=payment.citizen(person))
    (invoice,) = answer.json()
    assert (invoice["amount_satang"], invoice["lines"]) == (estimate["amount_satang"], estimate["lines"])


@pytest.mark.parametrize("form", [{}, {"area": "120"}])
async def test_a_form_that_lacks_a_number_is_refused_by_the_name_of_its_field(payment, form):
    question = {"definition": licence_bundle().definition.ref, "form": form}
    answer = await payment.client.post("/fee-estimates", json=question)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:paet:problem:fee-undecidable")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/form/area"]


async def test_the_fee_of_a_service_that_nobody_published_is_not_found(payment):
    answer = await payment.client.post("/fee-estimates", json={"definition": "nothing-here@1", "form": {}})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:paet:problem:service-not-found")


@pytest.mark.req("P3")
async def test_the_qr_is_read_from_its_picture(payment, owned):
    row, headers = owned
    answer = await payment.client.get(f"/invoices/{row['id']}/qr.png", headers=headers)
    assert answer.headers["content-type"] == "image/png"
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    assert promptpay.parse(code.text).ref1 == row["reference1"]
    svg = await payment.client.get(f"/invoices/{row['id']}/qr.svg", headers=headers)
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.text.lstrip().startswith("<?xml")


@pytest.mark.parametrize("path", ["/invoices/{id}", "/invoices/{id}/qr.png", "/invoices/{id}/qr.svg"])
async def test_a_stranger_finds_no_invoice(payment, owned, path):
    row, _ = owned
    answer = await payment.client.get(path.format(**row), headers=payment.citizen())
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:paet:problem:invoice-not-found"


async def test_a_stranger_sees_an_empty_list(payment, owned):
    row, _ = owned
    for what in ("invoices", "receipts"):
        answer = await payment.client.get(f"/journeys/{row['journey_id']}/{what}", headers=payment.citizen())
        assert answer.json() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"transactionId": "x" * 200}, 422),
        ({"transactionId": 1, "amount": []}, 422),
        ([], 422),
    ],
)
async def test_a_malformed_callback_is_a_problem_and_stores_nothing(payment, owned, body, status):
    answer = await payment.client.post("/payment-callbacks/scb", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert not await payment.rows(select(Payment))


@pytest.mark.parametrize(
    "change",
    [
        {"transactionId": "\ud800"},
        {"payeeProxyId": "\ud800"},
        {"billPaymentRef1": "\ud800"},
        {"transactionDateandTime": "0001-01-01T00:00:00+14:00"},
        {"transactionDateandTime": "9999-12-31T23:59:59-14:00"},
        {"transactionDateandTime": "9999-12-31T23:59:59+00:00"},
    ],
)
async def test_a_callback_with_what_cannot_be_kept_is_malformed(payment, owned, bank, change):
    row, _ = owned
    (body,) = await bank.pay(biller=row["biller_id"], ref1=row["reference1"], amount=row["amount"], mode="forged")
    headers = {"Content-Type": "application/json"}
    answer = await payment.client.post("/payment-callbacks/scb", content=json.dumps(body | change), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:paet:problem:malformed-callback")
    assert not await payment.rows(select(Payment))


async def test_a_callback_for_an_unknown_bill_or_bank_stores_nothing(payment, owned, bank):
    row, _ = owned
    (body,) = await bank.pay(biller=row["biller_id"], ref1="NOBODY", amount=100)
    answer = await payment.client.post("/payment-callbacks/scb", json=body)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:paet:problem:unknown-bill")
    assert (await payment.client.post("/payment-callbacks/other", json=body)).status_code == 404
    assert not await payment.rows(select(Payment))


async def test_hearsay_about_one_bill_is_bounded_and_true_money_is_found_all_the_same(payment, owned, bank):
    row, _ = owned
    bodies = []
    for _ in range(6):
        bodies += await bank.pay(biller=row["biller_id"], ref1=row["reference1"], amount=row["amount"], mode="forged")
    answers = [await payment.client.post("/payment-callbacks/scb", json=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].json()["type"] == "urn:paet:problem:too-many-callbacks"
    assert len(await payment.rows(select(Payment))) == 5
    again = await payment.client.post("/payment-callbacks/scb", json=bodies[0])
    assert again.status_code == 200, "a repeat of what was heard is no news"
