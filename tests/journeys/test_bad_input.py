"""Rubbish at the gateway: a clear problem each, in both languages, and nothing stored."""

import base64
import json
import time
from uuid import uuid4

import pytest

from kit.local import samples
from tests.journeys.walks import rows

KEY = {"Idempotency-Key": "bad-input-0123456789"}


@pytest.fixture
async def citizen(anyone):
    return await anyone.sign_in(samples.CITIZENS["first"])


async def is_problem(answer, status):
    assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"].startswith("urn:paet:problem:")
    assert body["title"]
    assert "Traceback" not in answer.text
    return body


async def journeys(suite):
    (row,) = await rows(suite, "gateway", "SELECT count(*) AS n FROM journey")
    return row["n"]


@pytest.mark.req("G1")
async def test_every_problem_speaks_thai_and_english(anyone):
    thai = await is_problem(await anyone.send("GET", "/v1/services/nothing", headers={"Accept-Language": "th"}), 404)
    english = await is_problem(await anyone.send("GET", "/v1/services/nothing", headers={"Accept-Language": "en"}), 404)
    assert thai["type"] == english["type"]
    assert thai["title"] != english["title"]
    assert english["title"].isascii()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"definition": "no-such-service"}', 404),
        (b'{"definition": "food-licence@99"}', (404, 409)),
        (b'{"definition": "../../etc"}', 422),
        (b'{"definition": 7}', 422),
        (b'{"definition": "food-licence", "person": "somebody else"}', 422),
        (b"{not json", (400, 422)),
        (b"[]", 422),
        (b"", (400, 422)),
        (b'{"definition": "' + b"a" * 2_000_000 + b'"}', 413),
    ],
)
async def test_a_journey_is_not_started_by_rubbish(suite, citizen, body, status):
    before = await journeys(suite)
    headers = KEY | {"Content-Type": "application/json"}
    await is_problem(await citizen.send("POST", "/v1/journeys", content=body, headers=headers), status)
    assert await journeys(suite) == before


@pytest.mark.parametrize("path", ["", "/application", "/invoices", "/document", "/notices", "/acknowledgement"])
async def test_a_foreign_journey_is_not_there(anyone, citizen, path):
    journey = await citizen.start("food-licence")
    stranger = await anyone.sign_in(samples.CITIZENS["second"])
    answer = await stranger.send("GET", f"{journey.path}{path}")
    if answer.status_code == 200:
        assert answer.json() == []
    else:
        await is_problem(answer, 404)


async def test_a_foreign_draft_cannot_be_changed_filed_or_withdrawn(suite, anyone, citizen):
    journey = await citizen.start("food-licence")
    stranger = await anyone.sign_in(samples.CITIZENS["second"])
    body = {"form": samples.FOOD_PLACE, "email": None, "language": "th"}
    put = await stranger.send("PUT", f"{journey.path}/application", json=body, headers={"If-Match": '"1"'})
    await is_problem(put, 404)
    await is_problem(await stranger.send("POST", f"{journey.path}/submission"), 404)
    await is_problem(await stranger.send("POST", f"{journey.path}/withdrawal"), 404)
    (row,) = await rows(suite, "request", "SELECT form::text, state FROM application WHERE journey_id = $1", journey.id)
    assert (row["form"], row["state"]) == ("{}", "draft")


async def test_a_faulty_form_names_every_field_in_both_languages_and_files_nothing(suite, citizen):
    journey = await citizen.start("food-licence")
    await journey.fill({"shop_name": "", "area": 12, "telephone": "x"})
    answers = {}
    for language in ("th", "en"):
        answer = await citizen.send("POST", f"{journey.path}/submission", headers={"Accept-Language": language})
        problem = await is_problem(answer, 422)
        answers[language] = {error["pointer"]: error["detail"] for error in problem["errors"]}
    assert set(answers["th"]) == set(answers["en"])
    assert any(pointer.endswith("/area") for pointer in answers["th"])
    assert any(pointer.endswith("/place") for pointer in answers["th"])
    area = next(pointer for pointer in answers["th"] if pointer.endswith("/area"))
    assert answers["th"][area] != answers["en"][area]
    (row,) = await rows(suite, "request", "SELECT state, number FROM application WHERE journey_id = $1", journey.id)
    assert (row["state"], row["number"]) == ("draft", None)


def forged(token: str, **changes) -> str:
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | changes
    packed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{packed}.{token.rsplit('.', 1)[1]}"


async def test_wrong_expired_and_forged_tokens_are_refused_and_store_nothing(suite, anyone, citizen):
    token = str(citizen.authorization).removeprefix("Bearer ")
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    tokens = [
        "rubbish",
        "a.b.c",
        forged(token, sub=str(uuid4())),
        forged(token, exp=int(time.time()) + 10**6),
        forged(token, roles=["administrator"]),
        f"{head}.{token.split('.')[1]}.",
        token[:-4] + "AAAA",
    ]
    before = await journeys(suite)
    for each in tokens:
        stranger = anyone.with_authorization(f"Bearer {each}")
        answer = await stranger.send("POST", "/v1/journeys", json={"definition": "food-licence"}, headers=KEY)
        await is_problem(answer, 401)
        assert (await stranger.send("GET", "/v1/inbox")).status_code == 401
    assert await journeys(suite) == before


async def test_a_citizen_has_no_business_in_the_officers_queues(citizen):
    for method, path in (
        ("GET", "/v1/cases"),
        ("POST", f"/v1/cases/{uuid4()}/claim"),
        ("GET", "/v1/decisions"),
        ("POST", f"/v1/decisions/{uuid4()}/grant"),
        ("GET", "/v1/officers"),
        ("PUT", "/v1/calendar/2026-12-01"),
        ("POST", "/v1/definitions"),
    ):
        await is_problem(await citizen.send(method, path, json={}), 403)


async def test_what_is_internal_is_not_reachable_from_outside(anyone, citizen):
    for path in (
        "/internal/claims/applications",
        "/internal/journeys",
        "/v1/internal/claims/persons",
        "/v1/../internal/x",
    ):
        for visitor in (anyone, citizen):
            answer = await visitor.send("POST", path, json={"ids": []})
            assert answer.status_code in (401, 403, 404, 405), path


@pytest.mark.req("J2")
async def test_a_faulty_bundle_is_refused_with_every_fault_and_changes_nothing(suite, anyone):
    from gateway.commands.definitions import read_raw
    from kit.local.bootstrap import CATALOGUE, publisher_file

    bundle = read_raw(CATALOGUE / "food-licence" / "v2")
    definition = bundle["definition"] | {"version": 3}
    plan = {step["id"]: step for step in definition["plan"]}
    fee = next(step for step in plan.values() if step["process"] == "payment")
    fee["fees"][0]["bands"][-1]["up_to"] = 5
    bundle["files"]["document.typ"] = "#let x = "
    bundle["files"]["rules/review.json"] = "{}"
    bundle["files"]["form.schema.json"] = '{"type": 7}'
    credentials = json.loads(publisher_file(suite).read_text())
    form = {"grant_type": "client_credentials"}
    token = await anyone.http.post(
        "/v1/token", data=form, auth=(credentials["client_id"], credentials["client_secret"])
    )
    publisher = anyone.with_authorization(f"Bearer {token.json()['access_token']}")
    before = await anyone.get("/v1/definitions/food-licence")
    answer = await publisher.send("POST", "/v1/definitions", json={"definition": definition, "files": bundle["files"]})
    problem = await is_problem(answer, 422)
    found = {fault["service"] for fault in problem["faults"]}
    assert {"payment", "issuance", "review", "request"} <= found
    assert all(fault["path"].startswith("/") and fault["message"]["th"] for fault in problem["faults"])
    assert await anyone.get("/v1/definitions/food-licence") == before
