"""The ledger by day: every satang from the bank's line to its head of revenue, and days that are closed for good."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.contracts.events import Reconciled
from services.payment import commands
from services.payment.domain import BankTransaction, Booking, Entry
from services.payment.models import DayClose, Payment
from tests.bundles import OTHER_AGENCY
from tests.payment.counting import BILLER, DAY, FEE, MALEE, SOMCHAI, START, Office, code, line, table

pytestmark = pytest.mark.req("P8")
NEXT = DAY + timedelta(days=1)


async def reason(answer) -> tuple[int, str]:
    assert code(answer)[1] == "day-cannot-close"
    return answer.json()["reason"]


async def test_every_satang_is_followed_from_the_banks_line_to_its_head_of_revenue(office: Office):
    row, transaction = await office.paid(FEE + 500)
    await office.send(table(line(transaction, row["reference1"], FEE + 500), line("T-1", "NOBODY")))
    (booking,) = (await office.get("/bookings", transaction=transaction))["items"]
    told = await office.get(f"/bookings/{booking['id']}")
    heads = {each["account"]: 0 for each in told["invoice"]["lines"]}
    for each in told["invoice"]["lines"]:
        heads[each["account"]] += each["amount_satang"]
    sides = {each["account"]: each["amount_satang"] for each in told["booking"]["entries"]}
    assert sides == {"bank": FEE + 500, "refund-due": -500} | {head: -amount for head, amount in heads.items()}
    assert (told["line"]["transaction_id"], told["line"]["amount_satang"]) == (transaction, FEE + 500)
    assert (told["payment"]["transaction_id"], told["payment"]["verdict"]) == (transaction, "overpaid")
    assert (told["invoice"]["id"], told["receipt"][-7:]) == (str(row["id"]), "-000001")
    assert [each["id"] for each in (await office.get("/bookings", invoice=str(row["id"])))["items"]] == [booking["id"]]
    (suspended,) = (await office.get("/bookings", transaction="T-1"))["items"]
    assert (await office.get(f"/bookings/{suspended['id']}"))["line"]["reference1"] == "NOBODY"
    assert {each["id"] for each in (await office.get("/bookings"))["items"]} == {booking["id"], suspended["id"]}
    headers = office.payment.officer("cashier", agency=OTHER_AGENCY)
    answer = await office.payment.client.get(f"/bookings/{booking['id']}", headers=headers)
    assert code(answer) == (404, "booking-not-found")


async def test_bookings_come_page_by_page(office: Office):
    row = await office.billed()
    for _ in range(3):
        await office.booked(row)
    first = await office.get("/bookings", limit="2")
    rest = await office.get("/bookings", limit="2", cursor=first["next"])
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3
    assert rest["next"] is None


async def test_a_day_is_closed_once_it_is_over_and_the_bank_has_told_all_of_it(office: Office, tomorrow):
    row, transaction = await office.paid()
    _, silent = await office.paid()
    content = table(line(transaction, row["reference1"]))
    await office.send(content)
    assert await reason(await office.close()) == "not-over"
    tomorrow()
    answer = await office.close()
    assert (await reason(answer), answer.json()["billers"]) == ("statement-missing", [BILLER])
    await office.send(content)
    closed = (await office.close()).json()
    assert (closed["differences"], closed["missing"]) == (1, [])
    assert (closed["closing"]["closed_by"], closed["closing"]["is_intact"]) == (str(MALEE), True)
    assert [each["transaction_id"] for each in await office.open()] == [silent]
    (fact,) = await office.payment.facts(Reconciled)
    assert (fact.data.day, fact.data.differences, fact.agency) == (DAY, 1, "22000000")
    again = (await office.close(who=SOMCHAI)).json()
    assert again == closed
    assert len(await office.payment.facts(Reconciled)) == 1
    (booking,) = (await office.get("/bookings", transaction=transaction))["items"]
    told = (await office.get(f"/bookings/{booking['id']}"))["payment"]
    assert (told["state"], told["verdict"], told["reconciled_on"]) == ("reconciled", "applied", str(DAY))
    states = await office.payment.rows(select(Payment.transaction_id, Payment.reconciled_on))
    assert {each["transaction_id"]: each["reconciled_on"] for each in states} == {transaction: DAY, silent: None}


async def test_what_comes_late_counts_on_the_next_open_day(office: Office, tomorrow):
    row, transaction = await office.paid()
    tomorrow()
    await office.send(table(line(transaction, row["reference1"])))
    await office.close()
    sealed = await office.get(f"/trial-balances/{DAY}")
    late, known = await office.paid(at=START)
    await office.send(table(line(transaction, row["reference1"]), line("T-LATE", "NOBODY")))
    assert await office.get(f"/trial-balances/{DAY}") == sealed
    assert (sealed["is_closed"], {each["day"] for each in await office.entries()}) == (True, {DAY, NEXT})
    assert await office.parity(NEXT) == {"reference": (1, FEE, 0), "only-books": (1, 0, FEE)}
    tomorrow()
    await office.send(table(line(known, late["reference1"])))
    assert await office.parity(NEXT) == {"reference": (1, FEE, 0), "matched": (1, FEE, FEE)}
    assert (await office.balances(NEXT))["bank"] == 3 * FEE
    await office.send(table(), first_day=str(NEXT), last_day=str(NEXT), biller=BILLER)
    closed = (await office.close(NEXT)).json()
    before = (await office.get(f"/reconciliations/{DAY}"))["closing"]
    assert (closed["closing"]["before"], closed["closing"]["is_intact"]) == (before["digest"], True)
    (totals,) = [
        each for each in (await office.get(f"/trial-balances/{NEXT}"))["accounts"] if each["account"] == "bank"
    ]
    assert (totals["opening_satang"], totals["debit_satang"], totals["closing_satang"]) == (FEE, 2 * FEE, 3 * FEE)


async def test_days_are_closed_one_after_the_other(office: Office, tomorrow):
    await office.paid()
    tomorrow()
    await office.paid(at=START + timedelta(days=1))
    tomorrow(2)
    days = {"first_day": str(DAY), "last_day": str(DAY + timedelta(days=2)), "biller": BILLER}
    await office.send(table(), **days)
    assert (await office.close(DAY)).status_code == 200
    answer = await office.close(DAY + timedelta(days=2))
    assert (await reason(answer), answer.json()["day"]) == ("earlier-day-open", str(NEXT))
    answers = await asyncio.gather(*(office.close(NEXT, who) for who in (MALEE, SOMCHAI)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await reason(await office.close(DAY - timedelta(days=1))) == "later-day-closed"
    assert len(await office.payment.rows(select(DayClose))) == 2


async def test_the_database_itself_keeps_closed_days_closed(office: Office, tomorrow):
    row, transaction = await office.paid()
    tomorrow()
    await office.send(table(line(transaction, row["reference1"])))
    await office.close()
    forged = (
        "INSERT INTO ledgerentry (id, booking_id, invoice_id, account, amount, booked_at, day)"
        f" SELECT gen_random_uuid(), '{row['journey_id']}', '{row['id']}', account, amount, '{START}', '{DAY}'"
        " FROM (VALUES ('bank', 5), ('over-short', -5)) AS each (account, amount)"
    )
    async with office.payment.kit.database.engine.begin() as connection:
        await connection.execute(text(forged))
    assert (await office.get(f"/reconciliations/{DAY}"))["closing"]["is_intact"] is True
    booked = [each["day"] for each in await office.entries() if each["booking_id"] == row["journey_id"]]
    assert booked == [NEXT, NEXT]
    for table_name in ("ledgerentry", "day_close", "statement_line"):
        for change in (f"DELETE FROM {table_name}", f"UPDATE {table_name} SET day = day - 1"):
            with pytest.raises(Exception, match="only grows"):
                async with office.payment.kit.database.engine.begin() as connection:
                    await connection.execute(text(change))


async def test_what_was_sealed_and_is_tampered_with_behind_the_databases_back_shows(office: Office, tomorrow):
    row, transaction = await office.paid()
    tomorrow()
    await office.send(table(line(transaction, row["reference1"])))
    await office.close()
    async with office.payment.kit.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE ledgerentry DISABLE TRIGGER ledger_is_append_only"))
        await connection.execute(text("UPDATE ledgerentry SET account = 'revenue:mine' WHERE account LIKE 'revenue:%'"))
        await connection.execute(text("ALTER TABLE ledgerentry ENABLE TRIGGER ledger_is_append_only"))
    assert (await office.get(f"/reconciliations/{DAY}"))["closing"]["is_intact"] is False


async def test_whoever_books_while_a_day_is_closed_is_on_it_or_after_it(office: Office, tomorrow):
    """The closing waits for a booking that is under way, and is waited for by one that comes."""
    row = await office.billed()
    await office.send(table())
    other = await office.billed()
    tomorrow()
    await office.send(table(), first_day=str(DAY), last_day=str(DAY), biller=BILLER)
    early = BankTransaction("T-1", BILLER, row["reference1"], FEE, START)
    async with office.payment.kit.database.transaction() as session:
        await commands.settle(session, row["id"], "scb", [early])
        closing = asyncio.create_task(office.close())
        await office.payment.until(lambda: waits(office))
        booked = asyncio.create_task(office.booked(other))
        await office.payment.until(lambda: waits(office, 2))
    closed = (await closing).json()
    late = await booked
    assert closed["parity"][0]["kinds"]["only-books"]["count"] == 1
    assert [each["transaction_id"] for each in await office.open()] == ["T-1"]
    assert await office.parity(NEXT) == {"only-books": (1, 0, FEE)}
    assert late


async def waits(office, count=1) -> bool:
    query = text("SELECT count(*) AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return (await office.payment.rows(query))[0]["waiting"] >= count


async def test_a_booking_that_does_not_balance_is_refused(office: Office):
    row = await office.billed()
    with pytest.raises(Exception, match="does not balance"):
        async with office.payment.kit.database.transaction() as session:
            await commands.books.book(session, [Booking([Entry("bank", 1)], row["id"])], START)


async def test_what_an_earlier_release_booked_is_in_the_balance(office: Office):
    row, _ = await office.paid()
    async with office.payment.kit.database.engine.begin() as connection:
        for act in ("DISABLE", "ENABLE"):
            await connection.execute(text(f"ALTER TABLE ledgerentry {act} TRIGGER ledger_is_append_only"))
            if act == "DISABLE":
                nothing = "agency = NULL, day = NULL, biller_id = NULL, payment_id = NULL"
                await connection.execute(text(f"UPDATE ledgerentry SET {nothing}"))
    await office.paid()
    assert (await office.balances())["bank"] == 2 * FEE
    assert len((await office.get("/bookings"))["items"]) == 2
    (booking,) = (await office.get("/bookings", invoice=str(row["id"])))["items"]
    assert (await office.get(f"/bookings/{booking['id']}"))["invoice"]["id"] == str(row["id"])
