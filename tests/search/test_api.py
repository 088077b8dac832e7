"""HTTP of search: every answer says what it must, browsing, the manual, bad input."""

import pytest

from kit.testing import open_harness
from services.search.settings import ANSWER_TIME, CONDITIONS, DISCLAIMER
from tests.bundles import document_bundle, information_bundle, manual, text
from tests.search.conftest import charging, publish

OURS = {
    "disclaimer": DISCLAIMER.model_dump(), "conditions": CONDITIONS.model_dump(),
    "answer_time": ANSWER_TIME.model_dump(mode="json"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def filled(servers, tmp_path_factory):
    """One for all: nothing here changes what stands in it."""
    async with open_harness("search", servers, tmp_path_factory.mktemp("search"), refresh_seconds=0.02) as harness:
        free = document_bundle(identifier="a-document", title=text("หนังสือรับรอง", "Certificate"))
        await publish(harness, charging(), information_bundle(), free)
        yield harness


def notice(body: dict) -> dict:
    return {name: body[name] for name in OURS}


@pytest.mark.req("S2")
@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/search", {"q": "ร้านอาหาร"}),
        ("/search", {"q": "no such thing at all"}),
        ("/search", {}),
        ("/search", {"topic": "food"}),
        ("/topics", {}),
        ("/services", {}),
    ],
)
async def test_every_answer_carries_disclaimer_conditions_and_answer_time(filled, path, params):
    answer = await filled.client.get(path, params=params)
    assert answer.status_code == 200
    assert notice(answer.json()) == OURS
    for item in answer.json()["items"]:
        if path != "/topics":
            assert_of_the_manual(item)


def assert_of_the_manual(body: dict) -> None:
    said = manual()
    assert (body["disclaimer"], body["conditions"]) == (said["disclaimer"], said["criteria"])
    assert (body["answer_time"]["amount"], body["answer_time"]["unit"]) == (3, "working_days")
    assert body["answer_time"]["source"]["mark"] == "D"


@pytest.mark.req("S2")
@pytest.mark.req("J6", part="level shown in the catalogue")
async def test_the_page_of_a_service_has_its_manual_level_and_notice(filled):
    body = (await filled.client.get("/services/test-licence")).json()
    assert_of_the_manual(body)
    assert body["manual"]["responsible_unit"] == manual()["responsible_unit"]
    assert body["manual"]["fees"][0]["amount"]["en"] == "1,000 baht"
    assert (body["level"], body["kind"]) == ("L3", "licence")
    assert [step["process"] for step in body["plan"]][-1] == "delivery"
    assert body["appeal"]["days"] == 15
    assert (await filled.client.get("/services/test-information")).json()["level"] == "L1"


@pytest.mark.req("S1", part="everyday words, typing errors, segmented Thai, English; no p99 claim yet")
async def test_the_search_box_and_the_topics_lead_to_the_same_service(filled):
    topics = {each["topic"]: each for each in (await filled.client.get("/topics")).json()["items"]}
    assert topics["food"] == {
        "topic": "food", "name": {"th": "อาหารและร้านอาหาร", "en": "Food and restaurants"}, "services": 3,
    }  # fmt: skip
    browsed = (await filled.client.get("/search", params={"topic": "food", "language": "en"})).json()
    assert [each["title"]["en"] for each in browsed["items"]] == ["Certificate", "Test licence", "Test licence"]
    assert browsed["total"] == 3
    found = (await filled.client.get("/search", params={"q": "certificat", "topic": "food"})).json()
    assert [each["id"] for each in found["items"]] == ["a-document"]
    assert (await filled.client.get("/search", params={"topic": "tax"})).json()["total"] == 0


async def test_the_catalogue_comes_in_pages(filled):
    seen, after = [], None
    for _ in range(5):
        params = {"limit": 1} | ({"after": after} if after else {})
        body = (await filled.client.get("/services", params=params)).json()
        seen += [each["id"] for each in body["items"]]
        after = body["next"]
        if after is None:
            break
    assert seen == ["a-document", "test-information", "test-licence"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/no-such-service", 404),
        ("/services/Not%20An%20Id", 422),
        ("/services/" + "x" * 100, 422),
        ("/search?q=" + "x" * 201, 422),
        ("/search?limit=0", 422),
        ("/search?limit=51", 422),
        ("/search?limit=many", 422),
        ("/search?topic=%00", 422),
        ("/search?q=%00", 422),
        ("/search?language=fr", 422),
        ("/services?after=%2e%2e", 422),
        ("/nothing", 404),
    ],
)
async def test_bad_input_is_a_problem(filled, path, status):
    answer = await filled.client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("question", ["%ff%fe", "%ED%A0%80", "%F0%9F%98%80", "%22%5C*%3A", "AND%20%28"])
async def test_no_question_is_an_error(filled, question):
    answer = await filled.client.get(f"/search?q={question}")
    assert answer.status_code == 200
    assert notice(answer.json()) == OURS


async def test_anyone_may_ask_but_a_bad_token_is_not_needed(filled):
    for headers in ({}, filled.citizen(), {"Authorization": "Bearer nonsense"}):
        assert (await filled.client.get("/search?q=licence", headers=headers)).status_code == 200
