"""Acts of people whose answer is lost: the process dies between the commit and the answer, and they try again."""

import pytest

from kit import crashpoint
from kit.local import bootstrap, samples
from tests.faults import invariants
from tests.journeys.conftest import settle
from tests.journeys.walks import apply, decision_of, recommend


@pytest.mark.req("X1", part="acts of applicants and officers whose answer is lost")
@pytest.mark.timeout(240)
async def test_an_act_is_done_once_though_its_answer_is_lost(stage, anyone):
    bootstrap.publish(stage.suite, [bootstrap.CATALOGUE / "food-licence"])
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    journey = await apply(citizen)
    await journey.until_at("review")
    stage.arm(crashpoint.BEFORE_ANSWER, "review")
    await recommend(anyone, journey)
    assert stage.has_died("review")
    approver, path = await decision_of(anyone, journey)
    stage.arm(crashpoint.BEFORE_ANSWER, "approval")
    await approver.post(f"{path}/grant", {})
    assert stage.has_died("approval")
    stage.arm(crashpoint.BEFORE_ANSWER, "payment")
    await journey.pay()
    await settle(lambda: stage.has_died("payment"), 60)
    seen = await journey.until_ended(120)
    assert seen["ended"]["outcome"] == "passed"
    await invariants.hold(stage, journey.id)
