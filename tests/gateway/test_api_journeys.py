"""Journeys over HTTP: gates, owners and holders, repeats, an absent request service, the view."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from gateway.commands.journeys import OPEN_APPLICATION
from gateway.models import Journey
from kit.clients import PeerRefused, PeerUnavailable
from kit.clock import clock
from kit.contracts.events import (
    Accepted,
    Completed,
    Corrected,
    DefectRecorded,
    Granted,
    Invoiced,
    Opened,
    Recommended,
    Submitted,
)
from kit.contracts.journey import Outcome
from kit.database import DUE_WORK
from tests.bundles import OTHER_AGENCY, information_bundle, licence_bundle

OPENING = "/internal/journeys"
TO_OPEN = select(DUE_WORK).where(DUE_WORK.c.kind == OPEN_APPLICATION)


@pytest.fixture
async def published(gateway, publish):
    """The licence and the information are published; events are made for the licence."""
    for bundle in (information_bundle(), licence_bundle()):
        assert (await publish(bundle)).status_code == 201
        gateway.bundle = bundle
    return gateway


@pytest.fixture
def start(published):
    async def start(headers=None, definition="test-licence", key=None, **body):
        headers = {"Idempotency-Key": key or str(uuid4())} | (headers or {})
        return await published.client.post("/v1/journeys", json={"definition": definition} | body, headers=headers)

    return start


def asked(gateway) -> list[dict]:
    return [body for service, _, path, body in gateway.peers.calls if (service, path) == ("request", OPENING)]


async def journeys_of(gateway) -> list[dict]:
    return await gateway.rows(select(Journey))


# ── the start ────────────────────────────────────────────────────────────────────────────────────


async def test_a_citizen_starts_a_journey_of_the_version_in_force(published, publish, start):
    await publish(licence_bundle(version=2))
    person = uuid4()
    answer = await start(published.citizen(person), language="en")
    journey = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/journeys/{journey['id']}"
    assert UUID(journey["id"]).version == 7
    assert (journey["definition"], journey["tracking_number"], journey["secret"]) == ("test-licence@2", None, None)
    assert (journey["action"]["code"], journey["current"]) == ("submit", "request")
    assert asked(published) == [
        {"journey_id": journey["id"], "definition": "test-licence@2", "person": str(person), "language": "en"}
    ]
    assert await published.rows(TO_OPEN) == []


async def test_an_anonymous_journey_has_a_tracking_number_and_a_secret_that_is_not_stored(published, start):
    journey = (await start(definition="test-information")).json()
    assert journey["tracking_number"].startswith("PT-")
    [row] = await journeys_of(published)
    assert row["person"] is None
    assert len(row["secret_hash"]) == 32
    assert journey["secret"] not in str(row)
    opened = await published.client.get(f"/v1/journeys/{journey['id']}", headers=holder(journey))
    assert opened.status_code == 200
    assert "secret" not in opened.json()


def holder(journey: dict) -> dict[str, str]:
    return {"Authorization": f"Journey {journey['tracking_number']}.{journey['secret']}"}


async def test_who_is_signed_in_owns_also_what_needs_no_sign_in(published, start):
    person = uuid4()
    journey = (await start(published.citizen(person), definition="test-information")).json()
    assert (journey["tracking_number"], journey["secret"]) == (None, None)
    assert (await journeys_of(published))[0]["person"] == person


@pytest.mark.req("I2", part="demanded at the start of a journey")
async def test_too_low_a_level_is_answered_with_the_level_needed(published, start):
    answer = await start(published.citizen(aal="1"))
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["type"] == "urn:paet:problem:step-up-required"
    assert (problem["required_ial"], problem["required_aal"]) == ("2.3", "2.1")
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]
    assert await journeys_of(published) == []


@pytest.mark.parametrize("who", ["nobody", "officer"])
async def test_an_identity_step_demands_a_citizen(published, start, who):
    answer = await start(published.officer("reviewer") if who == "officer" else None)
    assert answer.status_code == 401
    assert await journeys_of(published) == []


@pytest.mark.parametrize(
    ("definition", "status", "code"),
    [
        ("nothing", 404, "definition-not-found"),
        ("test-licence@3", 404, "definition-not-found"),
        ("test-licence@1", 409, "definition-superseded"),
        ("Test Licence", 422, "unprocessable"),
        ("test-licence@0", 422, "unprocessable"),
        (7, 422, "unprocessable"),
    ],
)
async def test_a_wrong_definition_stores_nothing(published, publish, start, definition, status, code):
    await publish(licence_bundle(version=2))
    answer = await start(published.citizen(), definition=definition)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:paet:problem:{code}")
    assert await journeys_of(published) == []
    if status == 409:
        assert answer.json()["latest"] == "test-licence@2"


# ── repeats ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("G2", part="Idempotency-Key at the start of a journey")
async def test_a_repeat_gives_the_same_journey_and_the_same_secret(published, start):
    key = str(uuid4())
    first = await start(definition="test-information", key=key)
    again = await start(definition="test-information", key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(asked(published)) == 1


async def test_repeats_at_once_give_one_journey(published, start):
    citizen, key = published.citizen(), str(uuid4())
    answers = await asyncio.gather(*(start(citizen, key=key) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await journeys_of(published)) == 1


async def test_a_repeat_keeps_its_version_when_a_newer_one_appears(published, publish, start):
    citizen, key = published.citizen(), str(uuid4())
    first = await start(citizen, key=key)
    await publish(licence_bundle(version=2))
    again = await start(citizen, key=key)
    assert first.json()["definition"] == again.json()["definition"] == "test-licence@1"


async def test_the_same_key_of_another_person_is_another_journey(published, start):
    key = "first-order-1"
    mine, other = await start(published.citizen(), key=key), await start(published.citizen(), key=key)
    assert mine.json()["id"] != other.json()["id"]


async def test_the_same_key_for_something_else_is_refused(published, start):
    citizen, key = published.citizen(), str(uuid4())
    await start(citizen, key=key)
    other = await start(citizen, key=key, language="en")
    assert (other.status_code, other.json()["type"]) == (422, "urn:paet:problem:idempotency-key-reused")


async def test_without_a_key_nothing_is_started(published):
    body = {"definition": "test-licence"}
    answer = await published.client.post("/v1/journeys", json=body, headers=published.citizen())
    assert (answer.status_code, answer.json()["type"]) == (428, "urn:paet:problem:idempotency-key-required")


# ── request is away ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("G4", part="a start while request is away is a 503, and a repeat resumes it")
async def test_while_request_is_away_the_answer_is_503_and_a_repeat_resumes(published, start):
    citizen, key = published.citizen(), str(uuid4())
    published.peers.answer("request", "POST", OPENING, PeerUnavailable(retry_after=2))
    first = await start(citizen, key=key)
    assert (first.status_code, first.headers["retry-after"]) == (503, "2")
    published.peers.answer("request", "POST", OPENING, {})
    again = await start(citizen, key=key)
    assert again.status_code == 201
    assert [row["journey_id"] for row in await journeys_of(published)] == [UUID(again.json()["id"])]
    assert {body["journey_id"] for body in asked(published)} == {again.json()["id"]}


async def test_what_nobody_repeats_is_completed_by_due_work(published, start):
    published.peers.answer("request", "POST", OPENING, PeerUnavailable(retry_after=2))
    assert (await start(published.citizen())).status_code == 503
    published.peers.answer("request", "POST", OPENING, {})

    async def is_opened():
        return (await journeys_of(published))[0]["opened_at"] is not None

    await published.until(is_opened)
    await published.until(lambda: _nothing_due(published))


async def _nothing_due(gateway) -> bool:
    return await gateway.rows(TO_OPEN) == []


async def test_a_refusal_between_services_is_no_answer_for_a_citizen(published, start):
    published.peers.answer("request", "POST", OPENING, PeerRefused("request", 403, {}))
    assert (await start(published.citizen())).status_code == 503


# ── the view ─────────────────────────────────────────────────────────────────────────────────────


async def deliver_whole_way(gateway, journey: UUID) -> None:
    passed = Outcome.PASSED
    for fact, step in ((Submitted, "request"), (Recommended, "review"), (Granted, "approval")):
        await gateway.deliver(gateway.handover(fact, at=step, journey=journey, outcome=passed), times=1)
    invoiced = Invoiced(invoice=uuid4(), amount_satang=100_000, currency="THB", due_at=clock.now())
    await gateway.deliver(gateway.event(invoiced, step="licence-fee", journey=journey), times=1)


@pytest.mark.req("J7", part="the view")
async def test_the_view_tells_plan_timeline_promise_and_what_to_do(published, start):
    citizen = published.citizen()
    journey = UUID((await start(citizen)).json()["id"])
    await published.deliver(published.event(Opened(), journey=journey))
    await deliver_whole_way(published, journey)
    accepted = Accepted(case=uuid4(), due_at=clock.now())
    await published.deliver(published.event(accepted, step="review", journey=journey))
    view = (await published.client.get(f"/v1/journeys/{journey}", headers=citizen)).json()
    assert view["title"] == {"th": "ขอใบอนุญาตทดสอบ", "en": "Test licence"}
    assert (view["level"], view["current"], view["ended"]) == ("L3", "licence-fee", None)
    assert [step["state"] for step in view["steps"]] == ["done"] * 5 + ["current"] + ["upcoming"] * 2
    assert [(each["seq"], each["type"]) for each in view["timeline"]] == [
        (1, "paet.request.opened.v1"), (2, "paet.request.submitted.v1"), (3, "paet.review.recommended.v1"),
        (4, "paet.approval.granted.v1"), (5, "paet.payment.invoiced.v1"), (6, "paet.review.accepted.v1"),
    ]  # fmt: skip
    assert all(each["label"]["th"] and each["label"]["en"] for each in view["timeline"])
    assert (view["timeline"][1]["next"], view["timeline"][0]["next"]) == ("review", None)
    invoice = view["timeline"][4]["data"]["invoice"]
    assert (view["action"]["code"], view["action"]["link"]) == ("pay", f"/v1/invoices/{invoice}")
    assert view["action"]["invoice"]["amount_satang"] == 100_000
    assert view["promised"]["counted_from"] == "completeness"
    assert view["promised"]["due_at"] == accepted.model_dump(mode="json")["due_at"]


@pytest.mark.req("J7", part="what the applicant must do next")
async def test_defects_are_to_be_corrected_and_meanwhile_nothing_is_promised(published, start):
    citizen, defect = published.citizen(), uuid4()
    journey = UUID((await start(citizen)).json()["id"])
    due = datetime.fromisoformat("2026-12-15T23:59:59.999999+07:00")

    async def view_after(event):
        await published.deliver(event)
        view = (await published.client.get(f"/v1/journeys/{journey}", headers=citizen)).json()
        listed = (await published.client.get("/v1/journeys", headers=citizen)).json()["items"][0]
        assert (listed["action"], listed["promised"]) == (view["action"], view["promised"])
        return view

    await published.deliver(published.handover(Submitted, at="request", journey=journey))
    recorded = DefectRecorded(case=uuid4(), defect=defect, due_at=due)
    view = await view_after(published.event(recorded, step="review", journey=journey))
    assert (view["action"]["code"], view["action"]["link"]) == ("correct", f"/v1/journeys/{journey}/correction")
    assert view["action"]["text"]["th"].endswith("ภายในวันที่ 15 ธันวาคม 2569")
    assert view["action"]["text"]["en"].endswith("by 15 December 2026")
    assert (view["promised"]["due_at"], view["promised"]["counted_from"]) == (None, None)
    office = published.officer("administrator", agency="platform")
    await published.client.put("/v1/calendar/2026-12-15", json={"is_workday": False}, headers=office)
    view = await view_after(published.event(recorded, step="review", journey=journey))
    assert view["action"]["text"]["en"].endswith("by 16 December 2026"), "a holiday by now: as at request"
    view = await view_after(published.event(Corrected(defect=defect), journey=journey))
    assert (view["action"]["code"], view["current"], view["promised"]["due_at"]) == ("wait", "review", None)
    accepted = Accepted(case=recorded.case, due_at=due)
    view = await view_after(published.event(accepted, step="review", journey=journey))
    assert (view["action"]["code"], view["promised"]["counted_from"]) == ("wait", "completeness")


async def test_the_end_is_told_with_its_outcome(published, start):
    citizen = published.citizen()
    journey = UUID((await start(citizen)).json()["id"])
    await published.deliver(published.event(Completed(outcome=Outcome.WITHDRAWN), step="delivery", journey=journey))
    view = (await published.client.get(f"/v1/journeys/{journey}", headers=citizen)).json()
    assert (view["ended"]["outcome"], view["ended"]["text"]["en"]) == ("withdrawn", "Withdrawn by the applicant")
    assert (view["current"], view["action"]["link"]) == (None, f"/v1/journeys/{journey}/notices")
    done = {step["id"]: step["done_at"] for step in view["steps"] if step["state"] == "done"}
    assert done == {"search": view["started_at"], "identity": view["started_at"], "delivery": view["ended"]["at"]}


async def test_an_unchanged_view_is_not_sent_again(published, start):
    citizen = published.citizen()
    journey = (await start(citizen)).json()["id"]
    etag = (await published.client.get(f"/v1/journeys/{journey}", headers=citizen)).headers["etag"]
    headers = citizen | {"If-None-Match": f'"other", W/{etag}'}
    same = await published.client.get(f"/v1/journeys/{journey}", headers=headers)
    await published.deliver(published.event(Opened(), journey=UUID(journey)))
    changed = await published.client.get(f"/v1/journeys/{journey}", headers=headers)
    assert (same.status_code, same.content, changed.status_code) == (304, b"", 200)


async def test_ones_own_journeys_are_listed_newest_first_page_by_page(published, start):
    citizen = published.citizen()
    ids = [(await start(citizen)).json()["id"] for _ in range(3)]
    await start(published.citizen())
    await published.deliver(published.handover(Submitted, at="request", journey=UUID(ids[0])))
    first = (await published.client.get("/v1/journeys?limit=2", headers=citizen)).json()
    rest = (await published.client.get(f"/v1/journeys?limit=2&before={first['next']}", headers=citizen)).json()
    assert [each["id"] for page in (first, rest) for each in page["items"]] == list(reversed(ids))
    assert ([each["current"] for each in rest["items"]], rest["next"]) == (["review"], None)


async def test_only_the_owner_and_officers_of_the_agency_see_a_journey(published, start):
    path = f"/v1/journeys/{(await start(published.citizen())).json()['id']}"
    anonymous = (await start(definition="test-information")).json()

    async def status(headers):
        return (await published.client.get(path, headers=headers)).status_code

    assert await status(published.citizen()) == 404
    assert await status(holder(anonymous)) == 404
    assert await status(published.officer("reviewer")) == 200
    assert await status(published.officer("reviewer", agency=OTHER_AGENCY)) == 404
    assert await status(published.as_service("review")) == 403
    assert await status({}) == 401
    unknown = await published.client.get(f"/v1/journeys/{uuid4()}", headers=published.citizen())
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:paet:problem:journey-not-found")


@pytest.mark.parametrize("damage", ["secret", "number", "both", "scheme", "nothing"])
async def test_a_wrong_secret_opens_nothing_and_says_nothing(published, start, damage):
    journey = (await start(definition="test-information")).json()
    number, secret = journey["tracking_number"], journey["secret"]
    other = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    credentials = {
        "secret": f"{number}.{other}", "number": f"PT-0000-0000-0000.{secret}", "both": f"PT-0000-0000-0000.{other}",
        "scheme": "x", "nothing": "",
    }  # fmt: skip
    headers = {"Authorization": f"Journey {credentials[damage]}"}
    answer = await published.client.get(f"/v1/journeys/{journey['id']}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:paet:problem:invalid-token")
    assert "detail" not in answer.json()


async def test_holders_are_answered_at_once_over_a_single_connection(published, start):
    """Who holds a journey is looked up in the database as well: never with a connection in hand."""
    journeys = [(await start(definition="test-information")).json() for _ in range(3)]

    def read(journey):
        return published.client.get(f"/v1/journeys/{journey['id']}", headers=holder(journey))

    async with published.one_connection():
        answers = await asyncio.gather(*(read(each) for each in journeys * 4))
    assert [answer.status_code for answer in answers] == [200] * 12
