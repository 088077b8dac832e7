"""Definitions that are published, each event delivered twice and in any order."""

import sqlalchemy as sql

from services.search.models import CatalogueEntry
from tests.bundles import information_bundle, text
from tests.search.conftest import charging, publish, published, searchless

NEW = text("ขอใบอนุญาตฉบับใหม่", "The new licence")


async def rows(search) -> list[tuple[str, int, int]]:
    table = CatalogueEntry
    found = await search.rows(sql.select(table.id, table.version, table.revision).order_by(table.id))
    return [(row["id"], row["version"], row["revision"]) for row in found]


async def test_a_published_definition_is_in_the_catalogue_once(search):
    await publish(search, charging(), information_bundle())
    assert [(identifier, version) for identifier, version, _ in await rows(search)] == [
        ("test-information", 1),
        ("test-licence", 1),
    ]


async def test_the_newest_version_stands_whatever_the_order(search):
    await publish(search, charging(version=2, title=NEW))
    before = await rows(search)
    search.publish(charging(version=1))
    await search.deliver(published(charging(version=1)))
    assert await rows(search) == before
    answer = (await search.client.get("/services/test-licence")).json()
    assert (answer["definition"], answer["title"]) == ("test-licence@2", NEW)


async def test_a_new_version_replaces_the_old_one_in_the_answers(search):
    await publish(search, charging(title=text("แจ้งเกิด", "Birth")))
    assert (await search.client.get("/search", params={"q": "birth"})).json()["total"] == 1
    await publish(search, charging(version=2, title=text("แจ้งตาย", "Death")))
    assert (await search.client.get("/search", params={"q": "birth"})).json()["total"] == 0
    (found,) = (await search.client.get("/search", params={"q": "death"})).json()["items"]
    assert found["definition"] == "test-licence@2"


async def test_a_service_whose_plan_has_no_search_step_is_listed_too(search):
    await publish(search, searchless(identifier="quiet"))
    assert (await search.client.get("/services/quiet")).json()["topics"] == ["licence"]


async def test_the_index_is_rebuilt_from_the_table_at_start(search, harness_of):
    await publish(search, charging())
    from services.search.queries import Catalogue

    anew = Catalogue()
    assert await anew.refresh(search.kit.database) == 1
    assert await anew.refresh(search.kit.database) == 0
    entries, total = anew.find("licence", None, "en", 10)
    assert ([each.id for each in entries], total) == (["test-licence"], 1)
