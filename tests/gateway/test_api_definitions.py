"""Definitions over HTTP: publish, refuse, read, sections, calendar."""

import asyncio

import jsonschema_rs
import pytest
from sqlalchemy import select

from gateway.models import DefinitionVersion
from kit.clients import PeerRefused, PeerUnavailable
from kit.contracts.definition import Section
from kit.contracts.events import CalendarChanged, DefinitionPublished
from kit.database import CALENDAR_OVERRIDE
from tests.bundles import AGENCY, OTHER_AGENCY, information_bundle, licence_bundle
from tests.gateway.conftest import CHECK

WRONG = {"th": "ผิด", "en": "wrong"}


async def stored(gateway):
    return [(row["id"], row["version"]) for row in await gateway.rows(select(DefinitionVersion))]


@pytest.mark.req("J2", part="published at run time, versioned")
async def test_a_definition_is_published_and_told(gateway, publish):
    answer = await publish(licence_bundle())
    assert answer.status_code == 201
    assert answer.headers["location"] == "/v1/definitions/test-licence/1"
    assert answer.json()["level"] == "L3"
    [event] = await gateway.facts(DefinitionPublished)
    assert (event.address, event.subject) == (
        f"events.{AGENCY}.gateway.definition_published.none", "test-licence@1",
    )  # fmt: skip


@pytest.mark.req("J2", part="immutable")
async def test_a_repeat_changes_nothing_and_another_text_is_refused(gateway, publish):
    await publish(licence_bundle())
    again = await publish(licence_bundle())
    other = await publish(licence_bundle(kind="certificate"))
    gap = await publish(licence_bundle(version=4))
    assert (again.status_code, other.status_code, gap.status_code) == (200, 409, 409)
    assert other.json()["type"] == "urn:paet:problem:version-immutable"
    assert (gap.json()["type"], gap.json()["expected"]) == ("urn:paet:problem:version-out-of-turn", 2)
    assert await stored(gateway) == [("test-licence", 1)]
    assert len(await gateway.facts(DefinitionPublished)) == 1


@pytest.mark.req("P7", part="a book of receipts is one agency's: no other counts in it")
async def test_two_agencies_never_share_a_book_of_receipts(gateway, publish):
    async def by(agency, identifier, book="TESTBOOK"):
        body = licence_bundle(identifier=identifier).model_dump(mode="json", exclude_unset=True)
        (fee,) = (step for step in body["definition"]["plan"] if step["process"] == "payment")
        fee["receipt_book"] = book
        body["definition"]["agency"] = agency
        return await publish(body, gateway.officer("publisher", agency=agency))

    assert (await by(AGENCY, "first-licence")).status_code == 201
    assert (await by(AGENCY, "second-licence")).status_code == 201, "an agency's own"
    answer = await by(OTHER_AGENCY, "their-licence")
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert (fault["path"], fault["service"]) == ("/definition/plan/5/receipt_book", "gateway")
    both = await asyncio.gather(*(by(each, f"licence-{each}", "NEWBOOK") for each in (AGENCY, OTHER_AGENCY)))
    assert sorted(each.status_code for each in both) == [201, 422]
    assert (await by(OTHER_AGENCY, "their-licence", "THEIRS")).status_code == 201
    assert len(await stored(gateway)) == 4


async def test_a_repeat_asks_no_service(gateway, publish):
    await publish(licence_bundle())
    gateway.peers.answer("review", "POST", CHECK, PeerUnavailable())
    assert (await publish(licence_bundle())).status_code == 200


@pytest.mark.req("J2", part="every fault by path, each found by the service that owns the section; nothing changes")
async def test_all_faults_of_all_services_come_back_at_once(gateway, publish):
    bundle = licence_bundle()
    body = bundle.model_dump(mode="json", exclude_unset=True)
    del body["files"]["document.typ"]
    gateway.peers.answer("review", "POST", CHECK, {"faults": [{"path": "/steps/review/table", "message": WRONG}]})
    gateway.peers.answer(
        "payment", "POST", CHECK, {"faults": [{"path": "/steps/licence-fee/fees/0/bands", "message": WRONG}]}
    )
    gateway.peers.answer("search", "POST", CHECK, {"faults": [{"path": "/manual/steps", "message": WRONG}]})
    answer = await publish(body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:paet:problem:definition-faulty"
    assert [(fault["path"], fault["service"]) for fault in problem["faults"]] == [
        ("/definition/plan/6/template", "gateway"),
        ("/definition/manual/steps", "search"),
        ("/definition/plan/3/table", "review"),
        ("/definition/plan/5/fees/0/bands", "payment"),
    ]
    assert all(fault["message"]["th"] and fault["message"]["en"] for fault in problem["faults"])
    assert await stored(gateway) == []
    assert await gateway.facts() == []


async def test_each_service_gets_its_own_section_and_those_outside_the_plan_get_none(gateway, publish):
    await publish(information_bundle())
    asked = {service: Section.model_validate(body) for service, _, path, body in gateway.peers.calls if path == CHECK}
    assert set(asked) == {"search", "request", "delivery"}
    assert list(asked["delivery"].steps) == ["delivery"]
    assert "public.md" in asked["delivery"].files
    assert asked["search"].manual is not None
    assert asked["request"].manual is None


@pytest.mark.req("J2", part="a service that is away: nothing changes")
@pytest.mark.parametrize("trouble", [PeerUnavailable(), PeerRefused("review", 422, {})])
async def test_a_service_that_cannot_check_is_a_503_and_nothing_changes(gateway, publish, trouble):
    gateway.peers.answer("review", "POST", CHECK, trouble)
    answer = await publish(licence_bundle())
    assert answer.status_code == 503
    assert answer.json()["service"] == "review"
    assert "retry-after" in answer.headers
    assert await stored(gateway) == []


async def test_only_the_agencys_own_publisher_publishes(gateway, publish):
    foreign = await publish(licence_bundle(), gateway.officer("publisher", agency=OTHER_AGENCY))
    reviewer = await publish(licence_bundle(), gateway.officer("reviewer"))
    client = await publish(licence_bundle(), gateway.bearer("client", "c1", scope="definitions.publish"))
    assert (foreign.status_code, reviewer.status_code, client.status_code) == (403, 403, 201)
    assert foreign.json()["type"] == "urn:paet:problem:not-the-publisher"


async def test_an_id_belongs_to_the_agency_that_published_it_first(gateway, publish):
    await publish(licence_bundle())
    taken = await publish(
        licence_bundle(version=2, agency=OTHER_AGENCY), gateway.officer("publisher", agency=OTHER_AGENCY)
    )
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:paet:problem:definition-of-another-agency")


async def test_two_publications_at_once_give_one_version(gateway, publish):
    answers = await asyncio.gather(*(publish(licence_bundle()) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len(await gateway.facts(DefinitionPublished)) == 1


@pytest.mark.req("J1", part="a published JSON Schema")
async def test_the_schema_for_editors_accepts_the_good_and_points_at_the_bad(gateway):
    schema = (await gateway.client.get("/schemas/definition.json")).json()
    validator = jsonschema_rs.validator_for(schema)
    definition = licence_bundle().model_dump(mode="json", exclude_unset=True)["definition"]
    assert validator.is_valid(definition)
    definition["plan"][0]["topic"] = ["food"]
    assert not validator.is_valid(definition)
    assert "plan" in schema["properties"]


@pytest.mark.req("J6", part="shown in every answer, and reported")
async def test_levels_are_shown_and_reported(gateway, publish):
    await publish(licence_bundle())
    await publish(licence_bundle(version=2))
    await publish(information_bundle())
    listed = (await gateway.client.get("/v1/definitions")).json()
    assert [(each["ref"], each["level"]) for each in listed["items"]] == [
        ("test-information@1", "L1"), ("test-licence@2", "L3"),
    ]  # fmt: skip
    one = (await gateway.client.get("/v1/definitions/test-licence")).json()
    version = (await gateway.client.get("/v1/definitions/test-licence/1")).json()
    report = (await gateway.client.get("/v1/reports/levels")).json()
    assert (one["level"], version["level"]) == ("L3", "L3")
    assert report == {"levels": {"L0": 0, "L1": 1, "L2": 0, "L3": 1}, "services": 2}


async def test_definitions_are_read_page_by_page_and_by_agency(gateway, publish):
    for identifier in ("aa", "bb", "cc"):
        await publish(information_bundle(identifier=identifier))
    first = (await gateway.client.get("/v1/definitions", params={"limit": 2})).json()
    rest = (await gateway.client.get("/v1/definitions", params={"limit": 2, "after": first["next"]})).json()
    none = (await gateway.client.get("/v1/definitions", params={"agency": OTHER_AGENCY})).json()
    assert [each["id"] for page in (first, rest) for each in page["items"]] == ["aa", "bb", "cc"]
    assert (rest["next"], none["items"]) == (None, [])


async def test_versions_are_shown_as_they_were_published(gateway, publish):
    await publish(licence_bundle())
    await publish(licence_bundle(version=2, kind="certificate"))
    one = (await gateway.client.get("/v1/definitions/test-licence")).json()
    old = await gateway.client.get("/v1/definitions/test-licence/1")
    assert [each["version"] for each in one["versions"]] == [1, 2]
    assert (one["version"], one["definition"]["kind"]) == (2, "certificate")
    assert old.json()["definition"] == licence_bundle().model_dump(mode="json")["definition"]
    assert old.json()["files"] == licence_bundle().files
    assert (old.json()["is_in_force"], bool(old.headers["etag"])) == (False, True)


@pytest.mark.parametrize("path", ["nothing", "nothing/1", "test-licence/9"])
async def test_what_is_not_published_is_not_found(gateway, publish, path):
    await publish(licence_bundle())
    answer = await gateway.client.get(f"/v1/definitions/{path}", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["title"]) == (404, "There is no such definition")


@pytest.mark.parametrize("path", ["NO!", "test-licence/0", "test-licence/x", "x" * 70])
async def test_what_can_be_no_name_is_refused(gateway, path):
    assert (await gateway.client.get(f"/v1/definitions/{path}")).status_code == 422


async def test_a_service_gets_its_own_section_and_no_others(gateway, publish):
    await publish(licence_bundle())
    path = "/internal/definitions/test-licence/1/sections"
    own = await gateway.client.get(f"{path}/review", headers=gateway.as_service("review"))
    other = await gateway.client.get(f"{path}/review", headers=gateway.as_service("payment"))
    citizen = await gateway.client.get(f"{path}/review", headers=gateway.citizen())
    unknown = await gateway.client.get(f"{path.replace('/1/', '/2/')}/review", headers=gateway.as_service("review"))
    assert list(Section.model_validate(own.json()).steps) == ["review"]
    assert "late" not in own.json()["periods"], "what is a default is not said to a release that may not know it"
    assert (other.status_code, citizen.status_code, unknown.status_code) == (403, 403, 404)


@pytest.mark.req("G1", part="problems of the gateway in Thai and English")
async def test_problems_speak_the_language_of_the_reader(gateway, publish):
    thai = await gateway.client.post("/v1/definitions", json={})
    english = await gateway.client.post("/v1/definitions", json={}, headers={"Accept-Language": "en-GB, th;q=0.5"})
    assert (thai.status_code, thai.json()["title"]) == (401, "กรุณาเข้าสู่ระบบ")
    assert (english.json()["type"], english.json()["title"]) == ("urn:paet:problem:unauthenticated", "Please sign in")


async def test_broken_json_and_a_large_body_are_problems(gateway, publisher):
    headers = publisher | {"content-type": "application/json"}
    broken = await gateway.client.post("/v1/definitions", content=b'{"definition": ', headers=headers)
    large = await gateway.client.post("/v1/definitions", content=b" " * 1_100_000, headers=headers)
    assert (broken.status_code, large.status_code) == (400, 413)


async def test_a_proclaimed_day_is_kept_and_told_once(gateway):
    administrator = gateway.officer("administrator", agency="platform")
    for _ in range(2):
        answer = await gateway.client.put("/v1/calendar/2027-01-04", json={"is_workday": False}, headers=administrator)
        assert answer.json() == {"day": "2027-01-04", "is_workday": False}
    await gateway.client.put("/v1/calendar/2027-01-04", json={"is_workday": True}, headers=administrator)
    events = await gateway.facts(CalendarChanged)
    assert [(event.data.is_workday, event.agency) for event in events] == [(False, "platform"), (True, "platform")]
    [row] = await gateway.rows(select(CALENDAR_OVERRIDE))
    assert row["is_workday"] is True
    for vague in (0, "no", "false", None):
        unclear = await gateway.client.put("/v1/calendar/2027-01-04", json={"is_workday": vague}, headers=administrator)
        assert unclear.status_code == 422
    for other in (gateway.officer("publisher"), gateway.officer("administrator")):
        refused = await gateway.client.put("/v1/calendar/2027-01-04", json={"is_workday": False}, headers=other)
        assert refused.status_code == 403, "the calendar is everybody's: the platform's administrators alone change it"
