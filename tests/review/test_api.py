"""The officer's queue over HTTP: who sees what, who may act, and what two officers at once bring about."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kit.clock import clock
from kit.contracts.events import Recommended, ReviewRefused, Withdrawn
from kit.contracts.journey import Outcome
from services.review.models import Act, Case
from tests.bundles import OTHER_AGENCY, document_bundle
from tests.review.conftest import LARGE, REASONS, RECEIVED, SMALL, filed, queued

SOMSRI, SOMCHAI = uuid4(), uuid4()


async def post(review, case: UUID, act: str, officer: UUID = SOMSRI, json=None, **options):
    headers = review.officer("reviewer", officer=officer, **options) | {"Accept-Language": "en"}
    return await review.client.post(f"/cases/{case}/{act}", json=json, headers=headers)


async def get(review, path: str, **options):
    return await review.client.get(path, headers=review.officer("reviewer", **options))


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.req("R1", part="queue by agency and unit in the order of the legal deadline")
async def test_queue_shows_the_agencys_open_cases_by_legal_deadline(review):
    events = [filed(review, LARGE, received=RECEIVED + timedelta(days=n)) for n in (3, 1, 2)]
    await review.deliver(*events, filed(review, SMALL))
    expected = [str(events[n].journey) for n in (1, 2, 0)]
    page = (await get(review, "/cases")).json()
    assert [case["journey_id"] for case in page["items"]] == expected
    assert page["next"] is None
    assert (await get(review, "/cases?unit=sanitation&state=waiting")).json() == page
    assert (await get(review, "/cases?unit=other")).json()["items"] == []
    assert [case["result"] for case in (await get(review, "/cases?state=reviewed")).json()["items"]] == ["grant"]
    assert (await get(review, "/cases", agency=OTHER_AGENCY)).json()["items"] == []

    first = (await get(review, "/cases?limit=2")).json()
    rest = (await get(review, f"/cases?limit=2&cursor={first['next']}")).json()
    assert [case["journey_id"] for case in first["items"] + rest["items"]] == expected
    assert rest["next"] is None


@pytest.mark.parametrize("cursor", ["x", "%20", "MjAyNi0xMS0wMg==", "é", "MjAyNi0xMS0wMlQwMzowMDowMCAx"])
async def test_foreign_cursor_is_refused(review, cursor):
    assert code(await get(review, f"/cases?cursor={cursor}")) == (422, "cursor-unknown")


async def test_case_shows_form_table_clock_and_history(review):
    _, case = await queued(review)
    await post(review, case, "claim")
    view = (await get(review, f"/cases/{case}")).json()
    assert view["form"] == LARGE
    assert view["table"] == {
        "rule": "officer", "conditions": [{"field": "area", "condition": "> 50"}], "queue_reason": "row-says-officer",
    }  # fmt: skip
    assert view["clock"]["started_at"] == "2026-11-02T03:00:00Z"
    assert view["clock"]["stopped_at"] is None
    assert [(act["act"], act["officer"]) for act in view["acts"]] == [("opened", None), ("claimed", str(SOMSRI))]


async def test_nothing_of_the_form_is_kept(review):
    journey, _ = await queued(review)
    (row,) = await review.rows(select(Case).where(Case.journey_id == journey))
    kept = " ".join(str(value) for value in row.values())
    assert "ครัวคุณยาย" not in kept
    assert "example.org" not in kept


async def test_form_that_request_cannot_give_now_is_a_503(review):
    _, case = await queued(review)
    review.peers.claims.clear()
    answer = await get(review, f"/cases/{case}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("act", ["claim", "release"])
async def test_case_of_another_agency_is_unknown(review, act):
    _, case = await queued(review)
    assert code(await post(review, case, act, agency=OTHER_AGENCY)) == (404, "case-not-found")
    assert code(await post(review, uuid4(), act)) == (404, "case-not-found")
    assert code(await get(review, f"/cases/{case}", agency=OTHER_AGENCY)) == (404, "case-not-found")


@pytest.mark.req("R1", part="two officers can never act on one case at once")
async def test_of_many_officers_at_once_one_gets_the_case(review):
    _, case = await queued(review)
    answers = await asyncio.gather(*(post(review, case, "claim", uuid4()) for _ in range(6)))
    assert Counter(code(a) if a.status_code != 200 else 200 for a in answers) == {200: 1, (409, "case-claimed"): 5}
    (row,) = await review.rows(select(Case))
    (winner,) = [a.json() for a in answers if a.status_code == 200]
    assert winner["holder"] == str(row["holder"])


@pytest.mark.req("R1", part="contradictory decisions are impossible")
async def test_two_acts_at_once_on_one_case_end_it_once(review):
    _, case = await queued(review)
    await post(review, case, "claim")
    bodies = [{"result": "grant"}, {"result": "refuse", **REASONS}] * 4
    answers = await asyncio.gather(*(post(review, case, "recommendation", json=body) for body in bodies))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    assert len(await review.facts(Recommended)) == 1


async def test_recommendation_goes_to_the_approver_with_its_reasons(review):
    journey, case = await queued(review)
    await post(review, case, "claim")
    answer = await post(review, case, "recommendation", json={"result": "refuse", **REASONS})
    assert (answer.status_code, answer.json()["state"], answer.json()["result"]) == (200, "reviewed", "refuse")
    (recommended,) = await review.facts(Recommended)
    assert (recommended.next, recommended.data.outcome) == ("approval", Outcome.PASSED)
    headers = review.as_service("approval")
    claims = await review.client.post("/internal/claims/cases", json={"ids": [str(journey)]}, headers=headers)
    claim = claims.json()["items"][str(journey)]
    assert claim["result"] == "refused"
    assert claim["reviewer"] == str(SOMSRI)
    assert claim["rule"] is None
    assert {name: claim[name] for name in REASONS} == REASONS


async def test_officers_and_their_words_stay_off_the_bus(review):
    _, case = await queued(review)
    await post(review, case, "claim")
    await post(review, case, "recommendation", json={"result": "refuse", **REASONS})
    told = "".join(event.to_json().decode() for event in await review.facts())
    assert str(SOMSRI) not in told
    assert not any(text in told for text in REASONS.values())


@pytest.mark.parametrize("act", ["recommendation", "refusal", "release"])
async def test_nobody_acts_on_a_case_they_have_not_claimed(review, act):
    review.publish(document_bundle())
    _, case = await queued(review)
    body = {"recommendation": {"result": "grant"}, "refusal": REASONS, "release": None}[act]
    assert code(await post(review, case, act, json=body)) == (409, "case-not-claimed")
    await post(review, case, "claim", SOMCHAI)
    assert code(await post(review, case, act, json=body)) == (409, "case-not-claimed")


@pytest.mark.req("A3", part="a reviewer's refusal")
@pytest.mark.parametrize("missing", [["facts"], ["law"], ["considerations"], ["facts", "law", "considerations"]])
async def test_reviewers_refusal_without_reasons_is_refused_by_field(review, missing):
    review.publish(document_bundle())
    _, case = await queued(review)
    await post(review, case, "claim")
    body = {name: text for name, text in REASONS.items() if name not in missing}
    answer = await post(review, case, "refusal", json=body)
    assert code(answer) == (422, "reasons-missing")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}" for name in missing]
    assert await review.facts(ReviewRefused) == []


@pytest.mark.req("A3", part="a reviewer's refusal")
async def test_reviewer_refuses_where_no_one_approves(review):
    review.publish(document_bundle())
    journey, case = await queued(review)
    await post(review, case, "claim")
    assert code(await post(review, case, "recommendation", json={"result": "refuse", **REASONS})) == (
        409, "reviewer-decides",
    )  # fmt: skip
    assert (await post(review, case, "refusal", json=REASONS)).status_code == 200
    (refused,) = await review.facts(ReviewRefused)
    assert (refused.next, refused.data.outcome) == ("delivery", Outcome.REFUSED)
    (row,) = await review.rows(select(Case))
    assert row["appeal"]["th"].startswith("หากท่านไม่เห็นด้วย")
    assert row["clock_stopped_at"] == row["decided_at"]
    # The service hears its own refusal as the end of the journey, and that changes nothing.
    await review.deliver(review.handover(ReviewRefused, at="review", journey=journey, outcome=Outcome.REFUSED))
    assert await review.rows(select(Case)) == [row]


async def test_where_somebody_approves_the_reviewer_cannot_refuse(review):
    _, case = await queued(review)
    await post(review, case, "claim")
    assert code(await post(review, case, "refusal", json=REASONS)) == (409, "approval-decides")


async def test_nobody_acts_on_a_withdrawn_case(review):
    journey, case = await queued(review)
    await post(review, case, "claim")
    await review.deliver(review.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN))
    for act, body in (("claim", None), ("release", None), ("recommendation", {"result": "grant"})):
        assert code(await post(review, case, act, json=body)) == (409, "case-closed")
    assert await review.facts(Recommended) == []


async def test_released_case_is_free_for_another(review):
    _, case = await queued(review)
    await post(review, case, "claim")
    assert (await post(review, case, "release")).json()["state"] == "waiting"
    assert (await post(review, case, "claim", SOMCHAI)).json()["holder"] == str(SOMCHAI)


@pytest.mark.req("R1", part="a lease ends by itself")
async def test_lease_that_runs_out_gives_the_case_back(review):
    with clock.freeze(RECEIVED) as advance:
        _, case = await queued(review)
        await post(review, case, "claim")
        advance(timedelta(hours=2))
        await post(review, case, "claim")  # renewed: until 6 h
        advance(timedelta(hours=3))
        assert code(await post(review, case, "claim", SOMCHAI)) == (409, "case-claimed")
        advance(timedelta(hours=1))

        async def is_free():
            return [row for row in await review.rows(select(Case)) if row["state"] == "waiting"]

        (row,) = await review.until(is_free)
        assert row["holder"] is None
        acts = [act["act"] for act in await review.rows(select(Act).order_by(Act.id))]
        assert acts == ["opened", "claimed", "claimed", "lease-ended"]


async def test_unknown_member_or_wrong_type_is_a_field_error(review):
    _, case = await queued(review)
    await post(review, case, "claim")
    for body in ({"result": "maybe"}, {"result": "grant", "fact": "x"}, {"result": "grant", "facts": 1}, {}):
        assert (await post(review, case, "recommendation", json=body)).status_code == 422
    too_long = {"result": "grant", "facts": "ก" * 20_001}
    assert (await post(review, case, "recommendation", json=too_long)).status_code == 422
    nul = {"result": "grant", "facts": "a\u0000b"}
    assert (await post(review, case, "recommendation", json=nul)).status_code == 422
