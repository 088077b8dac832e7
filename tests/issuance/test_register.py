"""The public register: what anybody finds of what was issued, how, and what nobody finds."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from kit.clock import clock, local_date
from kit.thai import thai_digits
from services.issuance.domain import OUT, State, Status, grams_of, searched, status_of
from services.issuance.models import Document
from tests.issuance.conftest import FORM, NAME, PID, PID_MASKED


@pytest.fixture
async def issued(registry):
    return (await registry.issued())[1]


async def found(registry, **query):
    answer = await registry.client.get("/register", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def change(registry, row, **values):
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(update(Document).where(Document.id == row["id"]).values(**values))


async def copies(registry, row, count, **values):
    """As many documents besides, issued at the same moment."""
    rows = [
        row | {"id": uuid7(), "journey_id": uuid4(), "token": None, "running": 2 + place} | values
        for place in range(count)
    ]
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(insert(Document), rows)
    return rows


@pytest.mark.req("L7", part="searched by Thai words inside a name")
@pytest.mark.parametrize(
    "words", ["ข้าวแกง", "แกงแม่", "สมใจ ข้าวแกง", "sons สาขา 2", "SONS", "ใบอนุญาต", "licence", "เเกง", "เเม่ <สาขา ๒>"]
)
async def test_a_document_is_found_by_words_inside_what_it_shows(registry, issued, words):
    (entry,) = await found(registry, q=words)
    assert entry["number"] == f"TEST-{issued['year']}-000001"


@pytest.mark.req("L7", part="searched by what is not shown: nothing")
@pytest.mark.parametrize("words", ["สุขุมวิท", "กนกวรรณ", PID, PID_MASKED, "ข้าวมันไก่", "แกงข้าว", "ข้าวแกง ไม่มี"])
async def test_nothing_is_found_by_what_the_register_does_not_show(registry, issued, words):
    assert await found(registry, q=words) == []


@pytest.mark.req("L7", part="by number, in Thai digits too")
async def test_a_document_is_found_by_its_number(registry, issued):
    number = f"TEST-{issued['year']}-000001"
    await copies(registry, issued, 1, searched=searched("TEST-2500-000002", issued["title"], []), grams=[])
    for typed in (number, thai_digits(number), number.lower(), f" {number} "):
        assert [each["number"] for each in await found(registry, q=typed)] == [number]


@pytest.mark.req("L7", part="shows the public fields, both languages, nothing else")
async def test_an_entry_shows_what_the_definition_makes_public_and_nothing_else(registry, issued):
    answer = await registry.client.get("/register")
    (entry,) = answer.json()["items"]
    assert entry["title"] == {"th": "ใบอนุญาตทดสอบ", "en": "Test licence"}
    assert (entry["status"], entry["status_words"]) == ("valid", {"th": "มีผลใช้ได้", "en": "Valid"})
    assert (entry["agency"], entry["document_type"]) == ("22000000", "test-licence")
    assert (entry["issued_on"], entry["valid_until"]) == (str(issued["issued_on"]), str(issued["valid_until"]))
    assert {each["name"]: each["value"] for each in entry["fields"]} == {"shop_name": FORM["shop_name"], "area": "120"}
    hidden = [str(issued[name]) for name in ("id", "person_id", "journey_id", "token", "sha256", "application_number")]
    for secret in (*hidden, NAME, PID, PID_MASKED, FORM["place_address"]):
        assert secret not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.req("L7", part="status by the clock of the request")
async def test_a_document_is_expired_from_the_day_after_its_last(registry, issued):
    with clock.freeze(clock.now()) as advance:
        assert len(await found(registry, status="valid")) == 1
        assert await found(registry, status="expired") == []
        advance(timedelta(days=367))
        assert await found(registry, status="valid") == []
        (entry,) = await found(registry, status="expired")
        assert entry["status"] == "expired"


@pytest.mark.req("L7", part="the status asked for is the one shown")
async def test_the_register_and_the_verification_page_judge_alike(registry, issued):
    today = local_date(clock.now())
    expected = {}
    for state in OUT:
        for until in (None, today - timedelta(days=1), today, today + timedelta(days=1)):
            number = f"TEST-2500-{len(expected) + 2:06d}"
            text = searched(number, issued["title"], [])
            await copies(
                registry, issued, 1, state=state, valid_until=until, year=2500, running=len(expected) + 2,
                searched=text, grams=grams_of(text),
            )  # fmt: skip
            expected[number] = status_of(State(state), until, today)
    for status in Status:
        shown = await found(registry, status=status.value, q="2500", limit=100)
        assert {each["number"] for each in shown} == {each for each, worth in expected.items() if worth is status}
        assert {each["status"] for each in shown} == {status}


@pytest.mark.req("L7", part="by agency and kind of document")
async def test_the_register_is_asked_by_agency_and_document_type(registry, issued):
    await copies(registry, issued, 1, agency="12007000", document_type="other")
    assert [each["agency"] for each in await found(registry, agency="12007000")] == ["12007000"]
    assert [each["document_type"] for each in await found(registry, document_type="test-licence")] == ["test-licence"]
    assert await found(registry, agency="12007000", document_type="test-licence") == []


@pytest.mark.req("L7", part="page by page")
async def test_pages_walk_every_document_once(registry, issued):
    await copies(registry, issued, 6)
    numbers, query = [], {"limit": 2, "q": "ข้าวแกง"}
    for _ in range(4):
        body = (await registry.client.get("/register", params=query)).json()
        numbers += [each["number"] for each in body["items"]]
        query["cursor"] = body["next"]
    assert query["cursor"] is None
    assert sorted(numbers) == [f"TEST-{issued['year']}-{running:06d}" for running in range(1, 8)]


@pytest.mark.req("L7", part="only what was issued")
async def test_a_document_that_was_not_issued_is_never_shown(registry):
    event = registry.arrive(form={"shop_name": "\U0001f600", "area": 1})
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    assert await found(registry) == []
    for state in set(State) - set(OUT):
        await change(registry, row, state=state)
        assert await found(registry) == []


@pytest.mark.req("L7", part="always current")
async def test_a_change_shows_at_the_next_request(registry, issued):
    assert [each["status"] for each in await found(registry)] == ["valid"]
    for state in ("suspended", "revoked"):
        await change(registry, issued, state=state)
        assert [each["status"] for each in await found(registry)] == [state]


@pytest.mark.req("L7", part="faults name their field")
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"cursor": "x"}, "/cursor"), ({"limit": "0"}, "/limit"), ({"limit": "101"}, "/limit"),
        ({"status": "given"}, "/status"), ({"agency": "x"}, "/agency"), ({"document_type": "A B"}, "/document_type"),
        ({"q": "a"}, "/q"), ({"q": ""}, "/q"), ({"q": "- -"}, "/q"), ({"q": "ก" * 101}, "/q"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_named(registry, query, pointer):
    answer = await registry.client.get("/register", params=query)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
