"""Officers of agencies and what they may do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock
from kit.errors import NotFound
from services.identity.commands.sign_in import active_officer
from services.identity.domain import OfficerExists, Vault, check_may_change, check_may_create, is_within
from services.identity.models import Officer, PersonSession


async def create_officer(
    session: AsyncSession, vault: Vault, by: Principal, pid: str, agency: str, roles: Sequence[str]
) -> Officer:
    """Register a person as an officer; AgencyNotYours, or OfficerExists while an office is active."""
    check_may_create(by.agency, agency)
    return await _add(session, vault, pid, agency, roles, UUID(by.subject))


async def ensure_officer(session: AsyncSession, vault: Vault, pid: str, agency: str, roles: Sequence[str]) -> Officer:
    """Make a person an active officer with these roles, whether the record exists or not.

    OfficerExists when the person holds an office in another agency.
    """
    officer = await active_officer(session, vault.digest("pid", pid))
    if officer is None:
        return await _add(session, vault, pid, agency, roles, None)
    if officer.agency != agency:
        raise OfficerExists()
    officer.roles, officer.changed_at = sorted(set(roles)), clock.now()
    return officer


async def change_officer(
    session: AsyncSession, by: Principal, officer_id: UUID, *, roles: Sequence[str] | None, is_active: bool | None
) -> Officer:
    """Change roles, or end or resume an office. An office that ends ends its sessions at once."""
    # Sessions refer to the officer: a lock that leaves the key free, or a sign-in and this would wait for each other.
    query = select(Officer).where(Officer.id == officer_id).with_for_update(key_share=True)
    officer = (await session.exec(query)).one_or_none()
    if officer is None or not is_within(by.agency, officer.agency):
        raise NotFound()
    check_may_change(by.subject, str(officer.id))
    now = clock.now()
    if roles is not None:
        officer.roles = sorted(set(roles))
    if is_active is not None:
        officer.is_active = is_active
    officer.changed_at, officer.changed_by = now, UUID(by.subject)
    await _flush(session)
    if not officer.is_active:
        await _end_sessions(session, officer.id, now)
    return officer


async def _add(
    session: AsyncSession, vault: Vault, pid: str, agency: str, roles: Sequence[str], by: UUID | None
) -> Officer:
    pid_hash = vault.digest("pid", pid)
    officer = Officer(
        pid_hash=pid_hash,
        pid=vault.seal(pid.encode(), b"officer.pid" + pid_hash),
        agency=agency,
        roles=sorted(set(roles)),
        created_at=clock.now(),
        changed_at=clock.now(),
        changed_by=by,
    )
    session.add(officer)
    await _flush(session)
    return officer


async def _flush(session: AsyncSession) -> None:
    """Write now, so that a second active office is found by the index that forbids it."""
    try:
        await session.flush()
    except IntegrityError:
        raise OfficerExists() from None


async def _end_sessions(session: AsyncSession, officer_id: UUID, now: datetime) -> None:
    values: dict[str, Any] = {"ended_at": now, "end_reason": "officer-inactive"}
    open_ones = (col(PersonSession.officer_id) == officer_id, col(PersonSession.ended_at).is_(None))
    await session.exec(update(PersonSession).where(*open_ones).values(**values))
