"""States, transitions, decision tables, the legal clock and the business errors of review. Pure."""

from services.review.domain.cases import (
    LONGEST_REASON,
    ApprovalDecides,
    CaseNotFound,
    ClockStopped,
    Result,
    ReviewerDecides,
    Standing,
    State,
    check_holder,
    check_refusal,
    claim,
    close,
    conclude,
    lapse,
    release,
)
from services.review.domain.checks import check_section
from services.review.domain.clock import Clock, Delay, Due
from services.review.domain.judgement import Judgement, judge
from services.review.domain.tables import REASONS, examine, table_of

__all__ = [
    "LONGEST_REASON",
    "REASONS",
    "ApprovalDecides",
    "CaseNotFound",
    "Clock",
    "ClockStopped",
    "Delay",
    "Due",
    "Judgement",
    "Result",
    "ReviewerDecides",
    "Standing",
    "State",
    "check_holder",
    "check_refusal",
    "check_section",
    "claim",
    "close",
    "conclude",
    "examine",
    "judge",
    "lapse",
    "release",
    "table_of",
]
