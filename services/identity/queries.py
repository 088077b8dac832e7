"""Reads: persons for the services that may ask, the own session, officers, clients."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ScalarSelect, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock
from kit.contracts.claims import ErasureClaim, PersonClaim
from kit.contracts.events import ERASURE_ANSWERS
from kit.rows import fetch
from services.identity.domain import PLATFORM, ErasureUnknown, SessionEnded, Vault, masked
from services.identity.models import Client, Erasure, ErasureAnswer, Officer, Person, PersonSession

CALLERS = frozenset({"issuance", "delivery", "review", "approval", "payment", "request"})
SEES_ALL = frozenset({"issuance"})
"""Who prints the number, the birth date and the address into the person's own document."""
PRINTS_NUMBER = SEES_ALL | {"payment"}
"""Who puts the number into the person's own document: a receipt names its payer by it (ขมธอ. 3-2560)."""
PREFILLS = frozenset({"request"})
"""Who puts birth date and address into the person's own form."""

ERASING = frozenset({"payment", "issuance", "delivery"})
"""Who answers an erasure, and so must know whom it is for."""

PERSONS = "SELECT id, pid_hash, pid, profile FROM person WHERE id = ANY($1)"


def persons(vault: Vault) -> Callable[[AsyncSession, Sequence[UUID]], Awaitable[Mapping[UUID, BaseModel]]]:
    """The claim ``persons``, by person."""

    async def answer(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, PersonClaim]:
        return {row["id"]: _claim(vault, Person(**row)) for row in await fetch(session, PERSONS, ids)}

    return answer


async def erasure_claims(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, ErasureClaim]:
    """The claim ``erasures``, by erasure."""
    found = await session.exec(select(Erasure).where(col(Erasure.id).in_(ids)))
    return {
        each.id: ErasureClaim(erasure=each.id, person=each.person_id, requested_at=each.requested_at) for each in found
    }


def view_of_person(caller: str, claim: BaseModel) -> BaseModel:
    """What of a person a service gets to see: the number only who prints it."""
    hidden: dict[str, None] = {}
    if caller not in PRINTS_NUMBER:
        hidden["pid"] = None
    if caller not in SEES_ALL | PREFILLS:
        hidden |= {"birthdate": None, "address": None}
    return claim.model_copy(update=hidden)


def _claim(vault: Vault, row: Person) -> PersonClaim:
    pid = vault.open(row.pid, b"person.pid" + row.pid_hash).decode()
    return PersonClaim(person=row.id, pid_masked=masked(pid), pid=pid, **_profile(vault, row))


def _profile(vault: Vault, row: Person) -> dict[str, Any]:
    profile: dict[str, Any] = json.loads(vault.open(row.profile, b"person.profile" + row.pid_hash))
    return profile


@dataclass(frozen=True)
class Myself:
    """The one who asks, and the session."""

    person: PersonClaim
    session: PersonSession


async def me(session: AsyncSession, vault: Vault, principal: Principal) -> Myself:
    """Who the caller is; SessionEnded when the session was ended, though its access token still lives."""
    opened = await session.get(PersonSession, UUID(principal.session))
    if opened is None or opened.ended_at is not None:
        raise SessionEnded()
    return Myself(_claim(vault, await session.get_one(Person, opened.person_id)), opened)


@dataclass(frozen=True)
class OfficerSeen:
    """An officer as an administrator sees one: the name is known after the first sign-in."""

    officer: Officer
    pid_masked: str
    name_th: str | None
    name_en: str | None


async def officers(
    session: AsyncSession, vault: Vault, agency: str | None, *, ids: Sequence[UUID] = (), limit: int = 200
) -> list[OfficerSeen]:
    """Officers of an agency (of all, for the platform's), oldest first; only `ids` where some are given."""
    join = col(Person.pid_hash) == col(Officer.pid_hash)
    query = select(Officer, Person).join(Person, join, isouter=True).order_by(col(Officer.created_at), col(Officer.id))
    if agency != PLATFORM:
        query = query.where(Officer.agency == agency)
    if ids:
        query = query.where(col(Officer.id).in_(ids))
    rows = await session.exec(query.limit(limit))
    return [_seen(vault, officer, person) for officer, person in rows]


def _seen(vault: Vault, officer: Officer, person: Person | None) -> OfficerSeen:
    pid = vault.open(officer.pid, b"officer.pid" + officer.pid_hash).decode()
    profile = _profile(vault, person) if person else {}
    return OfficerSeen(officer, masked(pid), profile.get("name_th"), profile.get("name_en"))


async def client(session: AsyncSession, client_id: str) -> Client | None:
    """The client of an id as somebody wrote it."""
    try:
        return await session.get(Client, UUID(client_id))
    except ValueError:
        return None


async def clients(session: AsyncSession, agency: str | None, limit: int = 200) -> list[Client]:
    """Clients of an agency (of all, for the platform's), by name."""
    query = select(Client).order_by(Client.name).limit(limit)
    if agency != PLATFORM:
        query = query.where(Client.agency == agency)
    return list((await session.exec(query)).all())


@dataclass(frozen=True)
class ErasureSeen:
    """An erasure with the answers that have come."""

    erasure: Erasure
    answers: Sequence[ErasureAnswer]


async def erasures(session: AsyncSession, person: UUID, limit: int = 200) -> list[ErasureSeen]:
    """The erasures that a person asked for, newest first."""
    mine = select(Erasure).where(Erasure.person_id == person).order_by(col(Erasure.requested_at).desc())
    rows = (await session.exec(mine.limit(limit))).all()
    given = select(ErasureAnswer).where(col(ErasureAnswer.erasure_id).in_([each.id for each in rows]))
    answers = (await session.exec(given)).all()
    return [ErasureSeen(row, [each for each in answers if each.erasure_id == row.id]) for row in rows]


def _answers() -> ScalarSelect[int]:
    """How many services have answered an erasure of the query around it."""
    given = select(func.count()).select_from(ErasureAnswer).where(col(ErasureAnswer.erasure_id) == col(Erasure.id))
    return given.scalar_subquery()


async def unanswered_erasure(session: AsyncSession, person: UUID) -> Erasure | None:
    """The erasure of a person that some service has not answered yet."""
    waiting = select(Erasure).where(Erasure.person_id == person, _answers() < len(ERASURE_ANSWERS))
    return (await session.exec(waiting.order_by(col(Erasure.requested_at)).limit(1))).first()


async def count_late_erasures(session: AsyncSession) -> int:
    """How many erasures have not been answered by every service though their day is past (PDPA s.33 [K])."""
    late = select(func.count()).select_from(Erasure)
    found = late.where(col(Erasure.answer_by) < clock.now(), _answers() < len(ERASURE_ANSWERS))
    return (await session.exec(found)).one()


async def erasure(session: AsyncSession, person: UUID, erasure_id: UUID) -> ErasureSeen:
    """One of them; ErasureUnknown when it is not this person's."""
    row = await session.get(Erasure, erasure_id)
    if row is None or row.person_id != person:
        raise ErasureUnknown()
    given = select(ErasureAnswer).where(ErasureAnswer.erasure_id == erasure_id)
    return ErasureSeen(row, (await session.exec(given)).all())
