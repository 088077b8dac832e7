"""Wishes for substitutes that can be met no more become void, so that none waits for ever."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from kit.rows import fetch
from services.issuance.domain import SubstituteState

UNMET = (SubstituteState.ASKED, SubstituteState.GRANTED)
VOID = """
    UPDATE substitute SET state = $1, settled_at = $2 WHERE document_id = $3 AND state = ANY($4::text[]) RETURNING id
"""


async def void_wishes(session: AsyncSession, document_id: UUID, states: Sequence[SubstituteState] = UNMET) -> None:
    """Of a document that is locked: nothing is made of these wishes any more."""
    await session.flush()
    await fetch(session, VOID, SubstituteState.VOID, clock.now(), document_id, list(states))
