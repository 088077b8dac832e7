"""Erasures: asked for by a person, answered by each service for its own data."""

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.auth import Principal
from kit.claims import Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.events import ErasureAnswered, ErasureRequested
from kit.rows import fetch, put
from services.identity import queries
from services.identity.domain import SessionEnded
from services.identity.models import Erasure, ErasureAnswer, PersonSession


async def request_erasure(session: AsyncSession, person: Principal, key: str, days: int) -> Erasure:
    """Ask every service to erase what it has of the person; SessionEnded.

    Once under a key, and while one that was asked for before waits for an answer that one is given: each makes every
    service look through its tables. The session is looked at, since what is erased does not come back: a token alone
    may have been stolen.
    """
    opened = await session.get(PersonSession, UUID(person.session))
    if opened is None or opened.ended_at is not None or str(opened.person_id) != person.subject:
        raise SessionEnded()
    await fetch(session, "SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", opened.person_id)
    if waiting := await queries.unanswered_erasure(session, opened.person_id):
        return waiting
    now = clock.now()
    erasure = Erasure(
        person_id=opened.person_id, idempotency=hashlib.sha256(f"{person.subject}\n{key}".encode()).digest(),
        requested_at=now, answer_by=now + timedelta(days=days),
    )  # fmt: skip
    if not await put(session, erasure, "idempotency"):
        query = select(Erasure).where(Erasure.idempotency == erasure.idempotency)
        return (await session.exec(query)).one()
    await outbox.add(session, ErasureRequested(erasure=erasure.id), subject=erasure.id)
    return erasure


async def take_answer(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """Keep what a service answered to an erasure, for the person to see; its first answer counts."""
    fact: ErasureAnswered = event.data
    records = [each.model_dump(mode="json") for each in fact.records]
    answer = ErasureAnswer(erasure_id=fact.erasure, service=fact.source, records=records, answered_at=event.time)
    await put(session, answer, "erasure_id", "service")
