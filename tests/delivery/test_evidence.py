"""The whole story of a notice, for its agency and plainly for its addressee; the appeal clock starts by a rule."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest
from asyncpg.exceptions import RestrictViolationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.cloudevents import compose
from kit.contracts.events import CalendarChanged, Granted, Read, Refused
from kit.contracts.journey import Outcome
from services.delivery import commands
from services.delivery.domain import Basis, DateRule
from services.delivery.domain.dates import OWN
from services.delivery.models import AppealPeriod, Dispatch, DispatchEvent, Notice
from tests.bundles import OTHER_AGENCY
from tests.delivery.conftest import lay_ready
from tests.delivery.test_dates import at

pytestmark = pytest.mark.req("D4")

TUESDAY = at("2026-11-24", "23:59")
READING = DateRule(channel="inbox", basis=Basis.READ, source={"law": OWN, "mark": "D"})
POSTED = DateRule(channel="post", basis=Basis.SENT, days=7, source={"law": OWN, "mark": "K"})


class Case:
    """A refusal that was told, its addressee and an officer of the agency."""

    def __init__(self, delivery, known):
        self.delivery, self.known, self.person = delivery, known, uuid4()
        self.owner, self.approver = delivery.citizen(self.person), delivery.officer("approver")

    async def refuse(self, email=None):
        event = self.delivery.handover(Refused, at="approval", outcome=Outcome.REFUSED)
        await self.delivery.deliver(self.known(event, person=self.person, email=email))
        (self.notice,) = await self.delivery.rows(select(Notice).where(Notice.journey_id == event.journey))
        return self.notice

    async def evidence(self, headers=None):
        path = f"/notices/{self.notice['id']}/evidence"
        return await self.delivery.client.get(path, headers=headers or self.approver)

    async def read(self):
        return await self.delivery.client.post(f"/inbox/{self.notice['id']}/read", headers=self.owner)

    async def proclaim(self, day, is_workday):
        fact = CalendarChanged(day=date.fromisoformat(day), is_workday=is_workday)
        await self.delivery.deliver(compose(fact, agency="platform", subject=day))

    async def periods(self):
        rows = await self.delivery.rows(select(AppealPeriod).order_by(AppealPeriod.id))
        return [(str(row["noticed_on"]), str(row["until"]), row["cause"]) for row in rows]


@pytest.fixture
def time():
    with clock.freeze(TUESDAY) as advance:
        yield advance


@pytest.fixture
def case(delivery, known):
    return Case(delivery, known)


async def test_a_refusal_starts_the_appeal_clock_on_the_day_it_comes_into_the_inbox(time, case):
    await case.refuse()
    (shown,) = (await case.delivery.client.get("/inbox", headers=case.owner)).json()["notices"]
    assert (shown["noticed_on"], shown["appeal_until"]) == ("2026-11-24", "2026-12-09")
    told = (await case.evidence()).json()
    assert (told["noticed_on"], told["appeal_until"], told["opened_at"]) == ("2026-11-24", "2026-12-09", None)
    assert (told["rule"]["channel"], told["rule"]["basis"], told["rule"]["source"]["mark"]) == ("inbox", "entered", "K")
    assert (told["digest"], told["is_intact"], told["template_version"]) == (case.notice["digest"], True, 0)
    assert await case.periods() == [("2026-11-24", "2026-12-09", "told")]


async def test_what_cannot_be_appealed_has_a_day_but_no_period(time, case):
    event = case.known(case.delivery.handover(Granted, at="approval"), person=case.person, email=None)
    await case.delivery.deliver(event)
    (case.notice,) = await case.delivery.rows(select(Notice))
    told = (await case.evidence()).json()
    assert (told["noticed_on"], told["appeal_until"], told["periods"]) == ("2026-11-24", None, [])
    assert await case.periods() == []


async def test_opening_is_told_once_however_often_and_whoever_is_first(time, case):
    await case.refuse()
    answers = await asyncio.gather(*(case.read() for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["read_at"] for answer in answers}) == 1
    (fact,) = await case.delivery.facts(Read)
    assert (fact.data.notice, fact.journey) == ("refused", case.notice["journey_id"])
    assert (await case.evidence()).json()["opened_at"] is not None
    assert len(await case.periods()) == 1


async def test_where_reading_counts_the_clock_waits_for_it_or_for_the_post(time, case, monkeypatch):
    monkeypatch.setattr(case.delivery.kit.settings, "notice_rules", (READING, POSTED))
    await case.refuse()
    assert await case.periods() == []
    sent = Dispatch(
        notice_id=case.notice["id"], channel="post", state="sent", message_id="x", accepted_at=clock.now()
    )  # fmt: skip
    async with case.delivery.kit.database.transaction() as session:
        session.add(sent)
        await session.flush()
        await commands.reckon(session, [case.notice["id"]], (READING, POSTED), "sent")
    assert await case.periods() == [("2026-12-01", "2026-12-16", "sent")]
    time(timedelta(days=2))
    case.owner = case.delivery.citizen(case.person)
    answer = (await case.read()).json()
    assert (answer["noticed_on"], answer["appeal_until"]) == ("2026-11-26", "2026-12-11")
    assert [cause for *_, cause in await case.periods()] == ["sent", "read"]


async def test_what_is_handed_out_at_the_counter_is_told_on_that_day(time, case, monkeypatch):
    counter = DateRule(channel="pickup", basis=Basis.RECEIVED, source={"law": OWN, "mark": "D"})
    monkeypatch.setattr(case.delivery.kit.settings, "notice_rules", (READING, counter))
    await case.refuse()
    code = await lay_ready(case.delivery, case.notice["id"])
    assert await case.periods() == []
    officer, body = case.delivery.officer("counter"), {"code": code, "identity": "id-card"}
    for _ in range(2):
        assert (await case.delivery.client.post("/pickups/collection", json=body, headers=officer)).status_code == 200
    assert await case.periods() == [("2026-11-24", "2026-12-09", "handed-over")]


async def test_a_proclaimed_holiday_moves_an_appeal_that_runs(time, case):
    await case.refuse()
    await case.proclaim("2026-12-09", is_workday=False)
    assert await case.periods() == [("2026-11-24", "2026-12-09", "told"), ("2026-11-24", "2026-12-11", "calendar")]
    case.approver = case.delivery.officer("approver")
    told = (await case.evidence()).json()
    assert told["appeal_until"] == "2026-12-11"
    assert [each["appeal_until"] for each in told["periods"]] == ["2026-12-09", "2026-12-11"]
    await case.proclaim("2026-12-09", is_workday=True)
    assert [until for _, until, _ in await case.periods()] == ["2026-12-09", "2026-12-11", "2026-12-09"]
    await case.proclaim("2026-12-03", is_workday=False)  # in the middle: nothing moves
    assert len(await case.periods()) == 3


async def test_an_appeal_that_is_over_stays_over(time, case):
    await case.refuse()
    time(timedelta(days=16))
    await case.proclaim("2026-12-09", is_workday=False)
    assert await case.periods() == [("2026-11-24", "2026-12-09", "told")]


async def test_no_appeal_ends_before_the_day_on_which_that_is_learnt(time, case):
    await case.refuse()
    await case.proclaim("2026-12-09", is_workday=False)
    time(timedelta(days=16))  # the 10th, a holiday; the appeal runs until the 11th
    await case.proclaim("2026-12-09", is_workday=True)
    assert (await case.periods())[-1] == ("2026-11-24", "2026-12-11", "calendar")


async def test_the_owner_sees_what_left_but_no_key_and_the_agency_sees_all(delivery, case):
    await case.refuse()
    sent = Dispatch(
        notice_id=case.notice["id"], channel="post", rung=1, state="proved", message_id="key-1", provider_id="EB1TH",
        address_hash="f" * 64, address_masked="10***", content_sha256="e" * 64, attempts=2, sent_at=clock.now(),
        accepted_at=clock.now(), proved_at=clock.now(), proof="tracking", reply="answer of the provider",
    )  # fmt: skip
    async with delivery.kit.database.transaction() as session:
        session.add(sent)
        await session.flush()
        for kind in ("tried", "taken", "proved"):
            session.add(DispatchEvent(id=uuid7(), dispatch_id=sent.id, kind=kind, at=clock.now(), noted_at=clock.now()))
    plain = await case.evidence(case.owner)
    assert plain.headers["cache-control"] == "no-store"
    post = next(each for each in plain.json()["sendings"] if each["channel"] == "post")
    assert (post["address_masked"], post["proof"], post["attempts"]) == ("10***", "tracking", 2)
    for key in ("key-1", "EB1TH", "f" * 64, "e" * 64, "answer of the provider", "digest", "template"):
        assert key not in plain.text
    full = await case.evidence()
    post = next(each for each in full.json()["sendings"] if each["channel"] == "post")
    assert (post["message_id"], post["provider_id"], post["address_hash"]) == ("key-1", "EB1TH", "f" * 64)
    assert [each["kind"] for each in post["events"]] == ["tried", "taken", "proved"]


async def test_the_evidence_shows_nothing_of_what_a_notice_says(delivery, case):
    await case.refuse()
    for headers in (case.owner, case.approver):
        answer = (await case.evidence(headers)).text
        for said in ("ไม่มีบ่อดักไขมัน", "ข้อ ๕", "22000000-FOOD-69-000001", str(case.person)):
            assert said not in answer


async def test_others_find_no_evidence(delivery, case):
    await case.refuse()
    strangers = (
        delivery.citizen(), delivery.holder(case.notice["journey_id"]),
        delivery.officer("approver", agency=OTHER_AGENCY),
    )  # fmt: skip
    for headers in strangers:
        answer = await case.evidence(headers)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:paet:problem:notice-not-found")
    assert (await case.evidence(delivery.officer("reviewer"))).status_code == 403


async def test_words_changed_behind_the_back_are_seen(delivery, case):
    await case.refuse()
    async with delivery.kit.database.transaction() as session:
        await session.execute(text("UPDATE notice SET body_th = 'อื่น'"))
    assert (await case.evidence()).json()["is_intact"] is False


async def test_reckonings_only_grow(delivery, case):
    await case.refuse()
    with pytest.raises(DBAPIError) as refused:
        async with delivery.kit.database.engine.begin() as connection:
            await connection.execute(text("UPDATE appeal_period SET until = until + 1"))
    assert isinstance(refused.value.orig.__cause__, RestrictViolationError)


async def test_a_report_and_an_attempt_at_once_do_not_wait_for_each_other(case):
    notice = (await case.refuse())["id"]
    await lay_ready(case.delivery, notice)
    database, rules = case.delivery.kit.database, case.delivery.kit.settings.notice_rules
    async with database.transaction() as climbing:
        # A next rung is begun: its row refers to the notice. Whoever hears holds what the climb then wants.
        climbing.add(Dispatch(notice_id=notice, channel="sms", rung=1, state="sending", message_id="x"))
        await climbing.flush()
        async with database.transaction() as hearing:
            await hearing.exec(text("SET LOCAL lock_timeout = '5s'"))
            await commands.reckon(hearing, [notice], rules, "reported")
        async with database.transaction() as reading:
            await reading.exec(text("SET LOCAL lock_timeout = '5s'"))
            await commands.mark_read(reading, await reading.get_one(Notice, notice), rules)
