"""The live stream over a real socket: resume, wake-up, end, lost notifications, who may listen."""

import asyncio
import json
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from gateway.live import News
from kit.contracts.events import Completed, Opened, Submitted
from kit.contracts.journey import Outcome
from tests.bundles import AGENCY, information_bundle
from tests.gateway.serving import served


@pytest.fixture
async def base(gateway, publish):
    assert (await publish(information_bundle())).status_code == 201
    gateway.bundle = information_bundle()
    async with served(gateway.app) as url:
        yield url


@pytest.fixture
async def journey(gateway, base):
    headers = {"Idempotency-Key": str(uuid4())}
    answer = await gateway.client.post("/v1/journeys", json={"definition": "test-information"}, headers=headers)
    return answer.json()


def holder(journey) -> dict[str, str]:
    return {"Authorization": f"Journey {journey['tracking_number']}.{journey['secret']}"}


@asynccontextmanager
async def following(base, journey, headers=None, **params):
    """The frames of a journey's stream as they come."""
    async with httpx.AsyncClient(base_url=base, timeout=10) as client:
        headers = holder(journey) | (headers or {})
        path = f"/v1/journeys/{journey['id']}/events"
        async with client.stream("GET", path, headers=headers, params=params) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield frames(answer)


async def frames(answer):
    lines: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield {"comment": line}
        elif line:
            name, _, value = line.partition(": ")
            lines[name] = value
        elif lines:
            yield lines
            lines = {}


async def events_of(stream) -> list[tuple[int, str]]:
    """Ids and types until the stream ends."""
    return [(int(frame["id"]), json.loads(frame["data"])["type"]) async for frame in stream if "id" in frame]


async def tell(gateway, journey, *facts) -> None:
    identifier = UUID(journey["id"])
    for fact in facts:
        if fact is Submitted:
            event = gateway.handover(Submitted, at="request", journey=identifier)
        else:
            event = gateway.event(fact, step="delivery", journey=identifier)
        await gateway.deliver(event, times=2)


END = Completed(outcome=Outcome.PASSED)
WHOLE = [(1, "paet.request.opened.v1"), (2, "paet.request.submitted.v1"), (3, "paet.delivery.completed.v1")]


@pytest.mark.req("J7", part="live by Server-Sent Events")
async def test_events_come_as_they_happen_and_the_stream_ends_with_the_journey(gateway, base, journey):
    await tell(gateway, journey, Opened())
    async with asyncio.timeout(20), following(base, journey) as stream:
        first = [await anext(stream), await anext(stream)]
        assert (first[0]["retry"], first[1]["id"], first[1]["event"]) == ("2000", "1", "timeline")
        await tell(gateway, journey, Submitted, END)
        assert await events_of(stream) == WHOLE[1:]


@pytest.mark.req("J7", part="Last-Event-ID resume")
@pytest.mark.parametrize("seen", [0, 1, 2])
async def test_a_stream_resumes_after_the_last_event_seen(gateway, base, journey, seen):
    await tell(gateway, journey, Opened(), Submitted, END)
    async with asyncio.timeout(20), following(base, journey, {"Last-Event-ID": str(seen)}) as stream:
        assert await events_of(stream) == WHOLE[seen:]
    async with asyncio.timeout(20), following(base, journey, **{"last-event-id": seen}) as stream:
        assert await events_of(stream) == WHOLE[seen:]


async def test_nothing_to_come_back_for_is_204(gateway, base, journey):
    await tell(gateway, journey, Opened(), END)
    path = f"/v1/journeys/{journey['id']}/events"
    answer = await gateway.client.get(path, headers=holder(journey) | {"Last-Event-ID": "2"})
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_quiet_stream_gives_signs_of_life(base, journey):
    async with asyncio.timeout(10), following(base, journey) as stream:
        await anext(stream)
        assert "comment" in await anext(stream)


async def test_a_lost_wake_up_is_made_good_by_the_heartbeat(gateway, base, journey):
    async with asyncio.timeout(20), following(base, journey) as stream:
        await anext(stream)
        news = gateway.kit.resource(News)
        for several in news._waiting.values():
            several.clear()  # no notification reaches the stream any more
        await tell(gateway, journey, Opened(), END)
        assert [seq for seq, _ in await events_of(stream)] == [1, 2]


async def test_listening_goes_on_when_the_database_has_cut_the_connection(gateway, base, journey):
    news = gateway.kit.resource(News)
    await gateway.until(lambda: _is(news, listening=True))
    async with gateway.kit.database.engine.begin() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert (await connection.execute(text(cut))).rowcount == 1
    await gateway.until(lambda: _is(news, listening=False))
    await gateway.until(lambda: _is(news, listening=True))
    with news.of(UUID(journey["id"])) as woken:
        await tell(gateway, journey, Opened())
        async with asyncio.timeout(5):
            await woken.wait()


async def _is(news, *, listening: bool) -> bool:
    return news.is_listening is listening


async def test_whoever_leaves_is_forgotten(gateway, base, journey):
    news = gateway.kit.resource(News)
    async with asyncio.timeout(10), following(base, journey) as stream:
        await anext(stream)
        await gateway.until(lambda: _counts(news, 1))
    await gateway.until(lambda: _counts(news, 0))


async def _counts(news, number: int) -> bool:
    return len(news._waiting) == number


async def test_a_stream_ends_after_its_time_and_the_client_comes_back(servers, tmp_path, gateway, base, journey):
    gateway.kit.settings.stream_seconds = 0.5
    await tell(gateway, journey, Opened())
    async with asyncio.timeout(10), following(base, journey) as stream:
        assert await events_of(stream) == WHOLE[:1]


async def test_only_owner_and_holder_may_follow(gateway, base, journey):
    path = f"/v1/journeys/{journey['id']}/events"

    async def status(headers):
        return (await gateway.client.get(path, headers=headers)).status_code

    assert await status(gateway.citizen()) == 404
    assert await status(gateway.officer("reviewer", agency=AGENCY)) == 403
    assert await status({}) == 401
    assert await status(holder(journey) | {"Last-Event-ID": "x"}) == 422
    assert await status(holder(journey) | {"Last-Event-ID": "-1"}) == 422
