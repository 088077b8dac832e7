"""Parts of fees, and fees paid by card, in the ledger by day and beside the bank's statement."""

from datetime import timedelta

import pytest
from sqlmodel import select

from kit.contracts.events import RefundDue, Underpaid
from services.payment import commands
from services.payment.models import Invoice, Refund
from tests.payment.counting import BILLER, DAY, FEE, MALEE, SOMCHAI, START, Office, line, table

pytestmark = pytest.mark.req("P8")
NEXT = DAY + timedelta(days=1)
PART, REST = 40_000, 60_000


async def the_invoice(office: Office, row):
    (now,) = await office.payment.rows(select(Invoice).where(Invoice.id == row["id"]))
    return now


async def traces(office: Office, **of):
    return [await office.get(f"/bookings/{each['id']}") for each in (await office.get("/bookings", **of))["items"]]


def revenue(told) -> int:
    return -sum(
        each["amount_satang"] for each in told["booking"]["entries"] if each["account"].startswith("revenue:")
    )  # fmt: skip


async def test_parts_are_matched_one_by_one_and_followed_to_the_head_of_revenue_and_the_receipt(office: Office):
    row = await office.billed()
    part, rest = await office.booked(row, PART), await office.booked(row, REST)
    await office.send(table(line(part, row["reference1"], PART), line(rest, row["reference1"], REST)))
    assert await office.parity() == {"matched": (2, FEE, FEE)}
    balances = await office.balances()
    assert (balances["bank"], "part-paid" in balances) == (FEE, False)
    came, whole = await traces(office, transaction=part)
    assert (revenue(came), revenue(whole)) == (0, FEE)
    assert [each["transaction_id"] for each in whole["parts"]] == [part]
    assert (came["parts"], came["line"]["transaction_id"], whole["line"]["transaction_id"]) == ([], part, rest)
    assert came["receipt"] == whole["receipt"] is not None
    assert [each["booking"]["id"] for each in await traces(office, transaction=rest)] == [whole["booking"]["id"]]


async def test_what_is_only_on_the_statement_or_under_no_reference_becomes_a_part_where_it_is_less(office: Office):
    row = await office.billed()
    await office.send(table(line("T-1", row["reference1"], PART), line("T-2", "NOBODY", 10_000)))
    one, other = sorted(await office.open(), key=lambda each: each["transaction_id"])
    await office.resolve(one, "settle")
    await office.resolve(other, "assign", invoice=str(row["id"]))
    now = await the_invoice(office, row)
    assert (now["state"], now["held"]) == ("open", PART + 10_000)
    assert await office.balances() == {"bank": PART + 10_000, "part-paid": -PART - 10_000}
    assert await office.parity() == {"matched": (2, PART + 10_000, PART + 10_000)}
    assert [each.data.missing_satang for each in await office.payment.facts(Underpaid)] == [REST, REST - 10_000]
    await office.booked(row, REST - 10_000)
    assert (await the_invoice(office, row))["state"] == "paid"
    assert (await office.balances())["bank"] == FEE


async def test_money_at_the_gateway_is_on_its_own_account_and_keeps_no_day_open(office: Office, tomorrow):
    row = await office.billed()
    part = await office.booked(row, PART)
    charge = await office.booked(row, REST, provider="card")
    await office.booked(await office.billed(), FEE + 500, provider="card")
    tomorrow()
    await office.send(table(line(part, row["reference1"], PART)))
    assert await office.parity() == {"matched": (1, PART, PART)}
    closed = (await office.close()).json()
    assert (closed["differences"], closed["closing"]["is_intact"]) == (0, True)
    accounts = await office.balances(DAY)
    assert (accounts["bank"], accounts["card"], accounts["refund-due"]) == (PART, REST + FEE + 500, -500)
    (whole,) = await traces(office, transaction=charge, provider="card")
    assert (whole["line"], whole["payment"]["provider"], whole["payment"]["state"]) == (None, "card", "applied")
    assert (revenue(whole), [each["transaction_id"] for each in whole["parts"]]) == (FEE, [part])
    (due,) = await office.payment.rows(select(Refund))
    path = f"/refunds/{due['id']}"
    await office.post(f"{path}/proposal", MALEE, reason="x")
    await office.post(f"{path}/approval", SOMCHAI)
    answer = await office.post(f"{path}/payout", reference="CARD-1", paid_on=str(NEXT), account="card")
    assert answer.status_code == 200, answer.text
    assert (await office.balances())["card"] == REST + FEE
    assert (await office.get(f"/reconciliations/{DAY}"))["closing"] == closed["closing"]


async def test_a_closed_day_keeps_out_parts_their_release_and_cards(office: Office, tomorrow):
    row, other = await office.billed(), await office.billed()
    part, of_other = await office.booked(row, PART), await office.booked(other, PART)
    tomorrow()
    await office.send(table(line(part, row["reference1"], PART), line(of_other, other["reference1"], PART)))
    await office.close()
    sealed = await office.get(f"/trial-balances/{DAY}")
    await office.booked(row, 1, at=START)
    await office.ended(row)
    await office.booked(other, REST, at=START, provider="card")
    async with office.payment.kit.database.transaction() as session:
        await commands.expire(session, other["id"])
    assert await office.get(f"/trial-balances/{DAY}") == sealed
    assert [each["day"] for each in await office.entries()].count(DAY) == 4
    assert sorted(each.data.amount_satang for each in await office.payment.facts(RefundDue)) == [1, PART]
    balances = await office.balances()
    assert (balances["bank"], balances["card"], balances["refund-due"]) == (2 * PART + 1, REST, -PART - 1)
    assert "part-paid" not in balances
    released = [each for each in await traces(office, transaction=part) if each["booking"]["day"] == str(NEXT)]
    assert [each["payment"]["transaction_id"] for each in released] == [part]
    assert (await office.get(f"/reconciliations/{DAY}"))["closing"]["is_intact"] is True
    assert BILLER in {each["biller_id"] for each in sealed["accounts"]}
