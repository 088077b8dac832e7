"""The second food licence: the same service, with all that follows a decision."""

import pytest

from tests.gateway.catalogue import BUNDLES


@pytest.mark.req("L6", part="the limits of a shipped licence are configuration, each with its source")
def test_the_second_licence_says_what_follows_a_decision_and_whose_rule_it_is():
    first, second = (BUNDLES[f"food-licence@{version}"] for version in (1, 2))
    assert first.files == second.files
    old, new = first.definition, second.definition
    same = ("id", "agency", "agency_name", "title", "kind", "appeal")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert [step.id for step in new.plan] == [step.id for step in old.plan]
    late = new.periods.late
    assert (late.every_days, late.source.section, late.source.mark) == (7, "10", "C2")
    steps = {step.id: step for step in new.plan}
    fee, life, ladder = steps["licence-fee"], steps["issuance"].life, steps["delivery"].ladder
    assert fee.fees == {step.id: step for step in old.plan}["licence-fee"].fees
    assert (fee.takes_card, fee.lapse.policy, fee.lapse.source.mark, fee.receipt.source.mark) == (
        True, "journey", "D", "K"
    )  # fmt: skip
    limits = (life.suspension.days, life.suspension.times, life.substitute.within_days, life.renewal.days_before)
    assert limits == (15, 2, 15, 90)
    assert {each.source.mark for each in (life.suspension, life.substitute, life.renewal)} == {"D"}
    assert steps["issuance"].reminders == (90, 30, 7)
    assert [rung.channel for rung in ladder] == ["email", "line", "sms", "post"]
