"""The standing pull on a real bus: a request always stands, and one that is lost is made anew."""

import asyncio

import pytest
from nats.js.errors import NotFoundError

from kit.cloudevents import compose
from kit.contracts.events import CalendarChanged
from kit.messaging import EVENTS
from kit.pulling import BATCH, Lost, Pull
from kit.testing import open_harness

SERVICE = "review"


@pytest.fixture
async def toy(servers, tmp_path):
    async with open_harness(SERVICE, servers, tmp_path, package="tests.kit.toy", role="api") as harness:
        connecting = asyncio.create_task(harness.kit.bus.connect_for_ever())
        await connecting
        yield harness
        await harness.kit.bus.close()


async def publish(toy, count):
    client = await toy.servers.operator()
    for _ in range(count):
        event = compose(CalendarChanged(day="2027-01-04", is_workday=False))
        await client.jetstream().publish(f"events.platform.request.submitted.{SERVICE}", event.to_json())
    await client.close()


async def test_more_than_a_request_asks_for_comes_without_a_pause(toy):
    await publish(toy, 2 * BATCH + 5)
    async with Pull.open(toy.kit.bus, SERVICE) as pull:
        sizes = [len(await pull.batch())]
        await pull.gather(10)  # a batch is being handled: meanwhile the rest of its request comes, or the next one
        assert (sizes[0] + len(pull._events)) % BATCH == 0
        while sum(sizes) < 2 * BATCH + 5:
            sizes.append(len(await pull.batch()))
    assert max(sizes) <= BATCH


async def test_a_pull_whose_consumer_is_deleted_is_lost_and_one_without_a_consumer_is_refused(toy):
    client = await toy.servers.operator()
    jetstream = client.jetstream()
    config = (await jetstream.consumer_info(EVENTS, SERVICE)).config
    async with Pull.open(toy.kit.bus, SERVICE) as pull:
        waiting = asyncio.create_task(pull.batch())
        await asyncio.sleep(0.2)
        await jetstream.delete_consumer(EVENTS, SERVICE)
        with pytest.raises(Lost):
            await waiting
    with pytest.raises(NotFoundError):
        async with Pull.open(toy.kit.bus, SERVICE):
            pass
    await jetstream.add_consumer(EVENTS, config)
    await client.close()
