"""Search with nothing in it, with its database away, and what it says of a definition before it is published."""

import asyncio

import pytest

from tests.bundles import document_bundle
from tests.search.conftest import charging, publish, section_of
from tests.search.test_api import OURS, notice


@pytest.mark.req("S2")
async def test_even_an_empty_catalogue_answers_with_all_three(search):
    for path in ("/search?q=x", "/search", "/topics", "/services"):
        body = (await search.client.get(path)).json()
        assert body["items"] == []
        assert notice(body) == OURS


async def test_the_gateway_has_the_section_checked(search):
    whole = section_of(charging()).model_dump(mode="json")
    whole["manual"]["channels"] = []
    for headers, status in ((search.as_service("gateway"), 200), (search.citizen(), 403), ({}, 401)):
        answer = await search.client.post("/internal/definitions/check", json=whole, headers=headers)
        assert answer.status_code == status
        if status == 200:
            assert [each["path"] for each in answer.json()["faults"]] == ["/manual/channels"]


async def test_answers_go_on_while_the_database_is_away_and_are_fresh_when_it_is_back(search, servers):
    await publish(search, charging(), document_bundle(identifier="a-document"))
    name = search.kit.settings.secret_of("database_url").rpartition("/")[2]
    await servers.execute(
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    for _ in range(10):
        await asyncio.sleep(0.03)
        assert (await search.client.get("/search?q=licence")).json()["total"] == 2
    assert (await search.client.get("/readyz")).status_code == 503
    await servers.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await publish(search, charging(identifier="later"))
    assert (await search.client.get("/search?q=licence")).json()["total"] == 3
