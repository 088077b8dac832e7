"""Every queue and deadline has its figure, on real servers; no label holds anything a person typed."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text
from sqlalchemy.dialects import postgresql

from kit import telemetry
from kit.clock import clock
from kit.contracts.events import Submitted
from kit.database import DUE_WORK, OUTBOX
from kit.local.doubles import running
from kit.local.ports import free_port
from kit.metrics import KIT_GAUGES, LEAST_PAUSE, Metrics, work_by_kind
from kit.testing import open_harness
from tests.bundles import licence_bundle
from tests.kit.test_worker import submitted
from tests.kit.toy import consumers, main

QUEUES = pytest.mark.req("O4", part="metrics for every queue and deadline")


@pytest.fixture
async def toy(servers, tmp_path):
    async with toy_with(servers, tmp_path) as harness:
        yield harness


def toy_with(servers, tmp_path, **settings):
    for each in (consumers.FAULTS, consumers.SEEN, main.DONE, main.CHORE_FAULTS):
        each.clear()
    settings = {"metrics_seconds": 0.1} | settings
    return open_harness("review", servers, tmp_path, package="tests.kit.toy", **settings)


async def samples(toy) -> list:
    answer = await toy.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return [each for family in text_string_to_metric_families(answer.text) for each in family.samples]


async def figures(toy) -> dict:
    """Name, or name and the value of the label that is not the service → value."""
    found = {}
    for each in await samples(toy):
        assert each.labels["service"] == "review"
        rest = [value for name, value in each.labels.items() if name != "service"]
        found[(each.name, *rest) if rest else each.name] = each.value
    return found


async def shows(toy, name, check) -> None:
    async def shown():
        value = (await figures(toy)).get(name)
        return value is not None and check(value)

    await toy.until(shown)


async def put(toy, *statements):
    async with toy.kit.database.engine.begin() as connection:
        for each in statements:
            await connection.execute(each)


def due(kind="chore", **values):
    return insert(DUE_WORK).values({"kind": kind, "key": str(uuid4()), "due_at": clock.now(), "payload": {}} | values)


@QUEUES
async def test_every_figure_is_there_from_the_start_and_nothing_waits(toy):
    await shows(toy, "paet_dead_letters", lambda value: value >= 0)
    found = await figures(toy)
    kinds = {"paet_due_work", "paet_due_work_failed"}
    assert {name for name in found if isinstance(name, str)} >= KIT_GAUGES.keys() - kinds
    assert {found[name, "chore"] for name in kinds} == {0}
    assert {found[name] for name in KIT_GAUGES.keys() - kinds} == {0}


@QUEUES
async def test_unsent_events_are_counted_with_the_age_of_the_oldest(servers, tmp_path):
    async with toy_with(servers, tmp_path) as toy:
        await toy.kit.bus.connected.wait()
        await toy.kit.bus.close()
        row = {"address": "events.x", "body": "{}", "created_at": text("now() - interval '90 seconds'")}
        await put(toy, *(insert(OUTBOX).values(row | {"id": uuid4()}) for _ in range(3)))
        await shows(toy, "paet_outbox_unsent", lambda value: value == 3)
        await shows(toy, "paet_outbox_oldest_seconds", lambda value: 90 <= value < 150)
        found = await figures(toy)
        assert "paet_consumer_pending" not in found, "what cannot be read is left out"


@QUEUES
async def test_events_at_the_consumer_are_counted(toy):
    toy.publish(licence_bundle())
    waiting = asyncio.create_task(toy.deliver(toy.handover(Submitted, at="request"), times=1))
    # The owner of the claim is away: the event is taken again and again.
    await shows(toy, "paet_consumer_unacknowledged", lambda value: value == 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@QUEUES
async def test_dead_letters_are_counted_each_service_its_own(toy):
    client = await toy.servers.operator()
    await client.jetstream().publish("deadletters.approval", b"{}")
    await client.jetstream().publish("events.22000000.request.submitted.review", b"{not json")
    await client.close()
    await shows(toy, "paet_dead_letters", lambda value: value == 1)


@QUEUES
async def test_due_work_is_counted_by_kind_with_the_wait_of_the_oldest(toy):
    early = clock.now() - timedelta(seconds=120)
    await put(
        toy,
        due("unknown", due_at=early, attempts=3),
        due("unknown", due_at=clock.now() + timedelta(hours=1), attempts=1),
        due("chore", due_at=clock.now() + timedelta(days=1)),
        due("chore", failed_at=early, attempts=12),
    )
    await shows(toy, ("paet_due_work_failed", "chore"), lambda value: value == 1)
    found = await figures(toy)
    assert found["paet_due_work", "chore"] == 0, "planned for later is not due"
    assert found["paet_due_work", "unknown"] == 2
    await put(toy, text("DELETE FROM due_work"))
    await shows(toy, ("paet_due_work_failed", "chore"), lambda value: value == 0)
    assert ("paet_due_work", "unknown") not in await figures(toy)


async def test_work_that_is_planned_for_later_is_not_read_to_count_what_is_due(toy):
    later = (
        "INSERT INTO due_work (kind, key, due_at) SELECT 'chore', n, now() + '1 day' FROM generate_series(1, 20000) n"
    )
    await put(toy, text(later), text("ANALYZE due_work"))
    query = work_by_kind(clock.now()).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with toy.kit.database.engine.connect() as connection:
        plan = "\n".join((await connection.execute(text(f"EXPLAIN {query}"))).scalars())
    assert "Seq Scan" not in plan, plan


@QUEUES
async def test_the_wait_of_the_oldest_due_work_is_told(toy):
    at = clock.now() + timedelta(hours=1)
    await put(toy, due(due_at=at))
    async with toy.kit.database.engine.begin() as connection:
        # Another process has it in hand.
        await connection.execute(text("SELECT id FROM due_work FOR UPDATE"))
        with clock.freeze(at + timedelta(seconds=120)):
            await shows(toy, "paet_due_work_oldest_seconds", lambda value: value == 120)
            await shows(toy, ("paet_due_work", "chore"), lambda value: value == 1)


@QUEUES
async def test_a_service_shows_figures_of_its_own(toy):
    toy.publish(licence_bundle())
    await toy.deliver(submitted(toy), submitted(toy))
    await shows(toy, ("paet_tallies", "review"), lambda value: value == 2)


@QUEUES
async def test_an_api_process_reads_no_queue_and_shows_its_durations(servers, tmp_path):
    async with toy_with(servers, tmp_path, role="api") as toy:
        for name in ("3100100000022", "somchai@example.org"):
            assert (await toy.client.get(f"/tallies/{name}?q={name}", headers={"Host": name})).status_code == 200
        await toy.client.get("/nowhere/3100100000022")
        await toy.client.request("somchai", "/tallies/x")
        found = await samples(toy)
        text_of_all = (await toy.client.get("/metrics")).text
        counted = {
            (each.labels["http_method"], each.labels.get("http_target")): each.value
            for each in found
            if each.name == "http_server_duration_milliseconds_count" and each.labels["http_status_code"] == "200"
        }
        assert counted == {("GET", "/tallies/{name}"): 2}
        assert {each.labels["service"] for each in found} == {"review"}
        for typed in ("3100100000022", "somchai", "example.org"):
            assert typed not in text_of_all
        assert not any(each.name.startswith("paet_") for each in found)


async def test_what_cannot_be_read_any_more_is_not_shown_stale(toy):
    await shows(toy, "paet_outbox_unsent", lambda value: value == 0)
    await put(toy, text("ALTER TABLE outbox RENAME TO away"))

    async def gone():
        found = await figures(toy)
        return "paet_outbox_unsent" not in found and ("paet_due_work", "chore") in found

    await toy.until(gone)


@pytest.mark.parametrize(("seconds", "most"), [(0.05, 1), (0.0, 1000)])
async def test_reading_takes_a_fiftieth_of_the_time_at_most(toy, monkeypatch, seconds, most):
    reads = []

    async def read(_kit):
        reads.append(seconds)
        await asyncio.sleep(seconds)
        return {}, True

    monkeypatch.setattr("kit.metrics.LEAST_PAUSE", LEAST_PAUSE)  # as it is shipped
    toy.kit.settings.metrics_seconds = 0.01
    metrics = Metrics(toy.kit.settings, consumes=False, kinds=(), gauges={})
    monkeypatch.setattr(metrics, "_read", read)
    task = asyncio.create_task(metrics.run(toy.kit))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 1 <= len(reads) <= most
    assert most == 1 or len(reads) > 5


def test_the_endpoint_of_the_collector_is_a_base_or_the_address_of_the_traces():
    for given in ("http://otel:4318", "http://otel:4318/", "http://otel:4318/v1/traces"):
        assert telemetry.otlp_url(given, "metrics") == "http://otel:4318/v1/metrics"
        assert telemetry.otlp_url(given, "traces") == "http://otel:4318/v1/traces"


async def test_metrics_go_to_the_collector(servers, tmp_path):
    received = []
    collector = FastAPI()

    @collector.post("/v1/{signal}")
    async def take(signal: str) -> None:
        received.append(signal)

    with running(collector, free_port()) as url:
        async with toy_with(servers, tmp_path, otlp_endpoint=url) as toy:
            await shows(toy, "paet_outbox_unsent", lambda value: value == 0)
            await toy.client.get("/tallies/x")
    assert set(received) == {"traces", "metrics"}
