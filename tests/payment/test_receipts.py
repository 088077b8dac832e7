"""Receipts: numbers without a gap, never changed, cancelled and issued anew once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock
from kit.contracts.events import ReceiptReplaced, Withdrawn
from kit.contracts.journey import Outcome
from kit.thai import amount_in_words
from services.payment import commands
from services.payment.domain import receipt_year
from services.payment.models import LedgerEntry, Receipt, ReceiptAct
from tests.bundles import OTHER_AGENCY, RECEIPT, licence_bundle
from tests.payment.counter import RIGHT_NAME, Desk, code

pytestmark = pytest.mark.req("P7")
OCTOBER = datetime(2026, 9, 30, 17, tzinfo=UTC)
"""When it begins in Thailand."""


@pytest.fixture
def desk(payment, granted):
    return Desk(payment, granted)


async def test_numbers_have_no_gap_when_many_pay_at_once_and_connections_die(desk):
    """Twelve side by side; of four more the connection dies after a number was given, before the commit."""
    rows = await desk.bills(16)

    async def die(row: dict) -> None:
        async with desk.payment.kit.database.transaction() as session:
            await commands.settle(session, row["id"], "scb", [desk.booked(row)])
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    done = await asyncio.gather(*map(desk.settle, rows[:12]), *map(die, rows[12:]), return_exceptions=True)
    assert [each is None for each in done] == [True] * 12 + [False] * 4
    assert await desk.numbers() == list(range(1, 13))
    for row in rows[12:]:
        await desk.settle(row)
    assert await desk.numbers() == list(range(1, 17))


@pytest.mark.parametrize(
    ("day", "kind", "year"),
    [
        (date(2026, 9, 30), "fiscal", 2569), (date(2026, 10, 1), "fiscal", 2570), (date(2027, 1, 1), "fiscal", 2570),
        (date(2026, 10, 1), "calendar", 2569), (date(2027, 1, 1), "calendar", 2570),
    ],
)  # fmt: skip
def test_the_year_of_a_number_is_the_calendars_or_the_fiscal_one(day, kind, year):
    assert receipt_year(day, kind) == year


async def test_each_book_counts_by_its_own_year_and_by_the_clock_of_thailand(desk):
    new_year = datetime(2026, 12, 31, 17, tzinfo=UTC)
    calendar = await desk.bills(2)
    desk.payment.publish(licence_bundle(version=2, plan=fiscal_plan()))
    fiscal = await desk.bills(3)
    days = [new_year - timedelta(seconds=1), new_year, OCTOBER - timedelta(seconds=1), OCTOBER, new_year]
    for row, at in zip([*calendar, *fiscal], days, strict=True):
        with clock.freeze(at):
            await desk.settle(row)
    found = await desk.payment.rows(select(Receipt).order_by(Receipt.book, Receipt.issued_at))
    assert [(each["book"], each["year"], each["running"]) for each in found] == [
        ("BMA", 2569, 1), ("BMA", 2570, 1), ("BMAFY", 2569, 1), ("BMAFY", 2570, 1), ("BMAFY", 2570, 2),
    ]  # fmt: skip


def fiscal_plan() -> list[dict]:
    """The plan with a book that counts by fiscal years."""
    fiscal = {"receipt_book": "BMAFY", "receipt": RECEIPT | {"year": "fiscal"}}
    plan = licence_bundle().definition.model_dump(mode="json", exclude_unset=True)["plan"]
    return [each | fiscal if each["process"] == "payment" else each for each in plan]


async def test_a_receipt_issued_anew_has_a_new_number_and_date_and_cancels_the_old_one(desk):
    person = uuid4()
    old = await desk.receipt(person)
    before = await desk.payment.rows(select(LedgerEntry))
    answer = await desk.reissue(old["id"])
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["state"], new["replaces"], new["ended"]) == ("issued", str(old["id"]), None)
    assert (new["number"], new["amount_satang"]) == (f"BMA-{old['year']}-000002", old["amount"])
    assert datetime.fromisoformat(new["issued_at"]) > old["issued_at"]
    [first, second] = await desk.of_journey(old["journey_id"], person)
    assert second == new
    assert (first["number"], first["state"]) == (f"BMA-{old['year']}-000001", "replaced")
    assert first["ended"] == {"at": new["issued_at"], "purpose": "RCTC01", "reason": None, "replaced_by": new["id"]}
    (fact,) = await desk.payment.facts(ReceiptReplaced)
    assert (fact.data.receipt, fact.data.by, fact.data.purpose) == (old["id"], UUID(new["id"]), "rctc01")
    assert await desk.payment.rows(select(LedgerEntry)) == before
    for statement in (
        "UPDATE receipt SET amount = 1",
        "DELETE FROM receipt",
        "UPDATE receipt_act SET reason = 'x'",
        "DELETE FROM receipt_act",
    ):
        with pytest.raises(Exception, match="never changed"):
            async with desk.payment.kit.database.engine.begin() as connection:
                await connection.execute(text(statement))
    assert await desk.payment.rows(select(Receipt).where(Receipt.id == old["id"])) == [old]


async def test_a_cancelled_receipt_says_so_and_ends_there(desk):
    person = uuid4()
    receipt = await desk.receipt(person)
    answer = await desk.cancel(receipt["id"], reason="ออกซ้ำ")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    [shown] = await desk.of_journey(receipt["journey_id"], person)
    assert shown == answer.json()
    assert (shown["ended"]["purpose"], shown["ended"]["reason"], shown["ended"]["replaced_by"]) == (
        "RCTC99", "ออกซ้ำ", None,
    )  # fmt: skip
    (fact,) = await desk.payment.facts(ReceiptReplaced)
    assert (fact.data.receipt, fact.data.by) == (receipt["id"], None)
    for again in (await desk.reissue(receipt["id"]), await desk.cancel(receipt["id"], reason="ออกซ้ำ")):
        assert code(again) == (409, "receipt-ended")
        assert again.json()["state"] == "cancelled"
    assert await desk.numbers() == [1]


async def test_of_two_cashiers_at_once_one_wins(desk):
    receipt = await desk.receipt()
    answers = await asyncio.gather(
        *(desk.reissue(receipt["id"]) for _ in range(3)), desk.cancel(receipt["id"], reason="x")
    )
    assert sorted(code(each)[0] if each.status_code == 409 else 200 for each in answers) == [200, 409, 409, 409]
    assert len(await desk.payment.rows(select(ReceiptAct))) == len(await desk.payment.facts(ReceiptReplaced)) == 1
    numbers = await desk.numbers()
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_key_counts_once_and_for_one_act(desk):
    receipt = await desk.receipt()
    answers = await asyncio.gather(*(desk.reissue(receipt["id"], key="k-1") for _ in range(3)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert (await desk.reissue(receipt["id"], key="k-1")).json() == answers[0].json()
    assert code(await desk.reissue(receipt["id"], key="k-1", payer={"name": "คนอื่น"})) == (409, "receipt-key-used")
    assert code(await desk.cancel(receipt["id"], key="k-1", reason="x")) == (409, "receipt-key-used")
    assert code(await desk.reissue(receipt["id"], key="k-2")) == (409, "receipt-ended")
    assert await desk.numbers() == [1, 2]
    # The new one can be issued anew in its turn and keeps what was corrected.
    second = answers[0].json()
    address = {"line": "๑ หมู่ ๒", "postcode": "10200"}
    third = await desk.reissue(second["number"], purpose="RCTC02", payer={"address": address})
    assert (third.status_code, third.json()["replaces"]) == (201, second["id"])
    [_, act] = await desk.payment.rows(select(ReceiptAct).order_by(ReceiptAct.at))
    assert [act[f"payer_{each}"] for each in ("name", "address", "postcode")] == [RIGHT_NAME, "๑ หมู่ ๒", "10200"]


NEEDS = [
    ({"purpose": "RCTC01", "payer": None}, "/payer/name"),
    ({"purpose": "RCTC02"}, "/payer/address"),
    ({"purpose": "RCTC99"}, "/reason"),
    ({"purpose": "RCTC04"}, "/payer"),
    ({"purpose": "RCTC03", "payer": None}, "/purpose"),
    ({"purpose": "RCTC05"}, "/purpose"),
    ({"payer": {"name": "  "}}, "/payer/name"),
    ({"payer": {"name": "ก\nข"}}, "/payer/name"),
    ({"payer": {"name": "ก" * 257}}, "/payer/name"),
    ({"payer": {"name": "寿司"}}, "/payer/name"),
    ({"payer": {"address": {"line": "ก", "postcode": "๑๐๒๐๐"}}}, "/payer/address/postcode"),
    ({"amount_satang": 1}, "/amount_satang"),
]
"""What is sent, and which field is named."""


async def test_what_a_purpose_needs_is_asked_for_by_its_field(desk):
    for body, pointer in NEEDS:
        answer = await desk.reissue(uuid4(), **body)
        assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer]), body
    assert code(await desk.reissue(uuid4())) == (404, "receipt-not-found")


async def test_where_a_part_went_back_the_new_receipt_is_over_the_rest(desk):
    receipt = await desk.receipt()
    part = {"purpose": "RCTC04", "payer": None}
    assert code(await desk.reissue(receipt["id"], **part)) == (409, "nothing-returned")
    await desk.give_back(receipt["invoice_id"], 30_000)
    answer = await desk.reissue(receipt["id"], **part)
    assert (answer.status_code, answer.json()["amount_satang"]) == (201, 70_000)
    assert code(await desk.reissue(answer.json()["id"], **part)) == (409, "nothing-returned")
    kept = await desk.payment.rows(
        text("SELECT sum(amount)::bigint AS kept FROM ledgerentry WHERE account LIKE 'rev%'")
    )
    assert kept == [{"kept": -70_000}]


async def test_a_correction_after_a_decision_is_over_what_is_left(desk):
    receipt = await desk.receipt()
    await desk.give_back(receipt["invoice_id"], 30_000)
    answer = await desk.reissue(receipt["id"])
    assert (answer.status_code, answer.json()["amount_satang"]) == (201, 70_000)
    await desk.give_back(receipt["invoice_id"], 70_000)
    assert code(await desk.reissue(answer.json()["id"])) == (409, "nothing-kept")


async def test_whose_fee_went_back_wholly_has_its_receipt_cancelled_and_no_other_issued(desk):
    receipt = await desk.receipt()
    whole = {"purpose": "RCTC03", "reason": "x"}
    assert code(await desk.act(receipt["id"], "cancellation", whole, None)) == (409, "money-kept")
    part = await desk.act(receipt["id"], "cancellation", whole | {"purpose": "RCTC04"}, None)
    assert [each["pointer"] for each in part.json()["errors"]] == ["/purpose"]
    end = desk.payment.handover(
        Withdrawn, at="request", journey=receipt["journey_id"], outcome=Outcome.WITHDRAWN
    )  # fmt: skip
    await desk.payment.deliver(end)
    assert code(await desk.reissue(receipt["id"])) == (409, "nothing-kept")
    answer = await desk.act(receipt["id"], "cancellation", whole, None)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert await desk.numbers() == [1]


async def test_strangers_and_other_agencies_find_no_receipt(desk):
    receipt = await desk.receipt(uuid4())
    number = f"BMA-{receipt['year']}-000001"
    get = desk.payment.client.get
    for name in (receipt["id"], number):
        for headers in (desk.payment.citizen(), desk.payment.officer("cashier", agency=OTHER_AGENCY)):
            for path in (f"/receipts/{name}", f"/receipts/{name}.pdf"):
                assert code(await get(path, headers=headers)) == (404, "receipt-not-found")
        assert code(await desk.cancel(name, agency=OTHER_AGENCY, reason="x")) == (404, "receipt-not-found")
        assert (await get(f"/receipts/{name}", headers=desk.payment.officer("cashier"))).json()["number"] == number
    assert (await get("/receipts/nonsense", headers=desk.payment.officer("cashier"))).status_code == 422
    absent = await get("/receipts/BMA-2569-999999999", headers=desk.payment.officer("cashier"))
    assert code(absent) == (404, "receipt-not-found")


async def test_the_claim_names_the_receipt_that_stands(desk):
    receipt = await desk.receipt()

    async def claimed() -> list[str]:
        body = {"ids": [str(receipt["journey_id"])]}
        headers = desk.payment.as_service("issuance")
        answer = await desk.payment.client.post("/internal/claims/receipts", json=body, headers=headers)
        (claim,) = answer.json()["items"].values()
        return [each["number"] for each in claim["receipts"]]

    assert await claimed() == [f"BMA-{receipt['year']}-000001"]
    new = (await desk.reissue(receipt["id"])).json()
    assert await claimed() == [new["number"]]


@pytest.mark.parametrize(
    ("satang", "words"),
    [
        (25, "ยี่สิบห้าสตางค์"),
        (100, "หนึ่งบาทถ้วน"),
        (1_100, "สิบเอ็ดบาทถ้วน"),
        (2_100, "ยี่สิบเอ็ดบาทถ้วน"),
        (10_100, "หนึ่งร้อยเอ็ดบาทถ้วน"),
        (100_000_000, "หนึ่งล้านบาทถ้วน"),
        (100_000_100, "หนึ่งล้านเอ็ดบาทถ้วน"),
        (101, "หนึ่งบาทหนึ่งสตางค์"),
        (111, "หนึ่งบาทสิบเอ็ดสตางค์"),
        (123_456_789, "หนึ่งล้านสองแสนสามหมื่นสี่พันห้าร้อยหกสิบเจ็ดบาทแปดสิบเก้าสตางค์"),
    ],
)
def test_amounts_are_written_in_words(satang, words):
    assert amount_in_words(satang) == words


UNITS = {"หนึ่ง": 1, "เอ็ด": 1, "สอง": 2, "ยี่": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7, "แปด": 8, "เก้า": 9}
PLACES = {"สิบ": 10, "ร้อย": 100, "พัน": 1_000, "หมื่น": 10_000, "แสน": 100_000}


def read(words: str) -> int:
    """A number in Thai words, below a million million."""
    millions, _, rest = words.rpartition("ล้าน")
    total, digit = (read(millions) * 1_000_000 if millions else 0), 0
    while rest:
        word = next(each for each in (*UNITS, *PLACES) if rest.startswith(each))
        rest = rest.removeprefix(word)
        if word in UNITS:
            digit = UNITS[word]
        else:
            total, digit = total + (digit or 1) * PLACES[word], 0
    return total + digit


@settings(max_examples=300)
@given(st.integers(1, 10**12))
def test_words_read_back_are_the_amount(satang):
    words = amount_in_words(satang)
    assert words.endswith("ถ้วน") == (satang % 100 == 0)
    baht, _, rest = words.removesuffix("ถ้วน").rpartition("บาท")
    assert read(baht) * 100 + (read(rest.removesuffix("สตางค์")) if rest else 0) == satang
