"""Reads of the corrections of recorded defects: the owner's view, and the claim of review."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.contracts.claims import CorrectionClaim
from kit.contracts.text import Text
from kit.rows import fetch
from services.request.domain import CorrectionState, NoDefects, State, shown
from services.request.models import METADATA, Application, Correction
from services.request.schemas import CorrectionView

READ = f"SELECT {', '.join(METADATA.tables['correction'].columns.keys())} FROM correction"  # noqa: S608 - ours
LAST = f"{READ} WHERE journey_id = $1 ORDER BY recorded_at DESC, id DESC LIMIT 1"
# Locked in one order; the time of a correction is written by nobody else.
WAITING = f"{READ} WHERE state = $1 AND due_at >= $2 ORDER BY id FOR UPDATE"
CLAIMED = """
    SELECT DISTINCT ON (journey_id) journey_id AS journey, id AS defect, due_at, acknowledged_at, corrected_at,
        legally_received_at, remarks, changed
    FROM correction WHERE journey_id = ANY($1) ORDER BY journey_id, recorded_at DESC, id DESC
"""


async def last_correction(session: AsyncSession, journey: UUID) -> Correction:
    """What became of the last record of a journey's defects; NoDefects.

    Whoever changes it holds the lock of the application.
    """
    found = await fetch(session, LAST, journey)
    if not found:
        raise NoDefects()
    return Correction(**found[0])


async def waiting_corrections(session: AsyncSession, since: datetime) -> list[Correction]:
    """Those that are waited for, and whose time was not over then; locked until the transaction ends."""
    return [Correction(**each) for each in await fetch(session, WAITING, CorrectionState.WAITING, since)]


def correction_view(application: Application, correction: Correction) -> CorrectionView:
    """What the applicant sees: the whole record, and what became of it."""
    return CorrectionView(
        **correction.model_dump(include=set(CorrectionView.model_fields) - {"state"}),
        defect=correction.id,
        law=Text(th=correction.law_th, en=correction.law_en),
        appeal=Text(th=correction.appeal_th, en=correction.appeal_en),
        state=shown(CorrectionState(correction.state), State(application.state)).value,
    )


async def correction_claims(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, CorrectionClaim]:
    """What became of the last record of each journey; those without one are absent."""
    return {row["journey"]: CorrectionClaim(**row) for row in await fetch(session, CLAIMED, journeys)}
