"""Events in, each delivered twice: ends of the journey and the calendar."""

from datetime import date
from uuid import uuid4

import sqlalchemy as sql

from kit.contracts.events import CalendarChanged, Completed, PaymentExpired, Refused, ReviewRefused, Withdrawn
from kit.contracts.journey import Outcome
from kit.database import CALENDAR_OVERRIDE
from services.request import consumers
from services.request.models import Application
from tests.request.conftest import Desk


async def states(desk: Desk) -> list[tuple[str, int, bool]]:
    rows = await desk.harness.rows(
        sql.select(Application.state, Application.revision, Application.closed_at).order_by(Application.opened_at)
    )
    return [(row["state"], row["revision"], row["closed_at"] is not None) for row in rows]


async def test_a_refusal_ends_the_application_once(desk):
    person = uuid4()
    journeys = [await desk.filed(person) for _ in range(3)]
    for journey, fact in zip(journeys, (ReviewRefused, Refused, PaymentExpired), strict=True):
        event = desk.harness.handover(fact, at="review", journey=journey, outcome=Outcome.REFUSED)
        await desk.harness.deliver(event)
    assert await states(desk) == [("ended", 4, True)] * 3
    assert (await desk.withdraw(journeys[0], person)).json()["type"] == "urn:paet:problem:application-ended"
    assert (await desk.seal(journeys[0])).json() == {"withdrawn": [str(journeys[0])]}


async def test_completion_ends_a_sealed_application_which_stays_sealed_for_issuance(desk):
    person = uuid4()
    journey = await desk.filed(person)
    await desk.seal(journey)
    completed = desk.harness.event(Completed(outcome=Outcome.PASSED), step="delivery", journey=journey)
    await desk.harness.deliver(completed)
    assert await desk.state(journey, person) == "ended"
    assert (await desk.seal(journey)).json() == {"withdrawn": []}


async def test_a_withdrawal_stays_one_when_its_own_event_and_the_end_come_back(desk):
    person = uuid4()
    journey = await desk.filed(person)
    await desk.withdraw(journey, person)
    own = (await desk.harness.facts(Withdrawn))[0]
    completed = desk.harness.event(Completed(outcome=Outcome.WITHDRAWN), step="delivery", journey=journey)
    await desk.harness.deliver(own, completed)
    assert [state for state, _, _ in await states(desk)] == ["withdrawn"]


async def test_the_end_of_an_unknown_journey_changes_nothing(desk):
    await desk.harness.deliver(desk.harness.event(Completed(outcome=Outcome.PASSED), step="delivery"))
    assert await states(desk) == []


async def test_the_last_word_on_a_day_counts(desk):
    day = date(2026, 12, 31)
    for is_workday in (False, True):
        change = CalendarChanged(day=day, is_workday=is_workday)
        await desk.harness.deliver(desk.harness.event(change))
    rows = await desk.harness.rows(sql.select(CALENDAR_OVERRIDE))
    assert rows == [{"day": day, "is_workday": True}]


def test_nothing_is_handed_over_to_request():
    assert not hasattr(consumers, "HANDOVER")
