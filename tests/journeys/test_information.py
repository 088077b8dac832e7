"""Public information: search → request → delivery, by somebody who never says who they are."""

import asyncio
import json

import pytest

from kit.local.visitor import Journey


@pytest.mark.req("S2")
async def test_every_answer_of_the_search_has_disclaimer_conditions_and_answer_time(anyone):
    async def found():
        return (await anyone.get("/v1/search", params={"q": "ร้านอาหาร"}))["items"]

    async with asyncio.timeout(20):
        while not await found():
            await asyncio.sleep(0.2)
    for query in ("ร้านอาหาร", "food", "ไม่มีบริการชื่อนี้"):
        answer = await anyone.get("/v1/search", params={"q": query})
        assert answer["disclaimer"]
        assert answer["conditions"]
        assert answer["answer_time"]


@pytest.mark.req("J3", part="public information")
@pytest.mark.req("J7", part="an anonymous journey to its end")
async def test_an_anonymous_journey_is_held_by_its_secret_and_ends_with_its_document(anyone):
    journey = await anyone.start("public-information")
    receipt = await journey.submit()
    assert receipt["number"].startswith("22000000-INFO-")
    seen = await journey.until_ended()
    assert [step["state"] for step in seen["steps"]] == ["done"] * len(seen["steps"])
    assert seen["ended"]["outcome"] == "passed"
    assert b"# " in await journey.visitor.get(f"{journey.path}/public-document")
    assert (await journey.visitor.get(f"{journey.path}/acknowledgement.pdf")).startswith(b"%PDF-1.7")


async def test_without_the_right_secret_the_journey_is_not_there(anyone):
    journey = await anyone.start("public-information")
    tracking, _, _ = str(journey.visitor.authorization).removeprefix("Journey ").partition(".")
    for authorization in (None, f"Journey {tracking}.wrong", "Journey PT-0000-0000-0000.x", "Journey rubbish"):
        stranger = anyone.with_authorization(authorization) if authorization else anyone
        for path in (journey.path, f"{journey.path}/application", f"{journey.path}/notices"):
            answer = await stranger.send("GET", path)
            assert answer.status_code in (401, 404), (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.req("J7", part="the secret of one journey opens no other")
async def test_the_secret_of_one_journey_opens_no_other(anyone):
    first, second = await anyone.start("public-information"), await anyone.start("public-information")
    intruder = Journey(first.visitor, second.id)
    assert (await intruder.visitor.send("GET", intruder.path)).status_code == 404
    assert (await intruder.visitor.send("POST", f"{intruder.path}/submission")).status_code in (403, 404)


@pytest.mark.req("J7")
async def test_the_live_stream_tells_every_event_once_and_resumes_where_it_was(anyone):
    journey = await anyone.start("public-information")
    await journey.submit()
    seen = await journey.until_ended()
    whole = await _stream(journey)
    assert [event["id"] for event in whole] == [str(entry["id"]) for entry in seen["timeline"]]
    assert whole[-1]["type"] == "paet.delivery.completed.v1"
    resumed = await _stream(journey, last=whole[1]["_seq"])
    assert resumed == whole[2:]


async def _stream(journey, last=None):
    headers = {"Authorization": journey.visitor.authorization}
    if last is not None:
        headers["Last-Event-ID"] = last
    events, seq = [], None
    async with journey.visitor.http.stream("GET", f"{journey.path}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("id:"):
                seq = line.removeprefix("id:").strip()
            elif line.startswith("data:"):
                events.append(json.loads(line.removeprefix("data:")) | {"_seq": seq})
    return events
