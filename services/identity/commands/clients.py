"""Partner agencies' and systems' programs: a secret shown once, stored as a scrypt hash."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock
from kit.contracts.text import Text
from kit.errors import Conflict
from services.identity.domain import ClientRefused, check_may_create
from services.identity.models import Client

SALT_BYTES = 16
_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}  # 16 MiB and some 50 ms: off the event loop
_NOBODY = secrets.token_bytes(SALT_BYTES + 32)


class ClientExists(Conflict):
    """The name is taken."""

    code = "client-exists"
    title = Text(th="มีระบบชื่อนี้อยู่แล้ว", en="There is a client of that name already")


async def create_client(
    session: AsyncSession, name: str, agency: str, scopes: Sequence[str], by: Principal | None
) -> tuple[Client, str]:
    """Register a client; returns it with its secret, which is not kept and never shown again.

    AgencyNotYours when the administrator may not act for the agency; ClientExists when the name is taken.
    """
    if by is not None:
        check_may_create(by.agency, agency)
    secret = secrets.token_urlsafe(32)
    client = Client(
        name=name,
        agency=agency,
        scopes=sorted(set(scopes)),
        secret_hash=await asyncio.to_thread(_hashed, secret),
        created_at=clock.now(),
        created_by=UUID(by.subject) if by else None,
    )
    session.add(client)
    try:
        await session.flush()
    except IntegrityError:  # of two that register one name at once, one is told so
        raise ClientExists() from None
    return client, secret


async def ensure_client(session: AsyncSession, name: str, agency: str, scopes: Sequence[str], secret: str) -> Client:
    """Make a client have exactly this agency, these scopes and this secret, whether it exists or not."""
    client = await _named(session, name)
    if client is None:
        client, _ = await create_client(session, name, agency, scopes, None)
    client.agency, client.scopes = agency, sorted(set(scopes))
    if not await asyncio.to_thread(_fits, secret, client.secret_hash):
        client.secret_hash = await asyncio.to_thread(_hashed, secret)
    return client


async def verify_client(client: Client | None, secret: str) -> Client:
    """The client if it has that secret; ClientRefused after the same time whether it has not or there is none.

    It takes its time on a thread, of which there are few: no transaction may be open.
    """
    fits = await asyncio.to_thread(_fits, secret, client.secret_hash if client else _NOBODY)
    if client is None or not fits:
        raise ClientRefused()
    return client


async def _named(session: AsyncSession, name: str) -> Client | None:
    return (await session.exec(select(Client).where(Client.name == name).with_for_update())).one_or_none()


def _hashed(secret: str, salt: bytes | None = None) -> bytes:
    salt = salt or secrets.token_bytes(SALT_BYTES)
    return salt + hashlib.scrypt(secret.encode(), salt=salt, **_COST)


def _fits(secret: str, stored: bytes) -> bool:
    return hmac.compare_digest(_hashed(secret, stored[:SALT_BYTES]), stored)
