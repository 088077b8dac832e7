"""A bank's statement beside the books: what differs is written down and seen to by two, and every satang is booked."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock, local_date
from kit.contracts.events import Paid, RefundDue
from services.payment import commands
from services.payment.domain import BankTransaction, StatementWrong
from services.payment.models import Discrepancy, Invoice, Statement, StatementLine
from services.payment.statements import table as reader
from tests.bundles import OTHER_AGENCY
from tests.payment.counting import BILLER, DAY, FEE, SOMCHAI, START, code, line, table
from tests.payment.test_statements import detail, document, entry

pytestmark = pytest.mark.req("P8")
BANK_FAULTS = {"": 2, "statement-missing-line": 1, "statement-doubled-line": 3, "statement-wrong-amount": 2}
"""What the bank does to its file, and how many lines it then has."""


async def test_what_the_bank_and_the_books_have_alike_is_matched(office, tomorrow):
    paid = [await office.paid() for _ in range(2)]
    answer = await office.send(table(*(line(transaction, row["reference1"]) for row, transaction in paid)))
    told = answer.json()
    assert (answer.status_code, told["lines"], told["new_lines"], told["first_day"]) == (201, 2, 2, str(DAY))
    assert await office.parity() == {"matched": (2, 2 * FEE, 2 * FEE)}
    assert await office.open() == []


async def test_every_difference_has_its_kind_and_is_written_down_once(office, tomorrow):
    (alike, a), (other, b), (absent, c), (_, d) = [await office.paid() for _ in range(4)]
    silent = await office.billed()
    lines = [
        line(a, alike["reference1"]), line(b, other["reference1"], FEE + 100), line("T-SILENT", silent["reference1"]),
        line("T-WRONG", "WRONGREF"), line(c, other["reference1"]),
    ]  # fmt: skip
    tomorrow()
    for _ in range(2):
        assert (await office.send(table(*lines))).status_code in (200, 201)
    expected = {
        "matched": (1, FEE, FEE), "amount": (1, FEE + 100, FEE), "only-bank": (1, FEE, 0), "only-books": (1, 0, FEE),
        "reference": (2, 2 * FEE, FEE),
    }  # fmt: skip
    assert await office.parity() == expected
    kinds = {each["transaction_id"]: each["kind"] for each in await office.open()}
    assert kinds == {b: "amount", c: "reference", d: "only-books", "T-SILENT": "only-bank", "T-WRONG": "reference"}
    assert (await office.get(f"/reconciliations/{DAY}"))["differences"] == 5
    assert absent["state"] == "open"
    assert (await office.balances())["suspense"] == -FEE


async def test_what_is_only_in_the_books_waits_until_the_bank_has_told_its_whole_day(office, tomorrow):
    row, first = await office.paid()
    _, second = await office.paid()
    await office.send(table(line(first, row["reference1"])))
    assert await office.open() == [], "the day is not over"
    tomorrow()
    await office.send(table(line(first, row["reference1"])))
    (found,) = await office.open()
    assert (found["transaction_id"], found["kind"], found["line"]) == (second, "only-books", None)


async def test_a_file_comes_again_or_in_parts_and_nothing_changes(office, tomorrow):
    paid = [await office.paid() for _ in range(3)]
    lines = [line(transaction, row["reference1"]) for row, transaction in paid] + [line("T-WRONG", "NOBODY")]
    first = await office.send(table(*lines))
    again = await office.send(table(*lines))
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    overlapping = (await office.send(table(*lines[1:], line("T-2", "NOBODY")))).json()
    assert (overlapping["lines"], overlapping["new_lines"]) == (4, 1)
    doubled = (await office.send(table(*lines, *lines))).json()
    assert (doubled["lines"], doubled["new_lines"]) == (4, 0)
    assert len(await office.payment.rows(select(StatementLine))) == 5
    assert (await office.balances())["suspense"] == -2 * FEE


async def test_two_who_send_the_same_at_once_send_it_once(office):
    content = table(*(line(f"T-{each}", "NOBODY") for each in range(5)))
    other = table(*(line(f"T-{each}", "NOBODY") for each in range(4, -1, -1)))
    await office.billed()
    answers = await asyncio.gather(*(office.send(each) for each in (content, content, other)))
    assert sorted(answer.status_code for answer in answers) == [200, 201, 201]
    assert len(await office.payment.rows(select(Statement))) == 2
    assert (await office.balances())["suspense"] == -5 * FEE


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (line("T-2", "REF", 0), "/3/amount"),
        (line("T-2", "REF").replace("1000.00", "1000"), "/3/amount"),
        (line("T-2", "REF").replace("1000.00", "1e3"), "/3/amount"),
        (line("T-2", "REF").replace("1000.00", "-1000.00"), "/3/amount"),
        (line("", "REF"), "/3/transaction_id"),
        (line("ก", "REF"), "/3/transaction_id"),
        (line("T-2", "REF").replace("+07:00", ""), "/3/value_at"),
        (line("T-2", "REF").replace("2026", "0001"), "/3/value_at"),
        (line("T-1", "REF", FEE + 1), "/3/transaction_id"),
        ("a,b", "/3"),
        ('"x', "/3"),
    ],
)
def test_a_wrong_line_is_named(wrong, pointer):
    with pytest.raises(StatementWrong) as refused:
        reader.read(table(line("T-1", "NOBODY"), wrong))
    assert [each.pointer for each in refused.value.errors] == [pointer]


async def test_of_a_file_with_a_wrong_line_nothing_is_stored(office):
    await office.billed()
    for wrong, pointer in ((line("T-2", "X", 0), "/3/amount"), (line("T-2", "X", biller="9" * 15), "/3/biller_id")):
        answer = await office.send(table(line("T-1", "NOBODY"), wrong))
        assert code(answer) == (422, "statement-wrong")
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert await office.payment.rows(select(StatementLine)) == []
    assert await office.payment.rows(select(Statement)) == []
    assert await office.entries() == []


async def test_what_is_no_statement_is_refused(office):
    await office.billed()
    assert code(await office.send(b"a,b\r\n")) == (422, "statement-wrong")
    assert code(await office.send(b"\xff\xfe")) == (422, "statement-wrong")
    assert code(await office.send(b"{}", kind="application/json")) == (415, "unsupported-media-type")
    assert code(await office.send(table())) == (422, "period-wrong")
    tomorrow = line("T-1", "NOBODY", at=START + timedelta(days=1))
    assert code(await office.send(table(tomorrow))) == (422, "period-wrong")
    assert code(await office.send(table(line("T-1", "X")), first_day="2026-10-01", last_day="2026-11-01")) == (
        422, "period-wrong",
    )  # fmt: skip
    assert code(await office.send(table(), first_day="2020-01-01", last_day=str(DAY))) == (413, "statement-too-long")
    assert code(await office.send(b"x" * 1_048_577)) == (413, "too-large")
    assert await office.payment.rows(select(Statement)) == []


async def test_a_statement_that_contradicts_one_before_is_refused_whole(office):
    await office.billed()
    await office.send(table(line("T-1", "NOBODY")))
    answer = await office.send(table(line("T-2", "NOBODY"), line("T-1", "NOBODY", FEE + 1)))
    assert code(answer) == (409, "statement-contradicts")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/3"]
    assert [row["transaction_id"] for row in await office.payment.rows(select(StatementLine))] == ["T-1"]


async def test_a_document_in_one_line_is_taken_like_any_other(office):
    row = await office.billed()
    parts = [entry(detail("T-1", "NOBODY")), entry(detail("T-2", row["reference1"])), entry(detail("T-3", "NOBODY"))]
    content = b" ".join(document(*parts).split())
    assert (await office.send(content, kind="application/xml")).json()["new_lines"] == 3
    assert await office.parity() == {"only-bank": (1, FEE, 0), "reference": (2, 2 * FEE, 0)}
    assert await office.balances() == {"bank": 2 * FEE, "suspense": -2 * FEE}


async def test_money_of_a_silent_bank_pays_its_invoice_once_two_have_said_so(office):
    row = await office.billed()
    await office.send(table(line("T-1", row["reference1"])))
    (found,) = await office.open()
    answer = await office.post(f"/discrepancies/{found['id']}/proposal", resolution="explain", reason="x")
    assert (code(answer), answer.json()["allowed"]) == ((422, "resolution-forbidden"), ["settle"])
    told = await office.resolve(found, "settle")
    assert [each["act"] for each in told["acts"]] == ["found", "proposed", "approved"]
    assert (told["acts"][2]["amount_satang"], told["payment"]["state"]) == (FEE, "applied")
    assert await office.parity() == {"matched": (1, FEE, FEE)}
    balances = await office.balances()
    assert balances.pop("bank") == FEE
    assert all(account.startswith("revenue:") for account in balances)
    assert len(await office.payment.facts(Paid)) == 1


async def test_money_of_a_wrong_reference_is_assigned_by_two_and_leaves_suspense(office):
    row, other = await office.billed(), await office.billed()
    await office.send(table(line("T-1", "WRONGREF"), line("T-2", "WRONGREF2")))
    first, second = await office.open()
    assert await office.balances() == {"bank": 2 * FEE, "suspense": -2 * FEE}
    path = f"/discrepancies/{first['id']}/proposal"
    assert code(await office.post(path, resolution="assign", reason="x")) == (404, "invoice-not-found")
    unknown = await office.post(path, resolution="assign", reason="x", invoice=str(uuid4()))
    assert code(unknown) == (404, "invoice-not-found")
    told = await office.resolve(first, "assign", invoice=str(row["id"]))
    assert (told["payment"]["invoice"], told["invoice"]) == (str(row["id"]), str(row["id"]))
    await office.resolve(second, "assign", invoice=str(row["id"]))  # which is paid by now: owed back
    (due,) = await office.payment.facts(RefundDue)
    assert (due.data.reason, due.data.amount_satang) == ("duplicate", FEE)
    balances = await office.balances()
    assert (balances["bank"], balances["refund-due"], balances.get("suspense")) == (2 * FEE, -FEE, None)
    assert await office.parity() == {"matched": (2, 2 * FEE, 2 * FEE)}
    (state,) = await office.payment.rows(select(Invoice.state).where(Invoice.id == other["id"]))
    assert state["state"] == "open"


async def test_money_of_a_wrong_reference_goes_back_by_two_and_once_for_the_banks_word(office):
    await office.billed()
    await office.send(table(line("T-1", "WRONGREF"), line("T-2", "WRONGREF")))
    first, second = await office.open()
    path = f"/discrepancies/{first['id']}/proposal"
    assert code(await office.post(path, resolution="return", reason="x")) == (422, "paid-on-impossible")
    back = {"reference": "R-1", "paid_on": str(DAY)}
    early = await office.post(path, resolution="return", reason="x", **(back | {"paid_on": "2026-11-01"}))
    assert code(early) == (422, "paid-on-impossible")
    told = await office.resolve(first, "return", **back)
    assert (told["acts"][-1]["amount_satang"], told["reference"]) == (FEE, "R-1")
    used = await office.post(f"/discrepancies/{second['id']}/proposal", resolution="return", reason="x", **back)
    assert code(used) == (409, "payout-reference-used")
    assert await office.balances() == {"bank": FEE, "suspense": -FEE}


@pytest.mark.parametrize(("told", "gap"), [(FEE + 250, 250), (FEE - 250, -250)])
async def test_what_the_bank_has_more_or_less_is_booked_as_such_by_two(office, told, gap):
    row, transaction = await office.paid()
    await office.send(table(line(transaction, row["reference1"], told)))
    (found,) = await office.open()
    resolved = await office.resolve(found, "write-off")
    assert (resolved["acts"][-1]["amount_satang"], resolved["adjusted_satang"]) == (gap, gap)
    balances = await office.balances()
    assert (balances["bank"], balances["over-short"]) == (told, -gap)
    assert await office.parity() == {"adjusted": (1, told, told)}


async def test_what_the_bank_has_more_may_be_owed_to_the_payer(office):
    row, transaction = await office.paid()
    await office.send(table(line(transaction, row["reference1"], FEE + 250)))
    await office.resolve((await office.open())[0], "refund")
    (due,) = await office.payment.facts(RefundDue)
    assert (due.data.reason, due.data.amount_satang, due.data.invoice) == ("found", 250, row["id"])
    assert (await office.balances())["refund-due"] == -250
    assert [each["reason"] for each in (await office.get("/refunds"))["items"]] == ["found"]


async def test_what_was_written_off_and_comes_after_all_is_a_difference_again(office, tomorrow):
    row, transaction = await office.paid()
    tomorrow()
    await office.send(table(), first_day=str(DAY), last_day=str(DAY), biller=BILLER)
    (found,) = await office.open()
    await office.resolve(found, "write-off")
    assert await office.balances() == (await office.balances() | {"over-short": FEE})
    assert (await office.balances()).get("bank") is None
    assert await office.parity() == {"adjusted": (1, 0, 0)}
    await office.send(table(line(transaction, row["reference1"])))
    (again,) = await office.open()
    assert (again["id"], again["kind"], again["bank_satang"], again["books_satang"]) == (found["id"], "amount", FEE, 0)
    await office.resolve(again, "write-off")
    balances = await office.balances()
    assert (balances["bank"], balances.get("over-short")) == (FEE, None)


async def test_what_moves_no_money_is_explained_by_one_and_later_statements_end_it(office, tomorrow):
    first, second = [await office.paid() for _ in range(2)]
    tomorrow()
    await office.send(table(), first_day=str(DAY), last_day=str(DAY), biller=BILLER)
    explained, waiting = sorted(await office.open(), key=lambda each: each["transaction_id"] != first[1])
    answer = await office.post(f"/discrepancies/{explained['id']}/proposal", resolution="explain", reason="ธนาคารแจ้ง")
    assert (answer.json()["state"], answer.json()["acts"][-1]["reason"]) == ("resolved", "ธนาคารแจ้ง")
    await office.post(f"/discrepancies/{waiting['id']}/proposal", resolution="write-off", reason="x")
    await office.send(table(*(line(transaction, row["reference1"]) for row, transaction in (first, second))))
    assert code(await office.post(f"/discrepancies/{explained['id']}/approval", SOMCHAI)) == (
        409, "discrepancy-state-forbids",
    )  # fmt: skip
    ended = (await office.post(f"/discrepancies/{waiting['id']}/approval", SOMCHAI)).json()
    assert (ended["state"], ended["resolution"], ended["resolved_by"]) == ("resolved", "matched", None)
    assert await office.parity() == {"matched": (2, 2 * FEE, 2 * FEE)}
    assert "over-short" not in await office.balances()


async def test_a_proposal_is_rejected_repeated_and_approved_once(office):
    row = await office.billed()
    await office.send(table(line("T-1", row["reference1"])))
    (found,) = await office.open()
    path = f"/discrepancies/{found['id']}"
    assert code(await office.post(f"{path}/rejection", SOMCHAI, reason="x")) == (409, "discrepancy-state-forbids")
    for _ in range(2):
        await office.post(f"{path}/proposal", resolution="settle", reason="x")
    back = (await office.post(f"{path}/rejection", SOMCHAI, reason="ผิดราย")).json()
    assert (back["state"], back["resolution"], [each["act"] for each in back["acts"]]) == (
        "open", None, ["found", "proposed", "rejected"],
    )  # fmt: skip
    await office.post(f"{path}/proposal", resolution="settle", reason="x")
    answers = await asyncio.gather(*(office.post(f"{path}/approval", SOMCHAI) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(await office.payment.facts(Paid)) == 1
    assert (await office.balances())["bank"] == FEE


async def test_what_the_banks_inquiry_tells_after_all_is_booked_once(office):
    row = await office.billed()
    await office.send(table(line("T-1", row["reference1"]), line("T-2", "WRONGREF")))
    known, wrong = await office.open()
    await office.post(f"/discrepancies/{known['id']}/proposal", resolution="settle", reason="x")
    told = [BankTransaction(each, BILLER, row["reference1"], FEE, START) for each in ("T-1", "T-2")]
    async with office.payment.kit.database.transaction() as session:
        await commands.settle(session, row["id"], "scb", told)
    ended = (await office.post(f"/discrepancies/{known['id']}/approval", SOMCHAI)).json()
    assert (ended["state"], ended["resolution"]) == ("resolved", "matched")
    answer = await office.post(f"/discrepancies/{wrong['id']}/proposal", resolution="explain", reason="x")
    assert answer.json()["state"] == "resolved", "it is in the books, under another reference than the bank's file has"
    balances = await office.balances()
    assert (balances["bank"], balances["refund-due"], balances.get("suspense")) == (2 * FEE, -FEE, None)


async def test_another_agency_finds_nothing_and_sends_nothing_of_ours(office):
    await office.billed()
    await office.send(table(line("T-1", "NOBODY")))
    (found,) = await office.open()
    headers = office.payment.officer("cashier", agency=OTHER_AGENCY)
    answer = await office.payment.client.get(f"/discrepancies/{found['id']}", headers=headers)
    assert code(answer) == (404, "discrepancy-not-found")
    assert code(await office.send(table(line("T-2", "NOBODY")), agency=OTHER_AGENCY)) == (422, "statement-wrong")
    assert (await office.get(f"/reconciliations/{DAY}", agency=OTHER_AGENCY))["parity"] == []
    assert (await office.get(f"/trial-balances/{DAY}", agency=OTHER_AGENCY))["accounts"] == []


async def test_at_a_biller_of_two_agencies_each_takes_its_own(office):
    mine, others = await office.billed(), await office.billed()
    change = text("UPDATE invoice SET agency = :agency WHERE id = :id")
    async with office.payment.kit.database.engine.begin() as connection:
        await connection.execute(change, {"agency": OTHER_AGENCY, "id": others["id"]})
    lines = [line("T-1", mine["reference1"]), line("T-2", others["reference1"])]
    for agency in ("22000000", OTHER_AGENCY):
        assert (await office.send(table(*lines), agency=agency)).json()["new_lines"] == 1
    rows = await office.payment.rows(select(Discrepancy.transaction_id, Discrepancy.agency))
    assert {row["transaction_id"]: row["agency"] for row in rows} == {"T-1": "22000000", "T-2": OTHER_AGENCY}


async def test_the_banks_own_file_is_understood_and_its_faults_are_found(office, bank, tomorrow):
    found = {}
    for mode, lines in BANK_FAULTS.items():
        for _ in range(2):
            row = await office.billed()
            (told,) = await bank.pay(biller=BILLER, ref1=row["reference1"], amount=FEE)
            at = datetime.fromisoformat(told["transactionDateandTime"])
            booked = BankTransaction(told["transactionId"], BILLER, row["reference1"], FEE, at)
            async with office.payment.kit.database.transaction() as session:
                await commands.settle(session, row["id"], "scb", [booked])
        if mode:
            await bank.fail(mode, times=1)
        day = local_date(clock.now())
        file = await bank.http.get("/_control/statement.csv", params={"day": str(day)})
        assert len(file.text.splitlines()) == 1 + lines
        tomorrow()
        assert (await office.send(file.content)).status_code == 201
        found[mode] = {kind: sums[0] for kind, sums in (await office.parity(day)).items()}
    assert found == {
        "": {"matched": 2}, "statement-missing-line": {"matched": 1, "only-books": 1},
        "statement-doubled-line": {"matched": 2}, "statement-wrong-amount": {"matched": 1, "amount": 1},
    }  # fmt: skip
