"""The projection: numbered without gaps under any load, once for every event, without owner or row."""

import asyncio

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from gateway.commands import timeline
from gateway.consumers import REACTIONS
from gateway.models import Entry, Progress
from kit.cloudevents import compose
from kit.contracts.events import CalendarChanged, Dispatched, Opened, Submitted
from kit.worker import Table
from tests.bundles import licence_bundle


async def entries(gateway, journey):
    return await gateway.rows(select(Entry).where(Entry.journey_id == journey).order_by(Entry.seq))


def test_every_subject_is_consumed():
    assert Table("gateway", None, REACTIONS).filters() == ["events.>"]


@pytest.mark.req("J7", part="timeline of every event")
async def test_every_event_stands_on_the_timeline_once_also_without_the_journeys_row(gateway):
    gateway.bundle = licence_bundle()
    journey = uuid7()
    opened = gateway.event(Opened(), journey=journey)
    submitted = gateway.handover(Submitted, at="request", journey=journey)
    await gateway.deliver(opened, submitted, times=3)
    told = await entries(gateway, journey)
    assert [(each["seq"], each["event_id"]) for each in told] == [(1, opened.id), (2, submitted.id)]
    assert (told[1]["step"], told[1]["next"], told[1]["nextstep"]) == ("request", "review", "review")
    assert told[1]["data"] == {"outcome": "passed"}
    assert abs((told[0]["time"] - opened.time).total_seconds()) < 0.001


async def test_facts_of_no_journey_are_passed_over(gateway):
    await gateway.deliver(compose(CalendarChanged(day="2027-01-04", is_workday=False)))
    assert await gateway.rows(select(Entry)) == []


async def test_writers_at_once_number_without_gaps_or_doubles(gateway):
    gateway.bundle = licence_bundle()
    journey = uuid7()

    async def tell() -> None:
        event = gateway.event(Dispatched(notice="issued", channel="email"), journey=journey)
        async with gateway.kit.database.transaction() as session:
            await timeline.project(session, [event])
            await asyncio.sleep(0.01)

    await asyncio.gather(*(tell() for _ in range(24)))
    assert [each["seq"] for each in await entries(gateway, journey)] == list(range(1, 25))
    [progress] = await gateway.rows(select(Progress).where(Progress.journey_id == journey))
    assert progress["last_seq"] == 24


async def test_what_is_rolled_back_leaves_no_gap(gateway):
    gateway.bundle = licence_bundle()
    journey = uuid7()

    async def broken() -> None:
        async with gateway.kit.database.transaction() as session:
            await timeline.project(session, [gateway.event(Opened(), journey=journey)])
            raise LookupError

    with pytest.raises(LookupError):
        await broken()
    await gateway.deliver(gateway.event(Opened(), journey=journey), times=1)
    assert [each["seq"] for each in await entries(gateway, journey)] == [1]
