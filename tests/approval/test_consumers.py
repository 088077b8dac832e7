"""Events in: each delivered twice; ends delivered before what they stop; automatic grants."""

import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from kit.cloudevents import compose
from kit.contracts.events import (
    CalendarChanged,
    DecisionOpened,
    Granted,
    Recommended,
    Refused,
    ReviewRefused,
    Withdrawn,
)
from kit.contracts.journey import Outcome
from services.approval.models import Decision, SigningKey
from tests.approval.conftest import FORM, FOUND, reviewed, waiting
from tests.bundles import automatic_bundle


async def decision_of(approval, journey: UUID) -> dict:
    return (await approval.rows(select(Decision).where(Decision.journey_id == journey)))[0]


async def test_reviewed_case_waits_for_an_approver(approval):
    event = reviewed(approval)
    await approval.deliver(event)
    (opened,) = await approval.facts()
    assert isinstance(opened.data, DecisionOpened)
    decision = await decision_of(approval, event.journey)
    assert (decision["state"], decision["id"], decision["unit"]) == ("waiting", opened.data.decision, "district")
    assert decision["recommended"] == FOUND
    assert decision["due_at"].date() == date(2026, 12, 2)


@pytest.mark.req("A6")
async def test_favourable_case_is_granted_under_the_named_rule(approval):
    approval.publish(automatic_bundle())
    event = reviewed(approval, reviewer=None, rule="small")
    await approval.deliver(event)
    facts = await approval.facts()
    assert [type(fact.data) for fact in facts] == [DecisionOpened, Granted]
    assert (facts[1].next, facts[1].nextstep) == ("payment", "licence-fee")
    decision = await decision_of(approval, event.journey)
    assert (decision["state"], decision["decided_by"]) == ("granted", None)
    content = json.loads(decision["content"])
    assert content["rule"] == {"th": "ข้อ 1 แห่งคำสั่งทดสอบ", "en": "Rule 1 of the test order"}
    assert (content["order"], content["authority"]["en"]) == ("1/2569", "District director")
    assert (content["officer"], content["result"], content["law"]) == (None, "granted", FOUND["law"])
    (key,) = await approval.rows(select(SigningKey))
    assert key["holder"] == "agency:22000000"


@pytest.mark.req("A6")
async def test_rule_never_decides_against_the_applicant(approval):
    approval.publish(automatic_bundle())
    event = reviewed(approval, result="refused")
    await approval.deliver(event)
    assert (await decision_of(approval, event.journey))["state"] == "waiting"
    assert await approval.facts(Granted) == await approval.facts(Refused) == []


@pytest.mark.req("A6")
async def test_nothing_is_automatic_where_the_definition_does_not_say_so(approval):
    event = reviewed(approval, reviewer=None, rule="small")
    await approval.deliver(event)
    assert (await decision_of(approval, event.journey))["state"] == "waiting"
    assert await approval.facts(Granted) == []


async def test_many_automatic_grants_in_one_batch_use_one_key(approval):
    approval.publish(automatic_bundle())
    await approval.deliver(*(reviewed(approval) for _ in range(30)))
    assert len(await approval.facts(Granted)) == 30
    assert len(await approval.rows(select(SigningKey))) == 1


async def test_hand_over_told_again_under_another_id_opens_no_second_decision(approval):
    approval.publish(automatic_bundle())
    event = reviewed(approval)
    again = approval.handover(Recommended, at="review", journey=event.journey)
    await approval.deliver(event, again)
    assert len(await approval.rows(select(Decision))) == 1
    assert len(await approval.facts()) == 2


@pytest.mark.parametrize(("end", "at"), [(Withdrawn, "request"), (ReviewRefused, "review")])
async def test_end_before_the_hand_over_it_stops_leaves_no_decision(approval, end, at):
    journey = uuid7()
    await approval.deliver(approval.handover(end, at=at, journey=journey, outcome=Outcome.WITHDRAWN))
    await approval.deliver(reviewed(approval, journey=journey))
    assert await approval.rows(select(Decision)) == []
    assert await approval.facts() == []


async def test_end_of_the_journey_closes_what_waits_and_leaves_what_is_decided(approval):
    journey, _ = await waiting(approval)
    withdrawn = approval.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN)
    await approval.deliver(withdrawn)
    decision = await decision_of(approval, journey)
    assert (decision["state"], decision["closed_by"]) == ("closed", "withdrawn")

    approval.publish(automatic_bundle(identifier="test-automatic"))
    event = reviewed(approval)
    await approval.deliver(event)
    before = await decision_of(approval, event.journey)
    late = approval.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)
    await approval.deliver(late)
    assert await decision_of(approval, event.journey) == before


async def test_deadline_follows_the_calendar(approval):
    journey, _ = await waiting(approval)
    before = await decision_of(approval, journey)
    await approval.deliver(compose(CalendarChanged(day=date(2026, 12, 2), is_workday=False)))
    after = await decision_of(approval, journey)
    assert after["due_at"] - before["due_at"] == timedelta(days=1)


async def test_nothing_of_the_form_is_kept(approval):
    journey, _ = await waiting(approval)
    kept = " ".join(str(value) for value in (await decision_of(approval, journey)).values())
    assert FORM["shop_name"] not in kept
    assert "example.org" not in kept
