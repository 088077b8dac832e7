"""When a record of defects is here, until when it is corrected, and what follows when it is not."""

import asyncio
from datetime import date, timedelta

import pytest
import sqlalchemy as sql

from kit.clients import PeerUnavailable
from kit.clock import clock
from kit.contracts.events import CalendarChanged, Returned, StruckOff
from services.request.models import Application
from tests.request.conftest import FORM, record_of
from tests.request.defects import LAST, MOMENT, TUESDAY, end_of_time, kept, said

pytestmark = pytest.mark.req("Q7", part="in time, or returned or struck off by the policy")


async def test_a_record_is_read_before_the_bus_has_brought_it_and_kept_once(desk, filed):
    """The applicant is told to correct as soon as review has recorded."""
    journey, person = filed
    record = record_of(journey)
    told = desk.recorded(record)
    seen = await asyncio.gather(*(desk.get(journey, person, "correction") for _ in range(3)))
    assert [(each.status_code, each.json()["defect"]) for each in seen] == [(200, str(record.defect))] * 3
    await desk.harness.deliver(told)
    assert len(await kept(desk, journey)) == 1
    assert (await desk.sign(journey, person, record.digest)).status_code == 200


async def test_whether_there_is_a_record_cannot_be_told_while_review_is_away(desk, filed, monkeypatch):
    journey, person = filed

    async def away(*_asked):
        raise PeerUnavailable()

    with monkeypatch.context() as down:
        down.setattr(desk.harness.peers, "claim", away)
        assert said(await desk.get(journey, person, "correction"))[0] == 503
    record = await desk.record(journey)
    assert (await desk.correct(journey, person, digest=record.digest)).status_code == 200
    monkeypatch.setattr(desk.harness.peers, "claim", away)
    seen = await desk.get(journey, person, "correction")
    assert (seen.status_code, seen.json()["state"]) == (200, "corrected"), "what is here is shown"


async def test_days_in_which_nobody_could_read_the_record_here_do_not_count(desk, filed):
    """Request was away over the whole time that the record gives: its days begin when it hears of it."""
    journey, person = filed
    late = LAST + timedelta(days=1)
    with clock.freeze(late):
        await desk.record(journey, recorded_at=TUESDAY)
        await end_of_time(desk)
        view = (await desk.get(journey, person, "correction")).json()
        assert (view["state"], view["due_at"]) == ("waiting", "2026-12-09T16:59:59.999999Z")


@pytest.mark.parametrize(("uncorrected", "fact"), [("returned", Returned), ("struck_off", StruckOff)])
async def test_what_stays_uncorrected_ends_the_application_after_the_last_moment(desk, filed, uncorrected, fact):
    journey, person = filed
    await desk.record(journey, uncorrected=uncorrected)
    with clock.freeze(LAST):
        await end_of_time(desk)
        assert await desk.state(journey, person) == "submitted"
    with clock.freeze(LAST + MOMENT):
        assert said(await desk.correct(journey, person)) == (409, "correction-too-late")
        await end_of_time(desk)
        assert await desk.state(journey, person) == "ended"
        late = await desk.correct(journey, person)
        assert (said(late), late.json()["due_at"]) == ((409, "correction-too-late"), "2026-12-01T16:59:59.999999Z")
        assert (await desk.get(journey, person, "correction")).json()["state"] == uncorrected
        assert said(await desk.withdraw(journey, person)) == (409, "application-ended")
        (told,) = await desk.harness.facts(fact)
        await desk.harness.deliver(told)
    assert (told.journey, told.next, told.data.outcome) == (journey, "delivery", uncorrected)
    (row,) = await desk.harness.rows(sql.select(Application).where(Application.journey_id == journey))
    assert (row["state"], row["closed_at"], row["form"]) == ("ended", LAST + MOMENT, FORM)


async def test_a_correction_at_the_last_moment_is_in_time(desk, filed):
    journey, person = filed
    await desk.record(journey)
    with clock.freeze(LAST):
        assert (await desk.correct(journey, person)).json()["legally_received_at"] == "2026-12-02T01:30:00Z"
    with clock.freeze(LAST + MOMENT):
        await end_of_time(desk)
    assert await desk.state(journey, person) == "submitted"
    assert await desk.harness.facts(Returned) == []


async def test_a_holiday_moves_the_last_day_on_and_it_never_comes_back(desk, filed):
    journey, person = filed
    await desk.record(journey)

    async def proclaim(day: date, *, is_workday: bool):
        await desk.harness.deliver(desk.harness.event(CalendarChanged(day=day, is_workday=is_workday)))
        return (await desk.get(journey, person, "correction")).json()["due_at"]

    assert await proclaim(date(2026, 11, 30), is_workday=False) == "2026-12-01T16:59:59.999999Z"
    assert await proclaim(date(2026, 12, 1), is_workday=False) == "2026-12-02T16:59:59.999999Z"
    assert await proclaim(date(2026, 12, 1), is_workday=True) == "2026-12-02T16:59:59.999999Z"
    with clock.freeze(LAST + MOMENT):
        await end_of_time(desk)
        assert await desk.state(journey, person) == "submitted"
    with clock.freeze(LAST + timedelta(days=1, microseconds=1)):
        await end_of_time(desk)
        assert await desk.state(journey, person) == "ended"


async def test_a_holiday_that_review_had_not_heard_of_counts_from_the_start(desk, filed):
    journey, person = filed
    await desk.harness.deliver(desk.harness.event(CalendarChanged(day=date(2026, 12, 1), is_workday=False)))
    await desk.record(journey)
    assert (await desk.get(journey, person, "correction")).json()["due_at"] == "2026-12-02T16:59:59.999999Z"
