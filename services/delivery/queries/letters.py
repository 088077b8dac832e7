"""Reads of letters."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.rows import fetch
from services.delivery import domain
from services.delivery.domain import LetterState
from services.delivery.models import Letter

OF_THE_AGENCY = "SELECT FROM notice WHERE journey_id = $1 AND agency = $2 LIMIT 1"


async def letters(
    session: AsyncSession, agency: str, year: int, before: int | None, limit: int
) -> Sequence[Letter]:  # fmt: skip
    """The register of an agency's sent letters in a year, the last number first."""
    query = select(Letter).where(Letter.agency == agency, Letter.year == year).order_by(col(Letter.running).desc())
    if before is not None:
        query = query.where(col(Letter.running) < before)
    return (await session.exec(query.limit(limit))).all()


async def letter_of(session: AsyncSession, officer: Principal, letter_id: UUID, *, lock: bool = False) -> Letter:
    """A letter of the officer's agency; LetterUnknown otherwise."""
    query = select(Letter).where(Letter.id == letter_id, Letter.agency == officer.agency)
    found = (await session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise domain.LetterUnknown
    return found


async def letter_of_key(session: AsyncSession, agency: str, key: str) -> Letter | None:
    """The letter that was registered under that key."""
    query = select(Letter).where(Letter.agency == agency, Letter.idempotency_key == key)
    return (await session.exec(query)).first()


async def letter_to_send(session: AsyncSession, letter_id: UUID) -> Letter | None:
    """A letter that nobody has taken or refused yet."""
    query = select(Letter).where(Letter.id == letter_id, Letter.state == LetterState.REGISTERED)
    return (await session.exec(query)).first()


async def is_of_agency(session: AsyncSession, journey: UUID, agency: str) -> bool:
    """Whether an agency's journey has come as far as its first notice."""
    return bool(await fetch(session, OF_THE_AGENCY, journey, agency))
