"""The spine of the kit on real servers: batch, inbox, relay, dead letters, tombstones, due work."""

import asyncio
import json
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kit import duework, journeys, worker
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.claims import ApplicationClaim
from kit.contracts.events import Recommended, Submitted, Withdrawn
from kit.contracts.journey import Outcome
from kit.contracts.text import Text
from kit.database import DUE_WORK, INBOX, OUTBOX, TOMBSTONE
from kit.gist import gist
from kit.messaging import DEAD_LETTERS
from kit.relay import LOCK, publish_unsent
from kit.replay import replay
from kit.testing import open_harness
from kit.worker import Worker
from tests.bundles import licence_bundle
from tests.kit.toy import consumers, main
from tests.kit.toy.models import Tally


@pytest.fixture
async def toy(servers, tmp_path):
    consumers.FAULTS.clear()
    consumers.SEEN.clear()
    main.DONE.clear()
    main.CHORE_FAULTS.clear()
    async with open_harness("review", servers, tmp_path, package="tests.kit.toy") as harness:
        harness.publish(licence_bundle())
        yield harness


def submitted(toy, journey: UUID | None = None) -> Event:
    event = toy.handover(Submitted, at="request", journey=journey)
    claim = ApplicationClaim(
        journey=event.journey, application=uuid4(), number="1", definition=event.definition, agency=event.agency,
        person=uuid4(), form={}, email=None, language="th", submitted_at=clock.now(),
        legally_received_at=clock.now(), is_open=True,
    )  # fmt: skip
    toy.peers.know("request", "applications", event.journey, claim)
    return event


async def test_every_event_delivered_twice_has_its_effect_once(toy):
    events = [submitted(toy) for _ in range(20)]
    await toy.deliver(*events)
    tallies = await toy.rows(select(Tally))
    assert {row["journey_id"] for row in tallies} == {event.journey for event in events}
    assert len(tallies) == 20
    assert len(await toy.facts(Recommended)) == 20


async def test_a_batch_is_one_transaction(toy):
    events = [submitted(toy) for _ in range(30)]
    await toy.deliver(*events, times=1)
    transactions = {row["transaction"] for row in await toy.rows(select(Tally))}
    assert len(transactions) < 30


async def test_a_hand_over_names_the_next_process_and_step(toy):
    await toy.deliver(submitted(toy))
    (event,) = await toy.facts(Recommended)
    assert (event.step, event.next, event.nextstep) == ("review", "approval", "approval")
    assert event.address == "events.22000000.review.recommended.approval"
    assert event.causationid is not None


async def test_the_relay_publishes_what_was_committed_and_marks_it(toy):
    await toy.deliver(submitted(toy))

    async def all_sent():
        return not await toy.rows(select(OUTBOX).where(OUTBOX.c.sent_at.is_(None)))

    await toy.until(all_sent)
    client = await toy.servers.operator()
    info = await client.jetstream().stream_info("EVENTS")
    await client.close()
    assert info.state.messages == 3  # submitted twice, recommended once


@pytest.mark.req("X3", part="dead letter with its reason; the queue goes on")
async def test_a_poison_event_is_dead_with_its_reason_and_the_queue_goes_on(toy):
    poison, sound = submitted(toy), submitted(toy)
    consumers.FAULTS[poison.journey] = consumers.Refused()
    await toy.deliver(poison, sound, times=1)
    assert [row["journey_id"] for row in await toy.rows(select(Tally))] == [sound.journey]
    letter = await _dead_letter(toy)
    assert Event.from_json(letter.data).id == poison.id
    assert letter.headers["Paet-Reason"].startswith("Refused")
    assert letter.headers["Paet-Consumer"] == "count"
    assert letter.headers["Paet-Subject"] == poison.address


@pytest.mark.req("X3", part="replay")
async def test_a_dead_event_is_replayed_after_its_cause_is_mended(toy):
    poison = submitted(toy)
    consumers.FAULTS[poison.journey] = consumers.Refused()
    await toy.deliver(poison, times=1)
    consumers.FAULTS.clear()
    assert await replay(toy.kit.settings, "review") == [str(poison.id)]

    async def tallied():
        return await toy.rows(select(Tally))

    await toy.until(tallied)
    assert await replay(toy.kit.settings, "review") == [], "a replayed letter is not replayed again"


async def test_rubbish_on_the_bus_is_dead_at_once_and_an_unknown_fact_once_no_newer_release_has_taken_it(
    toy, monkeypatch
):
    waited = []
    monkeypatch.setattr(worker, "UNKNOWN_TRIES", 3)
    monkeypatch.setattr(worker, "delay_after", lambda attempts: waited.append(attempts) or 0.01)
    client = await toy.servers.operator()
    await client.jetstream().publish("events.22000000.request.submitted.review", b"{not json")
    await client.jetstream().publish(
        "events.22000000.request.unheard.review", submitted(toy).to_json().replace(b"submitted.v1", b"unheard.v1")
    )
    await client.close()
    first, second = await _dead_letter(toy, 1), await _dead_letter(toy, 2)
    assert first.headers["Paet-Consumer"] == "envelope"
    assert second.headers["Paet-Consumer"] == "catalogue"
    assert waited == [1, 2]


async def test_passing_trouble_is_tried_again_and_nothing_is_lost(toy):
    event = submitted(toy)
    consumers.FAULTS[event.journey] = [ConnectionError(), TimeoutError()]
    await toy.deliver(event, times=1)
    assert len(await toy.rows(select(Tally))) == 1
    assert consumers.SEEN[event.journey] >= 3


async def test_an_owner_that_is_away_delays_the_event_only(toy):
    event = toy.handover(Submitted, at="request")
    waiting = asyncio.create_task(toy.deliver(event, times=1))
    await asyncio.sleep(0.5)
    assert not await toy.rows(select(Tally))
    known = submitted(toy, journey=event.journey)
    assert known.journey == event.journey
    await waiting
    assert len(await toy.rows(select(Tally))) == 1


async def test_a_withdrawal_delivered_before_what_it_stops_leaves_a_tombstone(toy):
    event = submitted(toy)
    withdrawal = toy.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    await toy.deliver(withdrawal)
    await toy.deliver(event)
    assert not await toy.rows(select(Tally))
    assert consumers.SEEN["ended"] == 1
    assert [row["reason"] for row in await toy.rows(select(TOMBSTONE))] == ["withdrawn"]
    assert len(await toy.rows(select(INBOX))) == 2


async def test_due_work_is_done_once_and_forgotten(toy):
    event = submitted(toy)
    await toy.deliver(event)

    async def done():
        return str(event.journey) in main.DONE and not await toy.rows(select(DUE_WORK))

    await toy.until(done)
    assert [str(event.journey)] == main.DONE


async def test_due_work_that_fails_is_tried_again_with_its_error_kept(toy):
    main.CHORE_FAULTS.append(RuntimeError("bank is shut"))
    event = submitted(toy)
    await toy.deliver(event)

    async def failed_once():
        return await toy.rows(select(DUE_WORK).where(DUE_WORK.c.attempts == 1))

    (row,) = await toy.until(failed_once)
    assert row["error"] == "RuntimeError: bank is shut"
    await toy.until(lambda: _is_done(event))


async def _is_done(event):
    return str(event.journey) in main.DONE


async def test_work_planned_for_later_waits_for_its_time(toy):
    async with toy.kit.database.transaction() as session:
        await duework.add(session, "chore", "later", due_at=clock.now() + timedelta(hours=1))
        await duework.add(session, "chore", "now")
    await toy.until(lambda: _has("now"))
    assert "later" not in main.DONE
    with clock.freeze(clock.now() + timedelta(hours=2)):
        await toy.until(lambda: _has("later"))


async def _has(key):
    return key in main.DONE


async def test_a_failed_commit_never_answers_success(toy):
    answer = await toy.client.post("/commit-fails")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_two_relays_never_publish_at_the_same_time(toy):
    async def held():
        return await toy.rows(text("SELECT objid FROM pg_locks WHERE locktype = 'advisory'"))

    await toy.until(held)
    async with toy.kit.database.engine.connect() as connection:
        taken = await connection.execute(text(f"SELECT pg_try_advisory_xact_lock({LOCK})"))
        assert taken.scalar_one() is False


async def _dead_letter(toy, sequence: int = 1):
    client = await toy.servers.operator()
    jetstream = client.jetstream()

    async def there():
        info = await jetstream.stream_info(DEAD_LETTERS)
        return info.state.messages >= sequence

    await toy.until(there)
    first = (await jetstream.stream_info(DEAD_LETTERS)).state.first_seq
    letter = await jetstream.get_msg(DEAD_LETTERS, first + sequence - 1)
    await client.close()
    return letter


def test_a_dead_letter_reason_fits_one_header_line():
    assert json.dumps("a\nb")[1:-1] == "a\\nb"


async def test_publishing_for_ever_opens_one_subscription(toy):
    for _ in range(3):
        event = submitted(toy)
        await toy.deliver(event, times=1)

        async def all_sent():
            return not await toy.rows(select(OUTBOX).where(OUTBOX.c.sent_at.is_(None)))

        await toy.until(all_sent)
    replies = [each.subject for each in toy.kit.bus.client._subs.values() if each._cb is not None]
    assert len(replies) <= 3, replies  # of requests, of what is published, of the pull


class SilentBus:
    """Takes events and never says so; its connection can be made anew."""

    def __init__(self):
        self.listeners, self.jetstream = [], self

    async def publish_async(self, *_args, **_kwargs):
        return asyncio.get_running_loop().create_future()

    @contextmanager
    def on_reconnection(self, listener):
        self.listeners.append(listener)
        yield
        self.listeners.remove(listener)


async def test_acknowledgements_of_a_lost_connection_are_not_waited_for(toy):
    bus = SilentBus()
    async with toy.kit.database.connection() as connection:
        undone = connection.transaction()
        await undone.start()
        await connection.execute("INSERT INTO outbox (id, address, body) VALUES ($1, 'events.none', '{}')", uuid4())
        sending = asyncio.create_task(publish_unsent(connection, bus))
        while not bus.listeners:
            await asyncio.sleep(0.01)
        assert not sending.done()
        bus.listeners[0]()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(sending), 1)
        assert sending.done()
        await undone.rollback()
    assert bus.listeners == []


async def test_two_workers_never_open_for_a_journey_that_one_of_them_is_closing(toy, monkeypatch):
    event = submitted(toy)
    withdrawal = toy.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    is_closing, close = asyncio.Event(), journeys.close

    async def slowly(session, journey, reason):
        is_closing.set()
        await asyncio.sleep(0.7)
        await close(session, journey, reason)

    monkeypatch.setattr(journeys, "close", slowly)
    one, other = (Worker(toy.kit, toy.app.state.worker.table) for _ in range(2))
    ending = asyncio.create_task(one._transact([withdrawal]))
    await is_closing.wait()
    await asyncio.gather(ending, other._transact([event]))
    assert not await toy.rows(select(Tally))


async def test_an_error_is_told_outside_without_its_words(toy, caplog):
    event = submitted(toy)
    main.CHORE_FAULTS.append(RuntimeError("Somchai lives here"))
    await toy.deliver(event, times=1)
    await toy.until(lambda: _is_done(event))
    assert "due work failed" in caplog.text
    assert "Somchai" not in caplog.text
    poison = submitted(toy)
    consumers.FAULTS[poison.journey] = consumers.Refused(Text(th="สมชาย", en="Somchai lives here"))
    await toy.deliver(poison, times=1)
    reason = (await _dead_letter(toy)).headers["Paet-Reason"]
    assert reason.startswith("Refused (conflict) at consumers.py:")


async def test_a_statement_that_fails_is_told_without_its_values(toy):
    with pytest.raises(DBAPIError) as failure:
        async with toy.kit.database.transaction() as session:
            await session.execute(text("SELECT 1 / (length(:name) - length(:name))"), {"name": "Somchai"})
    assert "Somchai" not in str(failure.value)
    assert gist(failure.value).startswith("DBAPIError (22012) from ")


async def test_an_outage_does_not_count_against_an_event(toy, monkeypatch):
    monkeypatch.setattr("kit.worker.delay_after", lambda attempts: 0.05 * attempts)
    event = submitted(toy)
    consumers.FAULTS[event.journey] = [ConnectionError()] * 5 + [KeyError("a race")]
    await toy.deliver(event, times=1)
    assert len(await toy.rows(select(Tally))) == 1


async def test_one_event_the_bus_refuses_does_not_hold_up_its_neighbours(toy, monkeypatch):
    monkeypatch.setattr("kit.relay.PATIENCE", 2.0)
    denied = "events.22000000.payment.paid.none"  # not this service's to say
    async with toy.kit.database.engine.begin() as connection:
        values = {"id": uuid4(), "address": denied, "body": "{}"}
        await connection.execute(OUTBOX.insert().values(**values))
    await toy.deliver(submitted(toy), times=1)

    async def sent():
        return await toy.rows(select(OUTBOX).where(OUTBOX.c.sent_at.is_not(None)))

    (row,) = await toy.until(sent, 40)
    assert ".review.recommended." in row["address"]
