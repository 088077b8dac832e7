"""The bus lets every user do its own work and nothing else, on a real server."""

import asyncio
import gc
from pathlib import Path

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig, StreamSource, SubjectTransform
from nats.js.errors import NotFoundError

from kit import nats_access
from kit.local.nats import NatsServer
from kit.nats_access import PartnerGrant

PASSWORDS = {"operator": "o", "review": "r", "approval": 'a"\\$2a$'}


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    config = nats_access.render(["review", "approval"], PASSWORDS, {"dbd": PartnerGrant("d"), "rd": PartnerGrant("x")})
    server = NatsServer(tmp_path_factory.mktemp("a bus"), config)
    server.start()
    yield server.url
    server.stop()


class User:
    """A connection whose refusals are kept: they arrive in `error_cb`, never at the call."""

    def __init__(self, url, name, password):
        self.url, self.name, self.password = url, name, password
        self.refusals = []

    async def __aenter__(self):
        async def keep(error):
            self.refusals.append(str(error).lower())

        prefix = nats_access.inbox(self.name) if self.name != "operator" else "_INBOX"
        self.nc = await nats.connect(
            self.url,
            user=self.name,
            password=self.password,
            inbox_prefix=prefix,
            error_cb=keep,
            allow_reconnect=False,
        )
        self.js = self.nc.jetstream(timeout=0.5)
        return self

    async def __aexit__(self, *_):
        await self.nc.close()

    async def refused(self, subject):
        """True when the server said that this very subject may not be used."""
        for _ in range(100):
            if any("permissions violation" in text and f'"{subject.lower()}"' in text for text in self.refusals):
                return True
            await asyncio.sleep(0.01)
        return False


@pytest.fixture
async def operator(bus):
    async with User(bus, "operator", PASSWORDS["operator"]) as user:
        for stream in ("EVENTS", "DEADLETTERS", "PARTNER_DBD", "PARTNER_RD"):
            try:
                await user.js.delete_stream(stream)
            except NotFoundError:
                continue
        await user.js.add_stream(StreamConfig(name="EVENTS", subjects=["events.>"]))
        await user.js.add_stream(StreamConfig(name="DEADLETTERS", subjects=["deadletters.>"]))
        for durable in ("review", "approval"):
            config = ConsumerConfig(durable_name=durable, ack_policy=AckPolicy.EXPLICIT)
            await user.js.add_consumer("EVENTS", config, filter_subject=f"events.*.*.*.{durable}")
        for partner in ("dbd", "rd"):
            stream = nats_access.partner_stream(partner)
            moved = SubjectTransform(src="events.*.issuance.>", dest=f"partner.{partner}.{{{{wildcard(1)}}}}.>")
            await user.js.add_stream(
                StreamConfig(name=stream, sources=[StreamSource(name="EVENTS", subject_transforms=[moved])])
            )
            await user.js.add_consumer(stream, ConsumerConfig(durable_name=partner, ack_policy=AckPolicy.EXPLICIT))
        yield user


@pytest.fixture
async def review(bus):
    async with User(bus, "review", PASSWORDS["review"]) as user:
        yield user


@pytest.fixture
async def partner(bus):
    async with User(bus, "dbd", "d") as user:
        yield user


async def test_service_publishes_its_facts_and_dead_letters(operator, review):
    await review.js.publish("events.22000000.review.recommended.approval", b"{}")
    await review.js.publish("deadletters.review", b"{}")
    assert (await operator.js.stream_info("EVENTS")).state.messages == 1
    assert (await operator.js.stream_info("DEADLETTERS")).state.messages == 1
    assert review.refusals == []


async def test_service_counts_its_dead_letters(operator, review):
    await review.js.publish("deadletters.review", b"{}")
    await operator.js.publish("deadletters.approval", b"{}")
    info = await review.js.stream_info("DEADLETTERS", subjects_filter="deadletters.review")
    assert info.state.subjects == {"deadletters.review": 1}
    assert review.refusals == []


async def test_service_reads_and_acknowledges_its_own_queue(operator, review):
    await operator.js.publish("events.22000000.request.submitted.review", b"one")
    queue = await review.js.pull_subscribe_bind(consumer="review", stream="EVENTS")
    [event] = await queue.fetch(1, timeout=2)
    await event.ack_sync()
    assert (await queue.consumer_info()).ack_floor.stream_seq == event.metadata.sequence.stream
    assert review.refusals == []


@pytest.mark.parametrize(
    "subject",
    [
        "events.22000000.approval.granted.payment",
        "events.22000000.review",
        "deadletters.approval",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.approval",
        "$JS.API.CONSUMER.INFO.EVENTS.approval",
        "$JS.ACK.EVENTS.approval.1.1.1.1.0",
        "$JS.API.STREAM.INFO.EVENTS",
        "$JS.API.STREAM.MSG.GET.DEADLETTERS",
        "$JS.API.STREAM.PURGE.DEADLETTERS",
        "$JS.API.STREAM.DELETE.EVENTS",
        "$JS.API.STREAM.MSG.GET.EVENTS",
        "$JS.API.DIRECT.GET.EVENTS",
        "$JS.API.CONSUMER.CREATE.EVENTS.review",
        "$JS.API.CONSUMER.DELETE.EVENTS.review",
        "_INBOX_approval.x",
    ],
)
async def test_service_is_refused_what_is_not_its_own(operator, review, subject):
    before = (await operator.js.stream_info("EVENTS")).state.last_seq
    await review.nc.publish(subject, b"{}")
    assert await review.refused(subject)
    assert (await operator.js.stream_info("EVENTS")).state.last_seq == before


@pytest.mark.parametrize("subject", ["events.>", ">", "_INBOX_approval.>", "_INBOX.>", "$JS.>", "deadletters.review"])
async def test_service_listens_to_its_own_inbox_only(operator, review, subject):
    await review.nc.subscribe(subject)
    assert await review.refused(subject)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_wrong_password_is_refused(bus):
    with pytest.raises(Exception, match="Authorization Violation"):
        async with User(bus, "review", PASSWORDS["approval"]):
            pass
    gc.collect()  # nats-py leaves the refused socket open; its warning belongs here, not to a later test


async def test_partner_reads_and_acknowledges_its_own_durable(operator, partner):
    await operator.js.publish("events.22000000.issuance.issued.delivery", b"seen")
    await operator.js.publish("events.22000000.payment.paid.issuance", b"not for partners")
    queue = await partner.js.pull_subscribe_bind(consumer="dbd", stream="PARTNER_DBD")
    [event] = await queue.fetch(5, timeout=1)
    assert (event.data, event.subject) == (b"seen", "partner.dbd.22000000.issued.delivery")
    await event.ack_sync()
    state = await operator.js.consumer_info("PARTNER_DBD", "dbd")
    assert (state.num_ack_pending, state.ack_floor.stream_seq) == (0, 1)
    assert partner.refusals == []


@pytest.mark.parametrize(
    "subject",
    [
        "events.22000000.issuance.issued.delivery",
        "partner.dbd.forged",
        "$JS.API.CONSUMER.MSG.NEXT.PARTNER_RD.rd",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.review",
        "$JS.API.STREAM.INFO.PARTNER_DBD",
        "$JS.API.CONSUMER.DELETE.PARTNER_DBD.dbd",
        "$JS.ACK.EVENTS.review.1.1.1.1.0",
    ],
)
async def test_partner_is_refused_everything_else(operator, partner, subject):
    await partner.nc.publish(subject, b"{}")
    assert await partner.refused(subject)


@pytest.mark.parametrize("subject", ["events.>", "partner.>", ">", "_INBOX_rd.>"])
async def test_partner_listens_to_its_own_inbox_only(operator, partner, subject):
    await partner.nc.subscribe(subject)
    assert await partner.refused(subject)


def test_strange_name_is_refused():
    with pytest.raises(ValueError, match="plain name"):
        nats_access.render(["review.>"], PASSWORDS, {})


def test_missing_password_is_refused():
    with pytest.raises(KeyError):
        nats_access.render(["payment"], PASSWORDS, {})


def test_configuration_file_is_private(tmp_path: Path):
    server = NatsServer(tmp_path, "")
    server.start()
    server.stop()
    assert (tmp_path / "nats.conf").stat().st_mode & 0o077 == 0
