"""From "I want to sign in" to the one-time code: at the provider and back."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import StepUpRequired
from kit.clock import clock
from kit.contracts.text import Text
from kit.errors import FieldError, Problem, Unprocessable
from services.identity.domain import (
    OfficerNotRegistered,
    Proof,
    ProviderUnavailable,
    Reach,
    SignInDenied,
    SignInRefused,
    SignInUnknown,
    Vault,
)
from services.identity.models import Authentication, Officer, Person, PersonSession, SignIn
from services.identity.providers import Provider, Providers

KEPT = timedelta(days=1)
"""How long an answered sign-in is kept, so that a code that comes again is known as one."""

_PASSING = ("server_error", "temporarily_unavailable")


@dataclass(frozen=True)
class Wish:
    """What a client asks: who signs in, where, bound to which PKCE challenge, at which levels at least."""

    purpose: Literal["citizen", "officer"]
    provider: str
    challenge: str
    ial: str | None = None
    aal: str | None = None


class LevelOutOfReach(Unprocessable):
    """The provider never reaches the level that is asked."""

    code = "level-out-of-reach"
    title = Text(th="ผู้ให้บริการยืนยันตัวตนนี้ให้ระดับที่ต้องการไม่ได้", en="This identity provider does not reach that level")


async def prepare_sign_in(providers: Providers, wish: Wish, seconds: int) -> tuple[SignIn, str]:
    """A sign-in that is good for `seconds`, and the address to open; asks the provider, so no transaction may be open.

    ProviderUnknown, LevelOutOfReach, ProviderUnavailable.
    """
    provider = providers.named(wish.provider)
    if not provider.reach.meets(wish.ial, wish.aal):
        raise LevelOutOfReach(errors=[FieldError("/acr_values", "out-of-reach", LevelOutOfReach.title)])
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    url = await provider.authorization_url(state, nonce, verifier)
    begun = SignIn(
        state_hash=_hash(state),
        purpose=wish.purpose,
        provider=wish.provider,
        nonce=nonce,
        verifier=verifier,
        challenge=wish.challenge,
        ial=wish.ial,
        aal=wish.aal,
        expires_at=clock.now() + timedelta(seconds=seconds),
    )
    return begun, url


async def begin_sign_in(session: AsyncSession, begun: SignIn) -> None:
    """Remember state, nonce and verifier, for one use."""
    await _forget_old(session)
    session.add(begun)


async def _forget_old(session: AsyncSession) -> None:
    # SKIP LOCKED: two requests that clean up at once never wait for each other.
    old = select(SignIn.id).where(col(SignIn.expires_at) < clock.now() - KEPT).limit(100)
    await session.exec(delete(SignIn).where(col(SignIn.id).in_(old.with_for_update(skip_locked=True))))


async def take_sign_in(session: AsyncSession, state: str) -> SignIn:
    """Find the sign-in that a state belongs to and spend the state; SignInUnknown otherwise."""
    query = select(SignIn).where(SignIn.state_hash == _hash(state)).with_for_update()
    pending = (await session.exec(query)).one_or_none()
    if pending is None or pending.answered_at is not None or clock.now() >= pending.expires_at:
        raise SignInUnknown()
    pending.answered_at = clock.now()
    return pending


async def prove(provider: Provider, pending: SignIn, *, code: str | None, error: str | None, iss: str | None) -> Proof:
    """Turn the provider's answer into a proof; asks the provider, so no transaction may be open.

    SignInDenied when the person declined, ProviderUnavailable for an outage, SignInRefused for all else.
    """
    if iss not in (None, provider.issuer):  # RFC 9207: the answer came from another provider
        raise SignInRefused("issuer of the answer")
    if error in _PASSING:
        raise ProviderUnavailable()
    if error is not None:
        raise SignInDenied() if error == "access_denied" else SignInRefused("provider error")
    if not code:
        raise SignInRefused("no code")
    return await provider.prove(code, pending.nonce, pending.verifier)


async def complete_sign_in(
    session: AsyncSession, vault: Vault, pending: SignIn, proof: Proof, scopes: tuple[str, ...], seconds: int
) -> str | Problem:
    """Remember the person, prepare the session and return the one-time code, good for `seconds`.

    Or return the problem, after logging it: StepUpRequired when the levels asked were not reached,
    OfficerNotRegistered.
    """
    pid_hash = vault.digest("pid", proof.pid)
    if not Reach(proof.ial, proof.aal).meets(pending.ial, pending.aal):
        return _refused(session, vault, pending, proof, scopes, StepUpRequired(pending.ial, pending.aal))
    officer = await active_officer(session, pid_hash) if pending.purpose == "officer" else None
    if pending.purpose == "officer" and officer is None:
        return _refused(session, vault, pending, proof, scopes, OfficerNotRegistered())
    opened = PersonSession(
        id=uuid4(),
        kind=pending.purpose,
        person_id=await _remember(session, vault, proof, pid_hash),
        officer_id=officer.id if officer else None,
        provider=proof.provider,
        ial=proof.ial,
        aal=proof.aal,
        authenticated_at=proof.authenticated_at,
    )
    session.add(opened)
    code = secrets.token_urlsafe(32)
    row = (await session.exec(select(SignIn).where(SignIn.id == pending.id).with_for_update())).one()
    row.code_hash, row.code_expires_at = _hash(code), clock.now() + timedelta(seconds=seconds)
    row.session_id = opened.id
    session.add(_entry(vault, pending, scopes, "verified", proof, opened.id))
    return code


async def active_officer(session: AsyncSession, pid_hash: bytes) -> Officer | None:
    """The person's office, if it is active."""
    query = select(Officer).where(Officer.pid_hash == pid_hash, col(Officer.is_active))
    return (await session.exec(query)).one_or_none()


async def record_refusal(
    session: AsyncSession, vault: Vault, pending: SignIn, scopes: tuple[str, ...], problem: Problem
) -> None:
    """Log a sign-in that came to nothing."""
    session.add(_entry(vault, pending, scopes, problem.code))


async def _remember(session: AsyncSession, vault: Vault, proof: Proof, pid_hash: bytes) -> UUID:
    """Insert the person or renew what is known; found again by the keyed hash of the number."""
    profile = {name: getattr(proof, name) for name in ("name_th", "name_en", "birthdate", "address")}
    now = clock.now()
    news = {
        "pid": vault.seal(proof.pid.encode(), b"person.pid" + pid_hash),
        "profile": vault.seal(json.dumps(profile).encode(), b"person.profile" + pid_hash),
        "proved_at": now,
    }
    statement = (
        insert(Person)
        .values(id=uuid4(), pid_hash=pid_hash, created_at=now, **news)
        .on_conflict_do_update(index_elements=["pid_hash"], set_=news)
        .returning(col(Person.id))
    )
    return (await session.execute(statement)).scalar_one()


def _refused(
    session: AsyncSession, vault: Vault, pending: SignIn, proof: Proof, scopes: tuple[str, ...], problem: Problem
) -> Problem:
    session.add(_entry(vault, pending, scopes, problem.code, proof))
    return problem


def _entry(
    vault: Vault,
    pending: SignIn,
    scopes: tuple[str, ...],
    result: str,
    proof: Proof | None = None,
    session_id: UUID | None = None,
) -> Authentication:
    """The row of the access log (§4.5)."""
    entry = Authentication(
        at=clock.now(),
        result=result,
        purpose=pending.purpose,
        provider=pending.provider,
        scopes=list(scopes),
        session_id=session_id,
    )
    if proof is not None:
        entry.method, entry.ial, entry.aal = proof.method, proof.ial, proof.aal
        entry.authenticated_at = proof.authenticated_at
        entry.subject_hash = vault.digest(f"subject {proof.provider}", proof.subject)
        entry.pid_hash = vault.digest("pid", proof.pid)
    return entry


def _hash(secret: str) -> bytes:
    """Hash of a random secret: what lies in the database is worth nothing by itself."""
    return hashlib.sha256(secret.encode()).digest()
