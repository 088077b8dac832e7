"""The life of a case by tables and by a stateful property test; the legal clock; what a finding leads to."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from kit.contracts.definition import Periods
from kit.errors import Problem
from kit.workdays import Calendar
from services.review import domain
from services.review.domain import Clock, Result, Standing, State
from services.review.domain.cases import CaseClaimed, CaseClosed, CaseNotClaimed, CaseReviewed
from services.review.domain.tables import Finding, Outcome, Row
from tests.bundles import SOURCE

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
LEASE = timedelta(hours=4)
SOMSRI, SOMCHAI = UUID(int=1), UUID(int=2)
REASONS = {"facts": "ก", "law": "ข", "considerations": "ค"}


def claimed() -> Standing:
    return domain.claim(Standing(), SOMSRI, NOW, LEASE)


def test_claimed_case_is_held_until_the_lease_ends():
    case = claimed()
    assert case.state is State.CLAIMED
    assert case.is_held(NOW + LEASE - timedelta(seconds=1))
    assert not case.is_held(NOW + LEASE)


@pytest.mark.req("R1", part="two officers can never act on one case at once")
def test_another_officer_cannot_claim_or_act_on_a_held_case():
    with pytest.raises(CaseClaimed):
        domain.claim(claimed(), SOMCHAI, NOW, LEASE)
    with pytest.raises(CaseNotClaimed):
        domain.conclude(claimed(), SOMCHAI, NOW, Result.GRANT)


def test_holder_renews_the_lease_by_claiming_again():
    later = NOW + timedelta(hours=3)
    assert domain.claim(claimed(), SOMSRI, later, LEASE).lease_until == later + LEASE


def test_lapsed_lease_gives_no_right_to_act_and_frees_the_case():
    late = NOW + LEASE
    with pytest.raises(CaseNotClaimed):
        domain.conclude(claimed(), SOMSRI, late, Result.GRANT)
    assert domain.lapse(claimed(), late) == Standing()
    assert domain.lapse(claimed(), NOW) is None
    assert domain.claim(claimed(), SOMCHAI, late, LEASE).holder == SOMCHAI


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (Standing(), CaseNotClaimed),
        (Standing(State.REVIEWED, SOMSRI, None, Result.GRANT), CaseReviewed),
        (Standing(State.CLOSED), CaseClosed),
    ],
)
def test_nobody_acts_on_a_case_that_is_not_theirs_to_act_on(case, problem):
    with pytest.raises(problem):
        domain.conclude(case, SOMSRI, NOW, Result.REFUSE)
    with pytest.raises(problem):
        domain.release(case, SOMSRI, NOW)


@pytest.mark.parametrize("missing", [("facts",), ("law",), ("considerations",), ("facts", "law", "considerations")])
def test_refusal_without_a_reason_names_each_that_is_missing(missing):
    reasons = REASONS | dict.fromkeys(missing, " \n")
    with pytest.raises(Problem) as caught:
        domain.check_refusal(reasons, has_appeal=True)
    assert caught.value.code == "reasons-missing"
    assert [error.pointer for error in caught.value.errors] == [f"/{name}" for name in missing]


def test_refusal_without_a_right_to_appeal_is_impossible():
    with pytest.raises(Problem, match="appeal-unknown"):
        domain.check_refusal(REASONS, has_appeal=False)


def row(outcome: Outcome, **texts: str) -> Row:
    return Row("r", outcome, **texts)


@pytest.mark.parametrize(
    ("finding", "has_appeal", "result", "reason"),
    [
        (Finding(row(Outcome.PASS), None), True, Result.GRANT, None),
        (Finding(row(Outcome.REFUSE, **REASONS), None), True, Result.REFUSE, None),
        (Finding(row(Outcome.REFUSE, facts="ก", law="ข"), None), True, None, "refusal-without-reasons"),
        (Finding(row(Outcome.REFUSE, **REASONS), None), False, None, "refusal-without-reasons"),
        (Finding(row(Outcome.OFFICER), "row-says-officer"), True, None, "row-says-officer"),
        (Finding(row(Outcome.ERROR), "error-row"), True, None, "error-row"),
        (Finding(None, "no-row"), True, None, "no-row"),
    ],
)
def test_only_a_clear_row_decides_everything_else_goes_to_an_officer(finding, has_appeal, result, reason):
    judgement = domain.judge(finding, has_appeal=has_appeal)
    assert (judgement.result, judgement.queue_reason) == (result, reason)


def periods(manual: tuple[int, str], act: tuple[int, str] | None) -> Periods:
    def period(pair):
        return {"amount": pair[0], "unit": pair[1], "source": SOURCE}

    return Periods.model_validate({"manual": period(manual), "act": act and period(act)})


@pytest.mark.parametrize(
    ("manual", "act", "due", "by"),
    [
        # Monday 2 Nov 10:00 + 7 working days = Wednesday 11 Nov, closing at 16:30 = 09:30 UTC
        ((7, "working_days"), None, datetime(2026, 11, 11, 9, 30, tzinfo=UTC), "manual"),
        ((30, "working_days"), (7, "working_days"), datetime(2026, 11, 11, 9, 30, tzinfo=UTC), "act"),
        ((150, "minutes"), (7, "working_days"), datetime(2026, 11, 2, 5, 30, tzinfo=UTC), "manual"),
    ],
)  # fmt: skip
def test_earlier_of_the_two_periods_is_promised(manual, act, due, by):
    found = Clock(periods(manual, act), NOW).due(Calendar())
    assert (found.at, found.by) == (due, by)


def test_proclaimed_holiday_moves_the_deadline_and_its_repeal_moves_it_back():
    clock = Clock(periods((7, "working_days"), None), NOW)
    assert clock.due(Calendar({date(2026, 11, 5): False})).at == clock.due(Calendar()).at + timedelta(days=1)
    assert clock.due(Calendar({date(2026, 11, 7): True})).at == clock.due(Calendar()).at - timedelta(days=1)
