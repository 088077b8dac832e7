"""Processes killed with -9 at the worst moments: every journey ends, once."""

import asyncio

import pytest

from kit import crashpoint
from kit.local import samples
from tests.faults import invariants
from tests.journeys.conftest import settle
from tests.journeys.walks import apply, grant, recommend

pytestmark = pytest.mark.req("X1", part="kill -9 at every hand-over, restart of NATS and PostgreSQL")

WORKERS = ("request", "review", "approval", "payment", "issuance", "delivery")


async def whole_journey(anyone):
    """A food licence through all eight processes."""
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    journey = await apply(citizen)
    await recommend(anyone, journey)
    await grant(anyone, journey)
    await journey.pay()
    seen = await journey.until_ended(150)
    assert seen["ended"]["outcome"] == "passed"
    assert (await citizen.get(f"{journey.path}/document.pdf")).startswith(b"%PDF")
    return journey


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("point", "services"),
    [
        (crashpoint.BEFORE_PUBLISH, WORKERS),
        (crashpoint.BEFORE_MARK, WORKERS),
        (crashpoint.BEFORE_ACK, (*WORKERS, "gateway")),
        (crashpoint.BEFORE_DONE, ("payment", "issuance", "delivery")),
    ],
)
async def test_a_journey_ends_once_though_every_worker_dies_at_this_point(anyone, suite, arm, died, point, services):
    arm(point, *services)
    journey = await whole_journey(anyone)
    await settle(lambda: all(died(name) for name in services), 30)
    await invariants.hold(suite, journey.id)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("server", ["nats", "postgres"])
async def test_a_journey_ends_once_though_the_server_is_killed_in_the_middle(anyone, suite, server):
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    journey = await apply(citizen)
    await asyncio.to_thread(suite.kill, server)
    waiting = asyncio.create_task(recommend(anyone, journey))
    await asyncio.sleep(2)
    await asyncio.to_thread(suite.restart, server)
    await waiting
    await grant(anyone, journey)
    await journey.pay()
    seen = await journey.until_ended(120)
    assert seen["ended"]["outcome"] == "passed"
    await invariants.hold(suite, journey.id)


@pytest.mark.timeout(240)
async def test_a_service_that_is_away_for_a_while_delays_and_loses_nothing(anyone, suite):
    citizen = await anyone.sign_in(samples.CITIZENS["second"])
    await asyncio.to_thread(suite.kill, "issuance")
    journeys = []
    for _ in range(3):
        journey = await citizen.start("personal-document")
        await journey.fill(samples.PERSONAL["personal-document@2"])
        await journey.submit()
        await journey.pay()
        journeys.append(journey)
    for journey in journeys:
        await journey.until_at("issuance")
    await asyncio.to_thread(suite.restart, "issuance")
    for journey in journeys:
        assert (await journey.until_ended(60))["ended"]["outcome"] == "passed"
    await invariants.hold(suite, *(journey.id for journey in journeys))
