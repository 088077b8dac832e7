"""What happened to a notice: all of it for the agency that gave it, plainly for its addressee."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from kit.auth import Principal, allow
from kit.database import Reading
from services.delivery import queries
from services.delivery.domain import DateRule
from services.delivery.schemas import EvidenceView, FullEvidence

router = APIRouter(tags=["delivery"])

Concerned = Annotated[Principal, Depends(allow("citizen", "holder", "officer:administrator", "officer:approver"))]


def _rules(request: Request) -> Sequence[DateRule]:
    rules: Sequence[DateRule] = request.app.state.kit.settings.notice_rules
    return rules


Rules = Annotated[Sequence[DateRule], Depends(_rules)]
"""Dependency: by what a notice counts as told."""


@router.get("/notices/{notice_id}/evidence")
async def evidence(
    concerned: Concerned, session: Reading, response: Response, notice_id: UUID, rules: Rules
) -> FullEvidence | EvidenceView:
    """Show when a notice was written, what left by which channel, when it was opened, since when it counts as told.

    The officer of the agency sees hashes, keys and every attempt as well; of what the notice says nobody is shown
    anything here.
    """
    found = await queries.evidence_of(session, concerned, notice_id, rules)
    response.headers["Cache-Control"] = "no-store"
    return FullEvidence.of_all(found) if concerned.kind == "officer" else EvidenceView.of(found)
