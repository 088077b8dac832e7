"""Reads of the corrections of recorded defects: the owner's view, and the claim of review."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.claims import DEFECT, Missing
from kit.clients import PeerUnavailable
from kit.contracts.claims import CorrectionClaim, DefectClaim
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
    if (found := await last_if_any(session, journey)) is None:
        raise NoDefects()
    return found


async def last_if_any(session: AsyncSession, journey: UUID) -> Correction | None:
    """The same, None where there is none."""
    found = await fetch(session, LAST, journey)
    return Correction(**found[0]) if found else None


async def newer_record(kit: Kit, application: Application, last: Correction | None) -> DefectClaim | None:
    """The record of defects that review has and that is not here yet: none where one waits, or nothing is looked at.

    PeerUnavailable when that cannot be told, and there is none here to show.
    """
    if application.state != State.SUBMITTED or (last and last.state == CorrectionState.WAITING):
        return None
    try:
        record = await DEFECT.one(kit, application.journey_id)
    except Missing:
        return None
    except PeerUnavailable:
        if last is None:
            raise
        return None
    return None if last and last.id == record.defect else record


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
