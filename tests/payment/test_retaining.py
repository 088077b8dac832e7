"""Invoices are kept for the years of tax documents after the last thing done about them, then only the books stay."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from kit.clock import clock
from kit.cloudevents import compose
from kit.contracts.claims import ErasureClaim
from kit.contracts.events import ErasureRequested, JourneyHeld, JourneyReleased, PaymentErasureAnswered
from kit.contracts.retention import Reason, RecordClass, reason_to_keep
from kit.database import DUE_WORK
from kit.retention import REMOVE, removable
from kit.storage import Files
from services.payment import commands
from services.payment.domain import receipt_name
from services.payment.domain.retaining import EMPTIED, GONE, STAYS, UNTOUCHED, Dealings, is_past
from services.payment.duework import WORK
from services.payment.models import METADATA, DayClose, Invoice, LedgerEntry, Payment, Receipt, Refund, StatementLine
from services.payment.queries import days
from tests.payment.counting import DAY, FEE, SOMCHAI, Office, code, line, table

pytestmark = pytest.mark.req("Y4", part="tax documents")
LAST = date(2033, 11, 2)
"""The last day of the years of what was done on the first."""
PAYER = "นายสมชาย มั่งมีทรัพย์"


async def night(office: Office) -> None:
    """The daily removal."""
    await WORK[REMOVE].one(office.payment.kit, "all", {})


async def kept(office: Office, row: dict) -> bool:
    (found,) = await office.payment.rows(select(Invoice).where(Invoice.id == row["id"]))
    return found["removed_on"] is None


async def until_somebody_waits(office: Office) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await office.payment.until(lambda: office.payment.rows(text(waiting)))


async def pay_back(office: Office) -> None:
    """Whatever is due, by two cashiers."""
    for refund in await office.payment.rows(select(Refund).where(Refund.state == "due")):
        at = f"/refunds/{refund['id']}"
        for who, act, body in (
            ({}, "proposal", {"reason": f"คืน{PAYER}"}),
            ({"who": SOMCHAI}, "approval", {}),
            ({}, "payout", {"reference": uuid4().hex[:12], "paid_on": str(clock.now().date())}),
        ):
            answer = await office.post(f"{at}/{act}", **who, **body)
            assert answer.status_code == 200, answer.text


async def everything(office: Office) -> str:
    """Every row of payment's own tables, as text."""
    rows = [
        await office.payment.rows(text(f'SELECT each::text AS row FROM "{name}" AS each')) for name in METADATA.tables
    ]
    return "\n".join(row["row"] for some in rows for row in some)


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


def test_it_is_kept_on_its_last_day_and_while_anything_is_open_or_held():
    settled, is_open = (Dealings(uuid4(), uuid4(), "22000000", DAY, is_open=each) for each in (False, True))
    day_after = LAST + timedelta(days=1)
    assert reason_to_keep(LAST, LAST, is_open=False, is_held=False) is Reason.KEPT_BY_LAW
    assert reason_to_keep(LAST, day_after, is_open=False, is_held=False) is None
    assert reason_to_keep(LAST, day_after, is_open=True, is_held=False) is Reason.IN_USE
    assert reason_to_keep(LAST, day_after, is_open=False, is_held=True) is Reason.LEGAL_HOLD
    whether = [(is_past(each, lambda *_: LAST, day)) for each in (settled, is_open) for day in (LAST, day_after)]
    assert whether == [False, True, False, False]


def test_of_every_column_it_is_said_whether_it_goes():
    said = {name: STAYS[name] | EMPTIED[name].keys() for name in STAYS}
    assert said == {name: set(METADATA.tables[name].columns.keys()) for name in STAYS}
    assert {*STAYS, *GONE, *UNTOUCHED} == set(METADATA.tables)
    assert not any(STAYS[name] & EMPTIED[name].keys() for name in STAYS)


# ── what goes and what stays ─────────────────────────────────────────────────────────────────────


async def dealt_with(office: Office) -> tuple[dict, str, bytes, str]:
    """Paid too much, paid back, receipted anew under another name, compared with the bank and closed."""
    row, transaction = await office.paid(FEE + 500)
    (receipt,) = await office.payment.rows(select(Receipt))
    body = {"purpose": "RCTC01", "payer": {"name": PAYER}}
    assert (await office.post(f"/receipts/{receipt['id']}/reissue", **body)).status_code == 201
    await pay_back(office)
    await office.payment.kit.resource(Files).put(receipt_name("22000000", receipt["id"]), PAYER.encode())
    content = table(line(transaction, row["reference1"], FEE + 500), line("T-1", "0812345678"))
    assert (await office.send(content)).status_code == 201
    return row, transaction, content, receipt_name("22000000", receipt["id"])


async def test_the_day_after_its_years_nothing_is_left_that_says_whose_money_it_was(office: Office, tomorrow):
    row, _, content, name = await dealt_with(office)
    tomorrow()
    await office.send(content)
    (difference,) = await office.open()
    await office.resolve(difference, "return", reference="B-1", paid_on=str(DAY))
    assert (await office.close()).status_code == 200
    entries = await office.entries()
    marks = {str(row["person_id"]), str(row["journey_id"]), row["number"], PAYER, "0812345678"}
    assert [each for each in marks if each not in await everything(office)] == []

    tomorrow((LAST - DAY).days - 1)
    await night(office)
    assert await kept(office, row)
    tomorrow()
    await night(office)
    assert (await kept(office, row), "0812345678" in await everything(office)) == (False, True)
    tomorrow()  # the line of nobody was seen to a day later
    await night(office)
    left = await everything(office)
    assert [each for each in marks if each in left] == []
    assert await office.entries() == entries
    (close,) = await office.payment.rows(select(DayClose))
    async with office.payment.kit.database.reading() as session:
        assert await days.is_intact(session, DayClose(**close))
    await office.payment.until(lambda: is_gone(office, name))


async def is_gone(office: Office, name: str) -> bool:
    try:
        await office.payment.kit.resource(Files).get(name)
    except FileNotFoundError:
        return True
    return False


async def test_the_numbers_stay_and_say_that_no_more_is_kept(office: Office, tomorrow):
    row, *_ = await dealt_with(office)
    tomorrow((LAST - DAY).days + 1)
    await night(office)
    numbers = [each["running"] for each in await office.payment.rows(select(Receipt).order_by(Receipt.running))]
    assert numbers == [1, 2]
    (receipt, _) = await office.payment.rows(select(Receipt).order_by(Receipt.running))
    shown = await office.get(f"/receipts/{receipt['id']}")
    assert (shown["state"], shown["ended"], shown["number"][-7:]) == ("removed", None, "-000001")
    told = {"purpose": "RCTC99", "reason": "x"}
    headers = office.payment.officer("cashier") | {"Accept-Language": "th"}
    pdf = await office.payment.client.get(f"/receipts/{receipt['id']}.pdf", headers=headers)
    assert (code(pdf), pdf.json()["title"][:14]) == ((410, "no-longer-kept"), "พ้นกำหนดเวลาเก")
    assert code(await office.post(f"/receipts/{receipt['id']}/cancellation", **told)) == (410, "no-longer-kept")
    wanted = {"amount_satang": 100, "reason": "x"}
    assert code(await office.post(f"/invoices/{row['id']}/refunds", **wanted)) == (410, "no-longer-kept")
    for booking in (await office.get("/bookings", invoice=str(row["id"])))["items"]:
        told = await office.get(f"/bookings/{booking['id']}")
        assert (told["invoice"]["application_number"], told["invoice"]["lines"]) == ("", [])
    mine = office.payment.citizen(row["person_id"])
    assert (await office.payment.client.get(f"/receipts/{receipt['id']}", headers=mine)).status_code == 404
    _, later = await office.paid()
    numbers = await office.payment.rows(select(Receipt.running).where(Receipt.removed_on.is_(None)))
    assert (len(later), [each["running"] for each in numbers]) == (32, [1])  # of another year's book


async def test_days_compare_as_before_and_what_comes_in_late_is_in_suspense(office: Office, tomorrow):
    row, _, content, _ = await dealt_with(office)
    before = await office.parity()
    tomorrow((LAST - DAY).days + 1)
    (difference,) = await office.open()  # nobody has seen to the line of nobody, which stays therefore
    await night(office)
    assert (await kept(office, row), await office.parity()) == (False, before)
    again = content + line("T-2", row["reference1"], 700).encode() + b"\r\n"
    assert (await office.send(again)).json()["new_lines"] == 1
    assert {each["transaction_id"]: each["kind"] for each in await office.open()} == {
        "T-1": "reference", "T-2": "reference",
    }  # fmt: skip
    assert (await office.balances())["suspense"] == -FEE - 700
    answer = await office.post(
        f"/discrepancies/{difference['id']}/proposal", resolution="assign", reason="x", invoice=str(row["id"])
    )
    assert code(answer) == (404, "invoice-not-found")


async def test_a_line_of_nobody_loses_what_its_payer_typed_after_its_years(office: Office, tomorrow):
    await office.billed()
    await office.send(table(line("T-1", "0812345678")))
    (difference,) = await office.open()
    await office.resolve(difference, "return", reference="B-1", paid_on=str(DAY))
    lines = select(StatementLine.reference1, StatementLine.amount, StatementLine.removed_on)
    tomorrow((LAST - DAY).days)
    await night(office)
    assert (await office.payment.rows(lines))[0]["reference1"] == "0812345678"
    tomorrow()
    await night(office)
    assert await office.payment.rows(lines) == [
        {"reference1": "", "amount": FEE, "removed_on": LAST + timedelta(days=1)}
    ]
    assert await office.payment.rows(text("SELECT * FROM discrepancy_act")) == []
    again = await office.send(table(line("T-1", "0812345678"), line("T-2", "X")))
    assert again.json()["new_lines"] == 1
    assert [each["transaction_id"] for each in await office.open()] == ["T-2"]


async def test_what_came_late_under_a_removed_bill_stays_in_nobodys_name_after_its_own_years(office: Office, tomorrow):
    row, transaction = await office.paid()
    content = table(line(transaction, row["reference1"]))
    await office.send(content)
    tomorrow((LAST - DAY).days + 1)
    await night(office)
    content += line("T-2", row["reference1"], 700).encode() + b"\r\n"
    await office.send(content)
    (difference,) = await office.open()
    await office.resolve(difference, "return", reference="B-1", paid_on=str(DAY))
    before = await office.parity()
    tomorrow(8 * 366)
    await night(office)
    assert await office.parity() == before
    await office.send(content + line("T-3", "X").encode() + b"\r\n")
    assert [each["transaction_id"] for each in await office.open()] == ["T-3"], "it would be the bill's, and settle it"


# ── what keeps it ────────────────────────────────────────────────────────────────────────────────


async def test_an_open_affair_keeps_it_and_its_end_begins_the_years_anew(office: Office, tomorrow):
    owed, _ = await office.paid(FEE + 500)
    short = await office.billed()
    await office.booked(short, FEE - 500)
    differs, transaction = await office.paid()
    await office.send(table(line(transaction, differs["reference1"], FEE - 1)))
    unpaid, plain = await office.billed(), (await office.paid())[0]
    tomorrow(8 * 366)
    await night(office)
    rows = (owed, short, differs, unpaid, plain)
    assert [await kept(office, row) for row in rows] == [True, True, True, True, False]
    await pay_back(office)
    tomorrow(6 * 365)
    await night(office)
    assert await kept(office, owed)
    tomorrow(2 * 365)
    await night(office)
    assert [await kept(office, row) for row in rows] == [False, True, True, True, False]


@pytest.mark.req("Y4", part="a legal hold")
async def test_a_held_journey_is_kept_until_it_is_released(office: Office, tomorrow):
    row, _ = await office.paid()
    hold = uuid4()
    told = {"journey": row["journey_id"], "hold": hold}
    await office.payment.deliver(compose(JourneyHeld(**told), subject=hold))
    tomorrow(20 * 366)
    await night(office)
    assert await kept(office, row)
    await office.payment.deliver(compose(JourneyReleased(**told), subject=hold))
    await night(office)
    assert not await kept(office, row)


async def test_a_refund_that_opens_while_it_is_removed_keeps_it_or_finds_it_gone(office: Office, tomorrow):
    rows = [(await office.paid())[0] for _ in "ab"]
    tomorrow((LAST - DAY).days + 1)
    kit, wanted = office.payment.kit, {"amount_satang": 100, "reason": "x"}
    (paid,) = await office.payment.rows(select(Payment).where(Payment.invoice_id == rows[0]["id"]))
    async with kit.database.transaction() as session:
        await session.execute(text(f"SELECT FROM invoice WHERE id = '{rows[0]['id']}' FOR UPDATE"))
        removal = asyncio.create_task(night(office))
        await until_somebody_waits(office)
        refund = Refund(
            invoice_id=rows[0]["id"], amount=100, reason="decision", state="proposed", created_at=clock.now(),
            payment_id=paid["id"],
        )  # fmt: skip
        session.add(refund)
    await removal
    assert [await kept(office, row) for row in rows] == [True, False]
    async with kit.database.transaction() as session:
        await session.execute(text("UPDATE refund SET state = 'rejected', created_at = '2026-11-02'"))
    async with kit.database.transaction() as session:
        free = await removable(session, [rows[0]["journey_id"]])
        await commands.remove_past(session, kit.settings, free)
        asked = asyncio.create_task(office.post(f"/invoices/{rows[0]['id']}/refunds", **wanted))
        await until_somebody_waits(office)
    assert code(await asked) == (410, "no-longer-kept")


@pytest.mark.req("Y4", part="the database keeps receipts five years, whoever asks")
async def test_the_database_lets_no_receipt_go_before_and_no_entry_ever(office: Office, tomorrow):
    await office.paid()
    tomorrow(5 * 365)
    emptied = "UPDATE receipt SET removed_on = '{}', person_id = NULL, journey_id = id"
    for statement in (
        emptied.format("2031-11-02"), "UPDATE receipt SET amount = 1", "UPDATE receipt SET person_id = NULL",
        emptied.format("2031-11-03") + ", amount = 1", "DELETE FROM receipt", "DELETE FROM ledgerentry",
    ):  # fmt: skip
        with pytest.raises(IntegrityError):
            async with office.payment.kit.database.engine.begin() as connection:
                await connection.execute(text(statement))
    async with office.payment.kit.database.engine.begin() as connection:
        await connection.execute(text(emptied.format("2031-11-03")))


# ── erasures ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("Y4", part="an erasure is answered once, class by class, with the last day")
async def test_an_erasure_takes_what_is_past_and_names_what_the_law_keeps(office: Office, tomorrow):
    person, erasure = uuid4(), uuid4()

    async def paid_by(whom: UUID) -> dict:
        row, _ = await office.paid()
        async with office.payment.kit.database.transaction() as session:
            await session.execute(text(f"UPDATE invoice SET person_id = '{whom}' WHERE id = '{row['id']}'"))
        return row

    past, _, held, others = await paid_by(person), await office.paid(), await paid_by(person), await paid_by(uuid4())
    await office.payment.deliver(compose(JourneyHeld(journey=held["journey_id"], hold=uuid4())))
    tomorrow((LAST - DAY).days + 1)
    await paid_by(person)
    claim = ErasureClaim(erasure=erasure, person=person, requested_at=clock.now())
    office.payment.peers.know("identity", "erasures", erasure, claim)
    events = [compose(ErasureRequested(erasure=erasure), subject=erasure) for _ in "ab"]
    await office.payment.deliver(*events)
    (answer,) = await office.payment.until(lambda: office.payment.facts(PaymentErasureAnswered))
    told = {(each.record_class, each.reason): (each.erased, each.kept, each.until) for each in answer.data.records}
    tax, until = RecordClass.TAX, date(2040, 11, 3)
    assert told == {
        (tax, None): (1, 0, None), (tax, Reason.KEPT_BY_LAW): (0, 1, until), (tax, Reason.LEGAL_HOLD): (0, 1, None),
    }  # fmt: skip
    await office.payment.deliver(compose(ErasureRequested(erasure=erasure), subject=erasure))
    await office.payment.until(lambda: nothing_to_erase(office))
    assert len(await office.payment.facts(PaymentErasureAnswered)) == 1
    assert [await kept(office, row) for row in (past, held, others)] == [False, True, True]
    assert str(person) not in "".join(each.to_json().decode() for each in await office.payment.facts())


async def test_what_is_billed_while_an_erasure_is_answered_is_not_called_held(office: Office, monkeypatch):
    person, kit = uuid4(), office.payment.kit

    async def meanwhile(session, journeys):
        row, _ = await office.paid()
        async with kit.database.transaction() as billing:
            await billing.execute(text(f"UPDATE invoice SET person_id = '{person}' WHERE id = '{row['id']}'"))
        return await removable(session, journeys)

    monkeypatch.setattr("services.payment.commands.erasing.removable", meanwhile)
    async with kit.database.transaction() as session:
        answer = await commands.answer_erasure(session, kit.settings, uuid4(), person)
    assert [(each.reason, each.kept) for each in answer.records] == [(Reason.KEPT_BY_LAW, 1)]


async def nothing_to_erase(office: Office) -> bool:
    return not await office.payment.rows(select(DUE_WORK.c.id).where(DUE_WORK.c.kind == "erase"))


async def test_entries_of_the_ledger_name_nobody():
    assert {each.name for each in LedgerEntry.__table__.columns} == {
        "id", "booking_id", "invoice_id", "account", "amount", "booked_at", "payment_id", "line_id", "agency",
        "biller_id", "day",
    }  # fmt: skip
