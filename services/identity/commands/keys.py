"""Keys that sign access tokens: made when first needed, rotated by command, sealed at rest."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Jwks, load_private, thumbprint
from kit.auth.keys import PrivateKey
from kit.clock import clock
from services.identity.domain import Vault, published, signer
from services.identity.models import SigningKey

LOCK = 0x1D_4E7_5  # advisory lock: one process at a time makes keys


class SigningKeys:
    """The keys of this issuer; opened ones are kept in memory, which of them counts is read each time."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: dict[str, PrivateKey] = {}

    async def signer(self, session: AsyncSession) -> tuple[str, PrivateKey]:
        """The key that signs now, with its ``kid``."""
        row = signer(await self._rows(session), clock.now())
        assert row is not None  # noqa: S101 - _rows makes the first one
        return row.kid, self._open(row)

    async def jwks(self, session: AsyncSession) -> Jwks:
        """The published keys: also those to come, so that they are known before they sign."""
        rows = published(await self._rows(session), clock.now())
        return Jwks(self._open(row).public_key() for row in rows)

    async def _rows(self, session: AsyncSession) -> list[SigningKey]:
        rows = await _all(session)
        if signer(rows, clock.now()) is None:
            await _lock(session)
            rows = await _all(session)
            if signer(rows, clock.now()) is None:
                rows.append(_add_key(session, self._vault, timedelta()))
        return rows

    def _open(self, row: SigningKey) -> PrivateKey:
        if row.kid not in self._opened:
            self._opened[row.kid] = load_private(self._vault.open(row.private, _context(row.kid)))
        return self._opened[row.kid]


async def rotate_key(session: AsyncSession, vault: Vault, ahead: timedelta) -> SigningKey:
    """Publish a new key now that signs `ahead` from now; forget keys whose last token has expired."""
    await _lock(session)
    rows = await _all(session)
    wanted = {row.kid for row in published(rows, clock.now())}
    for row in rows:
        if row.kid not in wanted:
            await session.delete(row)
    return _add_key(session, vault, ahead if rows else timedelta())


async def _all(session: AsyncSession) -> list[SigningKey]:
    """Every key, in one order always: of two that become active at one moment the same one signs."""
    return list((await session.exec(select(SigningKey).order_by(col(SigningKey.kid)))).all())


def _add_key(session: AsyncSession, vault: Vault, ahead: timedelta) -> SigningKey:
    key = generate_private_key(SECP256R1())
    kid, now = thumbprint(key), clock.now()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    row = SigningKey(kid=kid, private=vault.seal(pem, _context(kid)), active_from=now + ahead, created_at=now)
    session.add(row)
    return row


async def _lock(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _context(kid: str) -> bytes:
    return b"signing_key.private" + kid.encode()
