"""HTTP of delivery: one's own inbox only."""

from uuid import uuid4

import pytest

from kit.contracts.events import Issued, Submitted
from tests.bundles import information_bundle


@pytest.fixture
async def told(delivery, known):
    person = uuid4()
    event = known(delivery.handover(Issued, at="issuance"), person=person, email=None)
    await delivery.deliver(event)
    return event, delivery.citizen(person)


async def test_the_inbox_shows_reads_and_pages(delivery, told):
    event, headers = told
    body = (await delivery.client.get("/inbox?limit=1", headers=headers)).json()
    (notice,) = body["notices"]
    assert (notice["journey"], notice["read_at"]) == (str(event.journey), None)
    assert (await delivery.client.get(f"/inbox?before={body['next']}", headers=headers)).json()["notices"] == []
    first = (await delivery.client.post(f"/inbox/{notice['id']}/read", headers=headers)).json()
    second = (await delivery.client.post(f"/inbox/{notice['id']}/read", headers=headers)).json()
    assert first["read_at"] is not None
    assert first["read_at"] == second["read_at"]


async def test_a_stranger_finds_nothing(delivery, told):
    event, headers = told
    (notice,) = (await delivery.client.get("/inbox", headers=headers)).json()["notices"]
    stranger = delivery.citizen()
    assert (await delivery.client.get("/inbox", headers=stranger)).json()["notices"] == []
    assert (await delivery.client.get(f"/journeys/{event.journey}/notices", headers=stranger)).json() == []
    for method, path in (("GET", f"/inbox/{notice['id']}"), ("POST", f"/inbox/{notice['id']}/read")):
        assert (await delivery.client.request(method, path, headers=stranger)).status_code == 404


async def test_the_holder_of_an_anonymous_journey_downloads_its_document(delivery, known):
    delivery.publish(information_bundle())
    event = known(delivery.handover(Submitted, at="request"), email=None)
    path = f"/journeys/{event.journey}/public-document"
    holder = delivery.holder(event.journey)
    early = await delivery.client.get(path, headers=holder)
    assert (early.status_code, early.json()["type"]) == (404, "urn:paet:problem:public-document-not-found")
    await delivery.deliver(event)
    answer = await delivery.client.get(path, headers=holder)
    assert answer.text == "# ข้อมูลสาธารณะ\n"
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    other = await delivery.client.get(path, headers=delivery.holder(uuid4()))
    assert other.status_code == 404


async def test_no_connection_is_held_while_the_section_is_asked_for(delivery, known, monkeypatch):
    delivery.publish(information_bundle())
    event = known(delivery.handover(Submitted, at="request"), email=None)
    await delivery.deliver(event)
    get = delivery.kit.section

    async def section(definition):
        await delivery.read_beside()
        return await get(definition)

    monkeypatch.setattr(delivery.kit, "section", section)
    async with delivery.one_connection():
        path = f"/journeys/{event.journey}/public-document"
        assert (await delivery.client.get(path, headers=delivery.holder(event.journey))).status_code == 200
