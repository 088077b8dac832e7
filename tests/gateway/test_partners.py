"""A partner reads what was agreed, durably, and is refused everything else: on a real server with real accounts."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nats
import pytest
from nats.js.api import DeliverPolicy, RetentionPolicy, StorageType
from nats.js.errors import NotFoundError, ServerError
from uuid_utils.compat import uuid7

from gateway.commands import partners
from gateway.commands.partners import InvalidAgreement, provision, read_agreements
from gateway.partners.__main__ import AGREEMENTS
from kit import nats_access
from kit.cloudevents import Event, Position, compose
from kit.contracts.events import Issued, Paid, Voided
from kit.contracts.journey import Outcome, Slip
from kit.local.layout import LAYOUT
from kit.local.nats import NatsServer
from kit.messaging import DAY, EVENTS, _events
from kit.migrate import migrate
from kit.nats_access import API_PREFIX, PartnerGrant
from kit.testing import environment_of
from tests.bundles import licence_bundle

PASSWORDS = {"operator": "o", "gateway": "g", "issuance": "i", "payment": "p"}
GRANTS = {"dbd": PartnerGrant("d"), "rd": PartnerGrant("r")}
PLAN = licence_bundle().definition.steps
[DBD] = read_agreements(AGREEMENTS)
RD = DBD.model_copy(update={"name": "rd"})


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    access = nats_access.render(["gateway", "issuance", "payment"], PASSWORDS, GRANTS)
    server = NatsServer(tmp_path_factory.mktemp("bus"), access)
    server.start()
    yield server
    server.stop()


class User:
    """A connection whose refusals are kept: they arrive in `error_cb`, never at the call."""

    def __init__(self, bus, name, password):
        self.bus, self.name, self.password, self.refusals = bus, name, password, []

    async def __aenter__(self):
        async def keep(error):
            self.refusals.append(str(error).lower())

        prefix = nats_access.inbox(self.name) if self.name != "operator" else "_INBOX"
        self.nc = await nats.connect(
            self.bus.url, user=self.name, password=self.password, inbox_prefix=prefix, error_cb=keep,
            allow_reconnect=False,
        )  # fmt: skip
        self.js = self.nc.jetstream(timeout=2)
        return self

    async def __aexit__(self, *_):
        await self.nc.close()

    async def refused(self, subject):
        for _ in range(100):
            if any("permissions violation" in text and f'"{subject.lower()}"' in text for text in self.refusals):
                return True
            await asyncio.sleep(0.01)
        return False


def as_partner(bus, name="dbd"):
    return User(bus, name, GRANTS[name].password)


async def _add_events(user) -> None:
    """The store of a stream that was just deleted is being cleared away for a moment, and cannot be made meanwhile."""
    async with asyncio.timeout(10):
        while True:
            with suppress(ServerError):
                return await user.js.add_stream(_events(1))


@pytest.fixture
async def operator(bus):
    async with User(bus, "operator", PASSWORDS["operator"]) as user:
        for stream in await user.js.streams_info():
            await user.js.delete_stream(stream.config.name)
        await _add_events(user)
        await provision(user.js, [DBD, RD])
        yield user


def told(fact, agency="22000000") -> Event:
    slip = Slip(plan=PLAN, position=len(PLAN) - 2)
    position = Position(
        journey_id=uuid7(), agency=agency, definition="food-licence@1", step=slip.step.id, slip=slip
    )  # fmt: skip
    made = {
        Issued: lambda: Issued(slip=slip, outcome=Outcome.PASSED),
        Paid: lambda: Paid(slip=slip, outcome=Outcome.PASSED),
        Voided: lambda: Voided(document=uuid4(), reason="stopped"),
    }
    return compose(made[fact](), position=position)


async def publish(operator, *events):
    for event in events:
        await operator.js.publish(event.address, event.to_json(), headers={"Nats-Msg-Id": str(event.id)})


async def copied(operator, count, name="dbd"):
    """Wait until the partner's stream holds so many."""
    async with asyncio.timeout(10):
        while True:
            if (await operator.js.stream_info(nats_access.partner_stream(name))).state.messages >= count:
                return
            await asyncio.sleep(0.02)


async def read(user, count):
    """So many events of the partner's durable, unacknowledged."""
    queue = await user.js.pull_subscribe_bind(consumer=user.name, stream=nats_access.partner_stream(user.name))
    messages = []
    async with asyncio.timeout(10):
        while len(messages) < count:
            messages += await queue.fetch(count - len(messages), timeout=5)
    await queue.unsubscribe()
    return messages


def ids(messages):
    return [Event.from_json(each.data).id for each in messages]


@pytest.mark.req("E2", part="durable: what happened while the partner was away is there, in order, until acknowledged")
async def test_partner_misses_nothing_while_it_is_away(bus, operator):
    events = [told(Issued if turn % 3 else Voided) for turn in range(30)]
    await publish(operator, *events[:10])
    async with as_partner(bus) as partner:
        first = await read(partner, 10)
        for each in first:
            await each.ack_sync()
    await publish(operator, *events[10:])
    async with as_partner(bus) as partner:
        second = await read(partner, 20)
        for each in second:
            await each.nak()
        again = await read(partner, 20)
        for each in again:
            await each.ack_sync()
        assert partner.refusals == []
    assert ids(first + second) == [event.id for event in events]
    assert sorted(ids(again)) == sorted(ids(second))
    assert all(each.metadata.num_delivered == 2 for each in again)
    state = await operator.js.consumer_info("PARTNER_DBD", "dbd")
    assert (state.num_pending, state.num_ack_pending) == (0, 0)


@pytest.mark.req("E2", part="durable: a partner sees how much waits for it")
async def test_partner_asks_about_its_durable_under_the_prefix_it_is_told(bus, operator):
    """Clients that ask about a consumer before they read need an answer; `$JS.API` gives a partner none."""
    event = told(Issued)
    await publish(operator, event)
    await copied(operator, 1)
    async with as_partner(bus) as partner:
        jetstream = partner.nc.jetstream(timeout=2, prefix=API_PREFIX)
        assert (await jetstream.consumer_info("PARTNER_DBD", "dbd")).num_pending == 1
        queue = await jetstream.pull_subscribe_bind(consumer="dbd", stream="PARTNER_DBD")
        [message] = await queue.fetch(1, timeout=5)
        await message.ack_sync()
        info = await jetstream.consumer_info("PARTNER_DBD", "dbd")
        assert (info.num_pending, info.num_ack_pending) == (0, 0)
        assert partner.refusals == []
    assert ids([message]) == [event.id]


@pytest.mark.req("E2", part="durable: the bus restarts and nothing is lost")
async def test_a_restart_of_the_bus_loses_nothing(bus, operator):
    event = told(Issued)
    await publish(operator, event)
    await copied(operator, 1)
    await operator.nc.close()
    bus.stop()
    bus.start()
    async with as_partner(bus) as partner:
        assert ids(await read(partner, 1)) == [event.id]


@pytest.mark.req("E2", part="its own subjects and nothing else")
async def test_partner_gets_the_agreed_facts_of_the_agreed_agencies_alone(bus, operator):
    foreign = [told(Paid), told(Issued, agency="33000000"), told(Voided, agency="platform")]
    mine = [told(Issued), told(Voided)]
    await publish(operator, foreign[0], mine[0], *foreign[1:], mine[1])
    await copied(operator, 2)
    async with as_partner(bus) as partner:
        messages = await read(partner, 2)
    assert ids(messages) == [event.id for event in mine]
    assert [each.subject for each in messages] == [
        "partner.dbd.22000000.issuance.issued.delivery",
        "partner.dbd.22000000.issuance.voided.none",
    ]
    assert (await operator.js.stream_info("PARTNER_DBD")).state.messages == 2
    assert Event.from_json(messages[0].data) == mine[0]


@pytest.mark.req("E2", part="nothing else: neither other streams nor durables, nor publishing, nor the API's lists")
@pytest.mark.parametrize(
    "subject",
    [
        "events.22000000.issuance.issued.delivery",
        "events.22000000.dbd.forged.none",
        "partner.dbd.22000000.issuance.issued.delivery",
        "deadletters.dbd",
        "$JS.API.INFO",
        "$JS.API.STREAM.LIST",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.INFO.EVENTS",
        "$JS.API.STREAM.INFO.PARTNER_DBD",
        "$JS.API.STREAM.MSG.GET.EVENTS",
        "$JS.API.STREAM.MSG.GET.PARTNER_RD",
        "$JS.API.STREAM.PURGE.PARTNER_DBD",
        "$JS.API.STREAM.DELETE.PARTNER_DBD",
        "$JS.API.DIRECT.GET.EVENTS",
        "$JS.API.CONSUMER.LIST.PARTNER_DBD",
        "$JS.API.CONSUMER.CREATE.EVENTS",
        "$JS.API.CONSUMER.DURABLE.CREATE.PARTNER_DBD.second",
        "$JS.API.CONSUMER.DELETE.PARTNER_DBD.dbd",
        "$JS.API.CONSUMER.INFO.PARTNER_RD.rd",
        "$JS.API.CONSUMER.MSG.NEXT.PARTNER_RD.rd",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.gateway",
        "$JS.ACK.PARTNER_RD.rd.1.1.1.1.0",
        f"{API_PREFIX}.STREAM.INFO.PARTNER_DBD",
        f"{API_PREFIX}.CONSUMER.INFO.PARTNER_RD.rd",
        f"{API_PREFIX}.CONSUMER.MSG.NEXT.PARTNER_RD.rd",
    ],
)
async def test_partner_is_refused_everything_else(bus, operator, subject):
    await publish(operator, told(Issued))
    await copied(operator, 1)
    await copied(operator, 1, "rd")
    before = await _state(operator)
    async with as_partner(bus) as partner:
        await partner.nc.publish(subject, b"{}")
        assert await partner.refused(subject)
    assert await _state(operator) == before


async def _state(operator):
    streams = await operator.js.streams_info()
    return [(each.config.name, each.state.messages, each.state.consumer_count) for each in streams]


@pytest.mark.req("E2", part="nothing else: it hears nothing but its own inbox")
@pytest.mark.parametrize("subject", [">", "events.>", "partner.>", "partner.rd.>", "_INBOX.>", "_INBOX_rd.>", "$JS.>"])
async def test_partner_listens_to_its_own_inbox_only(bus, operator, subject):
    heard = []

    async def hear(message):
        heard.append(message)

    async with as_partner(bus) as partner:
        await partner.nc.subscribe(subject, cb=hear)
        assert await partner.refused(subject)
        await publish(operator, told(Issued))
        await copied(operator, 1)
    assert heard == []


@pytest.mark.req("E2", part="nothing else: another's durable gives no answer")
async def test_partner_cannot_read_with_anothers_durable(bus, operator):
    await publish(operator, told(Issued))
    await copied(operator, 1, "rd")
    async with as_partner(bus) as partner:
        with pytest.raises(TimeoutError):
            await partner.js.consumer_info("PARTNER_RD", "rd", timeout=0.3)
        with pytest.raises(TimeoutError):
            await partner.js.stream_info(EVENTS)
    assert (await operator.js.consumer_info("PARTNER_RD", "rd")).num_ack_pending == 0


@pytest.mark.req("E2", part="kept at least 30 days")
async def test_events_are_kept_at_least_thirty_days(operator):
    config = (await operator.js.stream_info("PARTNER_DBD")).config
    assert config.max_age >= 30 * DAY
    assert (config.storage, config.retention) == (StorageType.FILE, RetentionPolicy.LIMITS)
    assert (config.max_msgs, config.max_bytes) == (-1, -1)


@pytest.mark.req("E2", part="replay")
async def test_partner_reads_anew_when_the_operator_lets_it(bus, operator):
    events = [told(Issued) for _ in range(5)]
    await publish(operator, *events[:3])
    async with as_partner(bus) as partner:
        for each in await read(partner, 3):
            await each.ack_sync()
        middle = datetime.now(UTC)
        await publish(operator, *events[3:])
        for each in await read(partner, 2):
            await each.ack_sync()
        command(bus, "replay", "dbd")
        again = await read(partner, 5)
        command(bus, "replay", "dbd", "--since", middle.isoformat())
        later = await read(partner, 2)
    assert ids(again) == [event.id for event in events]
    assert ids(later) == [event.id for event in events[3:]]
    consumer = (await operator.js.consumer_info("PARTNER_DBD", "dbd")).config
    await provision(operator.js, [DBD])
    assert (await operator.js.consumer_info("PARTNER_DBD", "dbd")).config == consumer
    assert consumer.deliver_policy == DeliverPolicy.BY_START_TIME


def command(bus, *arguments, code=0):
    environment = {
        "PAET_NATS_URL": bus.url, "PAET_NATS_OPERATOR_USER": "operator", "PAET_NATS_OPERATOR_PASSWORD": "o",
    }  # fmt: skip
    line = [sys.executable, "-m", "gateway.partners", *arguments]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stderr


async def test_commands_provision_and_end(bus, operator, tmp_path):
    command(bus, "end", "dbd")
    assert "no such partner" in command(bus, "replay", "dbd", code=1)
    with pytest.raises(NotFoundError):
        await operator.js.stream_info("PARTNER_DBD")
    command(bus, "provision")
    assert (await operator.js.consumer_info("PARTNER_DBD", "dbd")).config.durable_name == "dbd"
    (tmp_path / "x.yaml").write_text("name: x")
    assert "x.yaml" in command(bus, "provision", str(tmp_path), code=1)


async def test_the_gateways_migration_provisions_the_partners(servers, monkeypatch, tmp_path):
    database = await servers.new_database("gateway")
    environment = environment_of("gateway", servers, database, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(f"PAET_{name.upper()}", json.dumps(value) if isinstance(value, dict) else str(value))
    await migrate("gateway")
    client = await servers.operator()
    jetstream = client.jetstream()
    assert (await jetstream.consumer_info("PARTNER_DBD", "dbd")).config.max_deliver == -1
    await jetstream.delete_stream("PARTNER_DBD")
    await client.close()


async def test_provisioning_again_changes_nothing_and_repeats_nothing(operator):
    await publish(operator, told(Issued))
    await copied(operator, 1)
    before = await operator.js.stream_info("PARTNER_DBD")
    await provision(operator.js, [DBD, RD])
    await publish(operator, told(Issued))
    await copied(operator, 2)
    after = await operator.js.stream_info("PARTNER_DBD")
    assert (after.config, after.state.messages) == (before.config, 2)


async def test_a_changed_agreement_goes_on_where_it_stood(bus, operator):
    events = [told(Issued), told(Voided), told(Voided), told(Issued), told(Voided)]
    fewer = DBD.model_copy(update={"facts": tuple(each for each in DBD.facts if "issued" in each.type)})
    await publish(operator, events[0], events[1])
    await copied(operator, 2)
    await provision(operator.js, [fewer])
    await publish(operator, events[2], events[3])
    await copied(operator, 3)
    await provision(operator.js, [DBD])
    await publish(operator, events[4])
    await copied(operator, 4)
    async with as_partner(bus) as partner:
        messages = await read(partner, 4)
    await provision(operator.js, [DBD])
    await asyncio.sleep(0.3)
    assert (await operator.js.stream_info("PARTNER_DBD")).state.messages == 4
    assert ids(messages) == [events[index].id for index in (0, 1, 3, 4)]


async def test_what_was_before_the_agreement_is_not_read(bus, operator):
    await publish(operator, told(Issued))
    later = DBD.model_copy(update={"effective_on": datetime.now(UTC).date() + timedelta(days=2)})
    await partners.end(operator.js, "dbd")
    await provision(operator.js, [later])
    await provision(operator.js, [later, RD])
    await copied(operator, 1, "rd")
    await asyncio.sleep(0.3)
    assert (await operator.js.stream_info("PARTNER_DBD")).state.messages == 0


def test_every_partner_of_the_local_suite_has_an_agreement():
    assert {each.name for each in read_agreements(AGREEMENTS)} == set(LAYOUT.partners)


def test_a_file_named_otherwise_than_its_partner_is_refused(tmp_path):
    (tmp_path / "rd.yaml").write_text((AGREEMENTS / "dbd.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(InvalidAgreement, match=r"rd\.yaml"):
        read_agreements(tmp_path)
