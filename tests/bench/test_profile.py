"""The floor does what a journey does, to the row: its profile is compared with a journey that is really walked."""

from collections import Counter

import pytest

from bench.databases import connected
from bench.floor import profile

INDEXES = """
SELECT count(*) FILTER (WHERE indpred IS NULL), count(*) FROM pg_index WHERE indrelid = $1::text::regclass
"""
"""A row is in a partial index for a while at most: the floor may have it or not."""


@pytest.mark.parametrize("service", profile.SERVICES)
async def test_a_journey_writes_the_rows_of_the_profile(walked, service):
    rows, expected = dict(walked.written[service].rows), profile.rows_written(service)
    if service == "gateway":
        inserted, updated, deleted = rows.pop("progress")
        assert (inserted, deleted) == (1, 0)
        assert 1 <= updated <= expected.pop("progress")[1], "once for each batch, and not for each event"
    assert rows == expected


async def test_who_is_not_in_the_profile_writes_nothing(walked):
    assert walked.written.keys() == set(profile.SERVICES)


async def test_a_journey_tells_the_facts_of_the_profile(stage, walked):
    told: Counter[str] = Counter()
    lengths: dict[str, int] = {}
    for service in profile.SERVICES:
        async with connected(stage.suite, service) as connection:
            rows = await connection.fetch(
                "SELECT address, octet_length(body) FROM outbox WHERE body::json->>'journeyid' = $1", walked.journey
            )
        for address, length in rows:
            _, _, source, fact, _ = address.split(".")
            told[f"{source}.{fact}"] += 1
            lengths[f"{source}.{fact}"] = length
    assert told == Counter(profile.FACTS)
    far = {fact: length for fact, length in lengths.items() if not near(length, profile.EVENT_BYTES[fact])}
    assert far == {}


@pytest.mark.parametrize("service", profile.SERVICES)
async def test_a_journey_commits_as_often_as_the_profile_says(walked, service):
    """What commits for one journey alone always does; events, and what is published, are taken in batches."""
    mine = [each for each in profile.JOURNEY if each.service == service]
    alone = sum(each.is_alone for each in mine)
    consumed, told = len(profile.consumed_by(service)), sum(len(each.tells) for each in mine)
    commits = len(walked.written[service].transactions)
    assert alone + bool(consumed) + bool(told) <= commits <= alone + consumed + told


async def test_the_floors_rows_are_as_wide_and_have_as_many_indexes(stage, walked):
    other = {}
    for service in profile.SERVICES:
        tables = walked.written[service].rows.keys() & profile.SIZES.keys()
        async with connected(stage.suite, service) as connection:
            for table in tables:
                size = await connection.fetchval(f"SELECT avg(pg_column_size(each.*)) FROM {table} AS each")
                least, most = await connection.fetchrow(INDEXES, table)
                if not near(float(size), profile.SIZES[table][0]) or not least <= profile.SIZES[table][1] <= most:
                    other[f"{service}.{table}"] = (float(size), least, most)
    assert other == {}


def near(measured, expected):
    return abs(measured - expected) <= 0.15 * expected
