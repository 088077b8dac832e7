"""Events in: each delivered twice; ends delivered before what they stop; the calendar."""

import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from kit.cloudevents import compose
from kit.contracts.events import (
    Accepted,
    CalendarChanged,
    CaseOpened,
    Granted,
    Recommended,
    Refused,
    ReviewRefused,
    Submitted,
    Withdrawn,
)
from kit.contracts.journey import Outcome
from kit.worker import Worker
from services.review.models import Act, Case
from tests.bundles import REVIEW_TABLE, document_bundle, licence_bundle
from tests.review.conftest import LARGE, RECEIVED, SMALL, filed, queued


def with_row(**cells: str):
    """The licence without an approval whose table has one more first row."""
    table = json.loads(json.dumps(REVIEW_TABLE))
    table["nodes"][1]["content"]["rules"].insert(0, {"_id": "first", "area": "> 0", **cells})
    bundle = document_bundle(identifier="test-refusing")
    return bundle.model_copy(update={"files": bundle.files | {"rules/review.json": json.dumps(table)}})


async def case_of(review, journey: UUID) -> dict:
    return (await review.rows(select(Case).where(Case.journey_id == journey)))[0]


async def acts_of(review, journey: UUID) -> list[str]:
    query = select(Act.act).join(Case, Act.case_id == Case.id).where(Case.journey_id == journey).order_by(Act.id)
    return [row["act"] for row in await review.rows(query)]


@pytest.mark.req("R2")
async def test_case_that_passes_the_table_goes_straight_through(review):
    event = filed(review, SMALL)
    await review.deliver(event)
    facts = await review.facts()
    assert [type(fact.data) for fact in facts] == [CaseOpened, Accepted, Recommended]
    assert (facts[2].next, facts[2].nextstep, facts[2].data.outcome) == ("approval", "approval", Outcome.PASSED)
    assert all(fact.causationid == event.id and fact.journeyid == event.journey for fact in facts)
    case = await case_of(review, event.journey)
    assert (case["state"], case["result"], case["rule"]) == ("reviewed", "grant", "small")
    assert await acts_of(review, event.journey) == ["opened", "rule-grant"]


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("form", "reason"), [(LARGE, "row-says-officer"), ({"shop_name": "ร้าน", "area": "20"}, "form-invalid")]
)
async def test_case_the_table_does_not_decide_waits_for_an_officer(review, form, reason):
    event = filed(review, form)
    await review.deliver(event)
    assert [type(fact.data) for fact in await review.facts()] == [CaseOpened, Accepted]
    case = await case_of(review, event.journey)
    assert (case["state"], case["result"], case["queue_reason"]) == ("waiting", None, reason)


async def test_without_a_table_an_officer_looks_at_every_case(review):
    bundle = licence_bundle(identifier="test-by-hand")
    plan = tuple(s.model_copy(update={"table": None}) if s.id == "review" else s for s in bundle.definition.plan)
    definition = bundle.definition.model_copy(update={"plan": plan})
    review.publish(bundle.model_copy(update={"definition": definition}))
    event = filed(review, SMALL)
    await review.deliver(event)
    assert (await case_of(review, event.journey))["queue_reason"] == "no-table"


@pytest.mark.req("R2")
async def test_where_no_one_approves_a_passing_row_decides(review):
    review.publish(document_bundle())
    event = filed(review, SMALL)
    await review.deliver(event)
    assert (await review.facts(Recommended))[0].next == "issuance"
    case = await case_of(review, event.journey)
    assert case["clock_stopped_at"] == case["decided_at"] is not None


@pytest.mark.req("R2")
async def test_row_refuses_by_itself_only_with_all_reasons_and_tells_the_appeal(review):
    review.publish(with_row(outcome='"refuse"', facts='"ก"', law='"ข"', considerations='"ค"'))
    event = filed(review, SMALL)
    await review.deliver(event)
    (refused,) = await review.facts(ReviewRefused)
    assert (refused.next, refused.data.outcome) == ("delivery", Outcome.REFUSED)
    headers = review.as_service("delivery")
    answer = await review.client.post("/internal/claims/cases", json={"ids": [str(event.journey)]}, headers=headers)
    claim = answer.json()["items"][str(event.journey)]
    assert (claim["result"], claim["facts"], claim["law"], claim["considerations"]) == ("refused", "ก", "ข", "ค")
    assert "15 วัน" in claim["appeal_th"]
    assert "15 days" in claim["appeal_en"]


@pytest.mark.req("R2")
async def test_row_that_refuses_without_reasons_goes_to_an_officer(review):
    review.publish(with_row(outcome='"refuse"', facts='"ก"'))
    event = filed(review, SMALL)
    await review.deliver(event)
    assert await review.facts(ReviewRefused) == []
    assert (await case_of(review, event.journey))["queue_reason"] == "refusal-without-reasons"


@pytest.mark.req("R2")
async def test_row_that_refuses_is_only_a_recommendation_where_somebody_approves(review):
    bundle = licence_bundle(identifier="test-refusing")
    refusing = with_row(outcome='"refuse"', facts='"ก"', law='"ข"', considerations='"ค"')
    review.publish(bundle.model_copy(update={"files": refusing.files}))
    event = filed(review, SMALL)
    await review.deliver(event)
    assert await review.facts(ReviewRefused) == []
    (recommended,) = await review.facts(Recommended)
    assert recommended.next == "approval"
    case = await case_of(review, event.journey)
    assert (case["result"], case["clock_stopped_at"]) == ("refuse", None)


async def test_hand_over_told_again_under_another_id_opens_no_second_case(review):
    event = filed(review, LARGE)
    again = review.handover(Submitted, at="request", journey=event.journey)
    await review.deliver(event, again)
    assert len(await review.rows(select(Case))) == 1
    assert len(await review.facts()) == 2


async def test_withdrawal_before_the_hand_over_it_stops_leaves_no_case(review):
    journey = uuid7()
    await review.deliver(review.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN))
    await review.deliver(filed(review, SMALL, journey=journey))
    assert await review.rows(select(Case)) == []
    assert await review.facts() == []


@pytest.mark.parametrize(("end", "step"), [(Withdrawn, "request"), (Refused, "approval")])
async def test_end_of_the_journey_closes_its_case(review, end, step):
    journey, _ = await queued(review)
    ended = review.handover(end, at=step, journey=journey, outcome=Outcome.WITHDRAWN)
    await review.deliver(ended)
    case = await case_of(review, journey)
    assert (case["state"], case["clock_stopped_at"]) == ("closed", ended.time)
    assert await acts_of(review, journey) == ["opened", "journey-ended"]


async def test_grant_stops_the_clock_once(review):
    event = filed(review, SMALL)
    await review.deliver(event)
    assert (await case_of(review, event.journey))["clock_stopped_at"] is None
    granted = review.handover(Granted, at="approval", journey=event.journey)
    await review.deliver(granted)
    assert (await case_of(review, event.journey))["clock_stopped_at"] == granted.time
    assert await acts_of(review, event.journey) == ["opened", "rule-grant", "granted"]


@pytest.mark.parametrize("is_granted_first", [True, False])
async def test_of_a_grant_and_an_end_in_one_batch_the_first_stops_the_clock(review, is_granted_first):
    event = filed(review, SMALL)
    granted = review.handover(Granted, at="approval", journey=event.journey)
    withdrawn = review.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    first, second = (granted, withdrawn) if is_granted_first else (withdrawn, granted)
    worker = Worker(review.kit, review.app.state.worker.table)
    await worker._transact([event, first, second])
    assert (await case_of(review, event.journey))["clock_stopped_at"] == first.time
    told = await acts_of(review, event.journey)
    assert told == ["opened", "rule-grant", "granted" if is_granted_first else "journey-ended"]


@pytest.mark.req("R4", part="clock starts and is recomputed")
async def test_clock_runs_from_the_legal_receipt_and_follows_the_calendar(review):
    running, stopped = filed(review, LARGE), filed(review, SMALL)
    await review.deliver(running, stopped)
    await review.deliver(review.handover(Granted, at="approval", journey=stopped.journey))
    (accepted, _) = await review.facts(Accepted)
    before = await case_of(review, running.journey)
    assert before["accepted_at"] == RECEIVED
    # 30 calendar days end on Wednesday 2 December, before 30 working days do.
    assert (before["due_at"].date(), before["due_by"]) == (date(2026, 12, 2), "act")
    assert accepted.data.due_at == before["due_at"]

    await review.deliver(compose(CalendarChanged(day=date(2026, 12, 2), is_workday=False)))
    after = await case_of(review, running.journey)
    assert after["due_at"] - before["due_at"] == timedelta(days=1)
    assert (await acts_of(review, running.journey))[-1] == "clock-set-anew"
    assert (await case_of(review, stopped.journey))["due_at"] == before["due_at"]

    later = filed(review, LARGE)
    await review.deliver(later)
    assert (await case_of(review, later.journey))["due_at"] == after["due_at"]

    await review.deliver(compose(CalendarChanged(day=date(2026, 12, 2), is_workday=True)))
    assert (await case_of(review, running.journey))["due_at"] == before["due_at"]
    assert (await acts_of(review, running.journey)).count("clock-set-anew") == 2
