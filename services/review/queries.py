"""Reads of review: the queue, one case, and what the other services may know of it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from sqlalchemy import func, text, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.claims import CaseClaim, DefectClaim, DelayClaim
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.review.domain import CaseNotFound, Result, State
from services.review.models import IS_OPEN, Act, Case, DefectRecord

OPEN = (State.WAITING, State.CLAIMED)
DONE = """
    SELECT journey_id, id, reviewer, rule, result, facts, law, considerations, decided_at, accepted_at, appeal
    FROM cases WHERE journey_id = ANY($1) AND state = $2
"""


async def queue(
    session: AsyncSession, agency: str, states: Sequence[State], unit: str | None, cursor: str | None, limit: int
) -> tuple[list[Case], str | None]:
    """A page of an agency's cases, the earliest legal deadline first, and the cursor of the next page."""
    order = (col(Case.due_at), col(Case.id))
    wanted = text(IS_OPEN) if tuple(states) == OPEN else col(Case.state).in_(states)
    query = select(Case).where(Case.agency == agency, wanted).order_by(*order).limit(limit + 1)
    if unit is not None:
        query = query.where(Case.unit == unit)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = list(await session.exec(query))
    return found[:limit], cursor_of(found[limit - 1].due_at, found[limit - 1].id) if len(found) > limit else None


async def find(session: AsyncSession, case_id: UUID, officer: Principal) -> Case:
    """A case of the officer's agency; CaseNotFound for any other."""
    return await _one(session, _mine(case_id, officer))


async def locked(session: AsyncSession, case_id: UUID, officer: Principal) -> Case:
    """The same under its row lock, to be changed."""
    return await _one(session, _mine(case_id, officer).with_for_update())


def _mine(case_id: UUID, officer: Principal) -> SelectOfScalar[Case]:
    return select(Case).where(Case.id == case_id, Case.agency == officer.agency)


async def _one(session: AsyncSession, query: SelectOfScalar[Case]) -> Case:
    case = (await session.exec(query)).one_or_none()
    if case is None:
        raise CaseNotFound()
    return case


async def acts(session: AsyncSession, case_id: UUID) -> list[Act]:
    """The history of a case, oldest first."""
    return list(await session.exec(select(Act).where(Act.case_id == case_id).order_by(col(Act.at), col(Act.id))))


async def cases_of(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, CaseClaim]:
    """What the review came to, by journey; absent while it is not done."""
    return {row["journey_id"]: _claim_of(row) for row in await fetch(session, DONE, journeys, State.REVIEWED)}


def _claim_of(row: asyncpg.Record) -> CaseClaim:
    refused = row["result"] == Result.REFUSE
    appeal = row["appeal"] if refused else None
    return CaseClaim(
        journey=row["journey_id"],
        case=row["id"],
        reviewer=row["reviewer"],
        rule=row["rule"] if row["reviewer"] is None else None,
        result="refused" if refused else "recommended",
        facts=row["facts"],
        law=row["law"],
        considerations=row["considerations"],
        decided_at=row["decided_at"],
        accepted_at=row["accepted_at"],
        appeal_th=appeal["th"] if appeal else None,
        appeal_en=appeal["en"] if appeal else None,
    )


async def defects_of(session: AsyncSession, case: UUID) -> Sequence[DefectRecord]:
    """All records of a case, oldest first; whoever adds to them holds the case's lock."""
    query = select(DefectRecord).where(DefectRecord.case_id == case).order_by(col(DefectRecord.number))
    return (await session.exec(query)).all()


async def defect_claims(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, DefectClaim]:
    """The last record of the defects of each journey; absent where there is none."""
    query = select(DefectRecord).where(col(DefectRecord.journey_id).in_(journeys))
    found = await session.exec(query.order_by(col(DefectRecord.recorded_at)))
    return {row.journey_id: _defect_claim(row) for row in found}


def _defect_claim(row: DefectRecord) -> DefectClaim:
    said = row.model_dump(include=set(DefectClaim.model_fields))
    return DefectClaim(
        **said, journey=row.journey_id, defect=row.id, case=row.case_id, law_th=row.law["th"], law_en=row.law["en"],
        appeal_th=row.appeal["th"], appeal_en=row.appeal["en"],
    )  # fmt: skip


async def delays_of(session: AsyncSession, cases: Sequence[UUID]) -> Mapping[UUID, DelayClaim]:
    """Whether the clocks of these cases run still, how often that was told, and why it takes longer, by case."""
    found = await session.exec(select(Case).where(col(Case.id).in_(cases)))
    return {
        case.id: DelayClaim(
            case=case.id,
            is_running=case.clock_stopped_at is None,
            count=case.told_overdue,
            reason=case.delay_reason,
            due_on=local_date(case.due_at),
        )
        for case in found
    }


async def count_open(session: AsyncSession) -> dict[str, float]:
    """How many cases wait and are claimed, of all agencies: for the metrics."""
    query = select(Case.state, func.count()).where(col(Case.state).in_(OPEN)).group_by(Case.state)
    found = dict((await session.exec(query)).all())
    return {state: found.get(state, 0) for state in OPEN}


async def count_overdue(session: AsyncSession) -> float:
    """How many cases have passed their legal deadline while their clock runs, of all agencies."""
    running = select(func.count()).select_from(Case).where(col(Case.clock_stopped_at).is_(None))
    return (await session.exec(running.where(Case.due_at < clock.now()))).one()
