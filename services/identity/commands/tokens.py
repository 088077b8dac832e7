"""Access tokens and the chain of refresh tokens behind them (RFC 6749, RFC 7636, RFC 9700)."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import ACCESS, sign
from kit.clock import clock
from services.identity.commands.keys import SigningKeys
from services.identity.domain import GrantRefused, ends_at, limits_of
from services.identity.models import Client, Officer, PersonSession, RefreshToken, SignIn

AUDIENCE = "paet"


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gives; a client has no refresh token."""

    access: str
    expires_in: int
    refresh: str | None = None


class Mint:
    """Signs access tokens in the name of the issuer."""

    def __init__(self, keys: SigningKeys, issuer: str, seconds: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._life = timedelta(seconds=seconds)

    async def access_token(
        self, session: AsyncSession, subject: UUID, claims: Mapping[str, Any], until: datetime | None = None
    ) -> tuple[str, int]:
        """Sign an access token, which ends with the session at the latest; returns it and its life in seconds."""
        now = clock.now()
        issued = int(now.timestamp())
        expires = int(min(now + self._life, until or now + self._life).timestamp())
        body = {
            "iss": self._issuer,
            "sub": str(subject),
            "aud": AUDIENCE,
            "iat": issued,
            "exp": max(expires, issued + 1),
            "jti": str(uuid4()),
            **claims,
        }
        kid, key = await self._keys.signer(session)
        return sign(body, key, kid, ACCESS), body["exp"] - issued


async def redeem_code(session: AsyncSession, mint: Mint, code: str, verifier: str) -> Tokens | GrantRefused:
    """Change a one-time code for the session's first tokens; a code that comes again ends the session."""
    row = (await session.exec(select(SignIn).where(SignIn.code_hash == _hash(code)).with_for_update())).one_or_none()
    opened = await _locked(session, row.session_id) if row else None
    if row is None or opened is None or row.code_expires_at is None:
        return GrantRefused()
    if row.spent_at is not None:
        _end(opened, "code-reused")
        return GrantRefused()
    now = clock.now()
    fits = hmac.compare_digest(create_s256_code_challenge(verifier), row.challenge)
    if now >= row.code_expires_at or not fits:
        return GrantRefused()
    row.spent_at = opened.started_at = now
    return await _next_tokens(session, mint, opened)


async def refresh(session: AsyncSession, mint: Mint, token: str) -> Tokens | GrantRefused:
    """Change a refresh token for new tokens; one that comes again, or too late, ends the session."""
    query = select(RefreshToken).where(RefreshToken.hash == _hash(token)).with_for_update()
    link = (await session.exec(query)).one_or_none()
    opened = await _locked(session, link.session_id) if link else None
    if link is None or opened is None or opened.ended_at or not (opened.started_at and opened.used_at):
        return GrantRefused()
    if link.spent_at is not None:  # somebody else has it too, and nobody knows who is right
        _end(opened, "refresh-reused")
        return GrantRefused()
    if clock.now() >= ends_at(opened.aal, opened.started_at, opened.used_at):
        _end(opened, "limit")
        return GrantRefused()
    link.spent_at = clock.now()
    return await _next_tokens(session, mint, opened)


async def client_token(session: AsyncSession, mint: Mint, client: Client) -> Tokens:
    """The client-credentials grant, for a client that has been verified."""
    claims = {"kind": "client", "agency": client.agency, "scope": " ".join(client.scopes)}
    return Tokens(*await mint.access_token(session, client.id, claims))


async def sign_out(session: AsyncSession, session_id: UUID) -> None:
    """End a session; ending it twice is no error."""
    opened = await _locked(session, session_id)
    if opened is not None:
        _end(opened, "signed-out")


async def _next_tokens(session: AsyncSession, mint: Mint, opened: PersonSession) -> Tokens | GrantRefused:
    if opened.ended_at is not None or opened.started_at is None:
        return GrantRefused()
    office: dict[str, Any] = {"roles": []}
    if opened.officer_id is not None:
        officer = await session.get_one(Officer, opened.officer_id)
        if not officer.is_active:
            _end(opened, "officer-inactive")
            return GrantRefused()
        office = {"roles": officer.roles, "agency": officer.agency}
    claims = {"kind": opened.kind, "sid": str(opened.id), "ial": opened.ial, "aal": opened.aal, "scope": "", **office}
    until = opened.started_at + limits_of(opened.aal).whole
    access, expires_in = await mint.access_token(session, opened.officer_id or opened.person_id, claims, until)
    opened.used_at = clock.now()
    token = secrets.token_urlsafe(32)
    session.add(RefreshToken(hash=_hash(token), session_id=opened.id, issued_at=opened.used_at))
    return Tokens(access, expires_in, token)


async def _locked(session: AsyncSession, session_id: UUID | None) -> PersonSession | None:
    query = select(PersonSession).where(PersonSession.id == session_id).with_for_update()
    return (await session.exec(query)).one_or_none()


def _end(opened: PersonSession, reason: str) -> None:
    if opened.ended_at is None:
        opened.ended_at, opened.end_reason = clock.now(), reason


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
