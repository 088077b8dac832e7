"""The broker loses everything; streams and consumers are made anew and filled from the databases."""

import pytest

from kit.messaging import DEAD_LETTERS, EVENTS
from tests.faults import bus, invariants
from tests.faults.matrix import playing
from tests.faults.stage import SERVICES
from tests.faults.tables import column
from tests.faults.walking import Walk, walk


async def counted(stage):
    """How many rows every service has, in all tables but the book of what was received."""
    tables = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_type = 'BASE TABLE' AND table_name NOT IN ('inbox', 'alembic_version')"
    )
    return {
        (name, table): (await column(stage, name, f'SELECT count(*) FROM "{table}"'))[0]
        for name in SERVICES
        for table in await column(stage, name, tables)
    }


@pytest.mark.req("O5", part="the event stream rebuilt from the databases")
async def test_a_stream_that_is_lost_is_rebuilt_and_no_effect_is_doubled(stage):
    before, under_way = Walk("twice"), Walk("plain")
    async with playing(stage) as play:
        await walk(stage, play.citizen, before, 0)
        await invariants.is_quiet(stage)
        rows = await counted(stage)
        told = await bus.told(stage)
        assert await bus.wipe_and_rebuild(stage) == told
        async with bus.stream_of(stage) as jetstream:
            ids = [(message.headers or {})["Nats-Msg-Id"] for message in await bus.messages(jetstream)]
            assert len(ids) == told
            assert ids == sorted(ids), "the events come in the order of their ids"
            names = {each.config.name for each in await jetstream.streams_info()}
            assert {EVENTS, DEAD_LETTERS} <= names
        await invariants.is_quiet(stage)
        assert await counted(stage) == rows
        await walk(stage, play.citizen, under_way, 0)
    assert (before.outcome, under_way.outcome) == ("passed", "passed")
    await invariants.hold(stage, before.journey, under_way.journey)


async def test_rebuilding_beside_a_stream_that_is_there_adds_nothing_to_it(stage):
    rows, told = await counted(stage), await bus.told(stage)
    assert bus.rebuild(stage) == told
    await invariants.is_quiet(stage)
    assert await counted(stage) == rows
