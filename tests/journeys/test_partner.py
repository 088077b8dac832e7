"""A partner agency follows real journeys on the bus: its own subjects, by the published contract, nothing else."""

import json

import jsonschema_rs
import nats
import pytest
from nats.errors import TimeoutError as NothingThere

from kit.local import samples
from kit.nats_access import API_PREFIX, inbox, partner_stream
from tests.journeys.walks import apply, grant, recommend

PARTNER = "dbd"


@pytest.fixture
async def partner(suite):
    """The partner's connection; what it is refused arrives in the list."""
    refused = []

    async def keep(error):
        refused.append(str(error).lower())

    client = await nats.connect(
        suite.nats.url, user=PARTNER, password=suite.state.password("nats", f"partner_{PARTNER}"),
        inbox_prefix=inbox(PARTNER), error_cb=keep, allow_reconnect=False,
    )  # fmt: skip
    yield client, refused
    await client.close()


async def everything_there(client) -> list:
    jetstream = client.jetstream(prefix=API_PREFIX, timeout=2)
    subscription = await jetstream.pull_subscribe_bind(consumer=PARTNER, stream=partner_stream(PARTNER))
    messages = []
    try:
        while True:
            batch = await subscription.fetch(50, timeout=1.5)
            messages += batch
            for message in batch:
                await message.ack_sync()
    except (NothingThere, TimeoutError):
        return messages


@pytest.mark.req("E1")
@pytest.mark.req("E2")
async def test_a_partner_learns_of_an_issued_licence_by_the_published_contract_and_of_nothing_else(anyone, partner):
    client, refused = partner
    await everything_there(client)
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    withdrawn = await apply(citizen)
    await withdrawn.withdraw()
    await withdrawn.until_ended()
    journey = await apply(citizen)
    await recommend(anyone, journey)
    await grant(anyone, journey)
    await journey.pay()
    await journey.until_ended()

    (message,) = await everything_there(client)
    event = json.loads(message.data)
    contract = await anyone.get("/asyncapi.json")
    assert contract["asyncapi"].startswith("3.")
    described = next(each for each in contract["components"]["messages"].values() if each["name"] == event["type"])
    schema = described["payload"] | {"components": contract["components"]}
    assert [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(event)] == []
    assert (event["specversion"], event["type"]) == ("1.0", "paet.issuance.issued.v1")
    assert event["journeyid"] == journey.id

    await client.subscribe("events.>")
    await client.publish("events.22000000.issuance.issued.none", b"{}")
    await client.flush()
    await client.flush()
    assert len([words for words in refused if "permissions violation" in words]) == 2
    assert await everything_there(client) == [], "what was acknowledged does not come again"
