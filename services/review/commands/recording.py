"""The history of a case."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.database import defer
from kit.rows import fetch

RECORD = """
    INSERT INTO case_acts (id, case_id, at, officer, act, detail)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[])
"""


def record(
    session: AsyncSession, case_id: UUID, act: str, officer: UUID | None = None, detail: str | None = None
) -> None:
    """Add to the history: in one statement at the end, however many acts a batch brings."""
    defer(session, "case_acts", _write, (uuid7(), case_id, clock.now(), officer, act, detail))


async def _write(session: AsyncSession, acts: list[tuple[Any, ...]]) -> None:
    await fetch(session, RECORD, *map(list, zip(*acts, strict=True)))
