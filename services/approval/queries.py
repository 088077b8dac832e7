"""Reads of approval: the queue, one decision, the public keys, and what the other services may know."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from kit.auth import Principal
from kit.contracts.claims import DecisionClaim
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.approval.domain import DecisionNotFound, State
from services.approval.models import Decision, SigningKey

DECIDED = (State.GRANTED, State.REFUSED)
MADE = """
    SELECT journey_id, id, state, authority, rule, facts, law, considerations, decided_at, digest, signature, appeal
    FROM decisions WHERE journey_id = ANY($1) AND state = ANY($2)
"""


async def queue(
    session: AsyncSession, agency: str, state: State, unit: str | None, cursor: str | None, limit: int
) -> tuple[list[Decision], str | None]:
    """A page of an agency's decisions, the earliest legal deadline first, and the cursor of the next page."""
    order = (col(Decision.due_at), col(Decision.id))
    mine = select(Decision).where(Decision.agency == agency, Decision.state == state)
    query = mine.order_by(*order).limit(limit + 1)
    if unit is not None:
        query = query.where(Decision.unit == unit)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = list(await session.exec(query))
    return found[:limit], cursor_of(found[limit - 1].due_at, found[limit - 1].id) if len(found) > limit else None


async def find(session: AsyncSession, decision_id: UUID, officer: Principal) -> Decision:
    """A decision of the officer's agency; DecisionNotFound for any other."""
    return await _one(session, _mine(decision_id, officer))


async def locked(session: AsyncSession, decision_id: UUID, officer: Principal) -> Decision:
    """The same under its row lock, to be changed."""
    return await _one(session, _mine(decision_id, officer).with_for_update())


def _mine(decision_id: UUID, officer: Principal) -> SelectOfScalar[Decision]:
    return select(Decision).where(Decision.id == decision_id, Decision.agency == officer.agency)


async def _one(session: AsyncSession, query: SelectOfScalar[Decision]) -> Decision:
    decision = (await session.exec(query)).one_or_none()
    if decision is None:
        raise DecisionNotFound()
    return decision


async def public_keys(session: AsyncSession) -> list[str]:
    """The public halves (PEM) of all signing keys, oldest first; not whose they are."""
    return list(await session.exec(select(SigningKey.public_pem).order_by(col(SigningKey.created_at))))


async def decisions_of(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, DecisionClaim]:
    """The signed decisions, by journey; absent while there is none."""
    return {row["journey_id"]: _claim_of(row) for row in await fetch(session, MADE, journeys, DECIDED)}


def _claim_of(row: asyncpg.Record) -> DecisionClaim:
    appeal = row["appeal"] if row["state"] == State.REFUSED else None
    return DecisionClaim(
        journey=row["journey_id"],
        decision=row["id"],
        result=row["state"],
        authority_th=row["authority"]["th"],
        authority_en=row["authority"]["en"],
        rule_th=row["rule"]["th"] if row["rule"] else None,
        facts=row["facts"],
        law=row["law"],
        considerations=row["considerations"],
        decided_at=row["decided_at"],
        digest=row["digest"],
        signature=row["signature"],
        appeal_th=appeal["th"] if appeal else None,
        appeal_en=appeal["en"] if appeal else None,
    )


async def count_waiting(session: AsyncSession) -> float:
    """How many decisions wait for an approver, of all agencies: for the metrics."""
    query = select(func.count()).select_from(Decision).where(Decision.state == State.WAITING)
    return (await session.exec(query)).one()
