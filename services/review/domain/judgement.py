"""What a decision table may bring about by itself, and what it must leave to an officer. Pure."""

from dataclasses import dataclass

from services.review.domain.cases import Result
from services.review.domain.tables import Finding, Outcome


@dataclass(frozen=True)
class Judgement:
    """The result, or the reason (a code) why an officer must look; and what the row that fits says."""

    result: Result | None = None
    queue_reason: str | None = None
    rule: str | None = None
    facts: str = ""
    law: str = ""
    considerations: str = ""


def judge(finding: Finding, *, has_appeal: bool) -> Judgement:
    """Draw the consequence of a finding.

    A row that passes is enough for a favourable result. A refusal by a row stands only with facts, law and
    considerations (APA39 s.37) and a right to appeal to tell (s.40); where the plan has an approval it is no
    more than a recommendation. Whatever is missing, unforeseen or ambiguous goes to an officer.
    """
    row = finding.row
    if row is None:
        return Judgement(queue_reason=finding.reason)
    result, reason = None, finding.reason
    if reason is None and row.outcome is Outcome.PASS:
        result = Result.GRANT
    elif reason is None:
        reason = None if row.is_reasoned and has_appeal else "refusal-without-reasons"
        result = Result.REFUSE if reason is None else None
    return Judgement(result, reason, row.id, row.facts, row.law, row.considerations)
