"""Every event of the stream delivered again, newest first: the lawful effect stays once."""

import asyncio
import random

import pytest

from kit.cloudevents import Event
from kit.local import samples
from kit.messaging import EVENTS
from tests.faults import invariants
from tests.journeys.walks import apply, rows

SEED = 20261122
COUNTS = {
    "request": "SELECT count(*) AS n FROM application",
    "review": "SELECT count(*) AS n FROM outbox",
    "approval": "SELECT count(*) AS n FROM outbox",
    "payment": "SELECT count(*) + (SELECT count(*) FROM ledgerentry) + (SELECT count(*) FROM receipt) AS n FROM outbox",
    "issuance": "SELECT count(*) + (SELECT count(*) FROM document) AS n FROM outbox",
    "delivery": "SELECT count(*) + (SELECT count(*) FROM notice) AS n FROM outbox",
    "gateway": "SELECT count(*) AS n FROM timeline",
}


async def counted(suite):
    return {service: (await rows(suite, service, query))[0]["n"] for service, query in COUNTS.items()}


async def all_taken(jetstream):
    async with asyncio.timeout(60):
        for info in await jetstream.consumers_info(EVENTS):
            while info.num_pending or info.num_ack_pending:
                await asyncio.sleep(0.1)
                info = await jetstream.consumer_info(EVENTS, info.name)


@pytest.mark.req("X1", part="duplicates and reordering")
@pytest.mark.timeout(240)
async def test_every_fact_delivered_again_in_any_order_changes_nothing(anyone, suite, operator):
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    withdrawn = await apply(citizen)
    await withdrawn.until_at("review")
    await withdrawn.withdraw()
    await withdrawn.until_ended()
    paid = await citizen.start("personal-document")
    await paid.fill(samples.PERSONAL["personal-document@2"])
    await paid.submit()
    await paid.pay("twice")
    await paid.until_ended()
    await invariants.nothing_is_unsent(suite)
    await asyncio.sleep(2)  # mails on their way
    jetstream = operator.jetstream()
    await all_taken(jetstream)
    before = await counted(suite)
    state = (await jetstream.stream_info(EVENTS)).state
    messages = [await jetstream.get_msg(EVENTS, sequence) for sequence in range(state.first_seq, state.last_seq + 1)]
    random.Random(SEED).shuffle(messages)
    for turn, message in enumerate(messages):
        event = Event.from_json(message.data or b"")
        headers = {"Nats-Msg-Id": f"{event.id}:again:{turn}"}
        await jetstream.publish(message.subject, message.data or b"", headers=headers)
    await all_taken(jetstream)
    assert await counted(suite) == before
    await invariants.hold(suite, withdrawn.id, paid.id)
