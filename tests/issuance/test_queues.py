"""What waits for an officer comes page by page: each thing once, though others come and go in between."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from kit.clock import clock, local_date
from services.issuance.models import Document, DocumentAct, Substitute
from tests.issuance.conftest import Office

AT = clock.now().replace(microsecond=123456)
LISTS = ["/substitutes", "/licence-acts"]


class Queue:
    """A list of what waits, filled and settled by the test."""

    def __init__(self, registry, path):
        self.registry, self.path, self.office = registry, path, Office(registry, registry.row)

    async def write(self, statement, rows=None):
        async with self.registry.kit.database.engine.begin() as connection:
            await connection.execute(statement, *([rows] if rows else []))

    async def add(self, count, at=AT, **values):
        """So many that came at the same moment; their ids, in order."""
        ids = [uuid7() for _ in range(count)]
        row = {"journey_id": None, "agency": self.registry.row["agency"]} | values
        documents = [
            self.registry.row | {"id": uuid7(), "journey_id": uuid4(), "token": None, "running": 1000} for _ in ids
        ]
        await self.write(insert(Document), documents)
        waiting = [
            row | {"id": each, "document_id": document["id"], "journey_id": document["journey_id"]}
            for each, document in zip(ids, documents, strict=True)
        ]
        if self.path == "/substitutes":
            told = {"reason": "lost", "known_on": local_date(AT), "is_late": False, "state": "asked", "asked_at": at}
            await self.write(insert(Substitute), [told | each for each in waiting])
        else:
            told = {"place": 0, "act": "revoke", "phase": "proposed", "authority": {"th": "ก", "en": "a"}, "at": at,
                    "facts": "", "law": "", "considerations": "", "digest": ""}  # fmt: skip
            rows = [told | each | {"term_id": each["document_id"]} for each in waiting]
            await self.write(insert(DocumentAct), [{k: v for k, v in row.items() if k != "journey_id"} for row in rows])
        return sorted(ids)

    async def settle(self, identifier):
        """It waits no more."""
        if self.path == "/substitutes":
            await self.write(update(Substitute).where(Substitute.id == identifier).values(state="void"))
        else:
            told = {
                "document_id": self.registry.row["id"], "term_id": uuid4(), "place": uuid4().int % 10**6, "at": AT,
                "agency": self.registry.row["agency"], "act": "revoke", "phase": "rejected", "digest": "",
                "authority": {}, "facts": "", "law": "", "considerations": "", "proposal_id": identifier,
            }  # fmt: skip
            await self.write(insert(DocumentAct), [told])


@pytest.fixture(params=LISTS)
async def queue(office, request):
    return Queue(office, request.param)


@pytest.mark.req("L6", part="what waits for an officer, page by page")
async def test_each_thing_that_waits_is_on_one_page_though_others_come_and_go(queue):
    ids = await queue.add(5)
    await queue.add(1, agency="33000000")
    pages, seen = queue.office.pages(queue.path, limit=2), []
    seen.append(await anext(pages))
    await queue.settle(ids[0])  # it was seen
    await queue.settle(ids[4])
    late = await queue.add(2, at=AT + timedelta(seconds=1))
    missed = await queue.add(1, at=AT - timedelta(seconds=1))  # comes before what was seen: the next look shows it
    seen += [page async for page in pages]
    assert [[UUID(each["id"]) for each in page] for page in seen] == [ids[:2], ids[2:4], late]
    again = [UUID(each["id"]) async for page in queue.office.pages(queue.path) for each in page]
    assert again == [*missed, *ids[1:4], *late]
    for identifier in again:
        await queue.settle(identifier)


async def test_a_page_that_holds_all_has_no_cursor_and_a_made_up_one_is_refused(queue):
    ids = await queue.add(2)

    async def ask(**query):
        return await queue.registry.client.get(queue.path, params=query, headers=queue.office.officer())

    whole = (await ask(limit=2)).json()
    assert ([UUID(each["id"]) for each in whole["items"]], whole["next"]) == (ids, None)
    assert (await ask(limit=1)).json()["next"]
    refused = await ask(cursor="made up")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:paet:problem:cursor-unknown")
    assert [(await ask(limit=each)).status_code for each in (0, 101)] == [422, 422]
    for identifier in ids:
        await queue.settle(identifier)
