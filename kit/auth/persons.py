"""Access tokens of people and partner clients: issued by identity, verified everywhere against its JWKS."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from jose.backends.cryptography_backend import CryptographyECKey as ECKey
from structlog.stdlib import get_logger

from kit.auth.keys import Jwks
from kit.auth.principal import Principal
from kit.auth.tokens import ACCESS, Header, TokenRefused, header_of, verify
from kit.errors import Unavailable

KINDS = ("citizen", "officer", "client")
MAX_LIFE_S = 3600
RETRY_S = 3.0
REFRESH_S = 300.0

log = get_logger("paet.auth")


class PersonVerifier:
    """Verifies access tokens.

    The key set is fetched when first needed, again after REFRESH_S (so that a withdrawn key stops to count),
    and for an unknown ``kid`` at most every RETRY_S. When a fetch fails the old keys stay in use; Unavailable
    is raised only where nothing can be said: the key is unknown and the last fetch failed.
    """

    def __init__(
        self,
        jwks_fetch: Callable[[], Awaitable[Mapping[str, Any]]],
        issuer: str,
        audience: str = "paet",
        is_revoked: Callable[[str], bool] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = jwks_fetch
        self._issuer = issuer
        self._audience = audience
        self._is_revoked = is_revoked
        self._monotonic = monotonic
        self._jwks = Jwks()
        self._failed = False
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def verify(self, token: str, header: Header | None = None) -> Principal:
        """Return who the token speaks for; TokenRefused, or Unavailable when the keys cannot be had.

        ``header``: where it has been read already.
        """
        header = header or header_of(token)
        if header.typ != ACCESS:
            raise TokenRefused("typ")
        key = await self._key(header.kid)
        claims = verify(token, key, issuer=self._issuer, audience=self._audience, max_life_s=MAX_LIFE_S)
        principal = _principal(claims)
        if self._is_revoked and principal.session and self._is_revoked(principal.session):
            raise TokenRefused("revoked")
        return principal

    async def _key(self, kid: str) -> ECKey:
        if self._jwks.get(kid) is None:
            await self._refresh(RETRY_S)
        elif self._monotonic() - self._tried_at >= REFRESH_S and not self._lock.locked():
            await self._refresh(REFRESH_S)
        if key := self._jwks.get(kid):
            return key
        if self._failed:
            raise Unavailable(retry_after=int(RETRY_S))
        raise TokenRefused("unknown key")

    async def _refresh(self, after_s: float) -> None:
        async with self._lock:
            if self._monotonic() - self._tried_at < after_s:
                return
            try:
                self._jwks = _not_empty(Jwks.from_dict(await self._fetch()))
                self._failed = False
            except Exception as error:  # noqa: BLE001 - whatever keeps the keys away, the old ones stay
                self._failed = True
                log.warning("key set not fetched", error=type(error).__name__)
            finally:
                self._tried_at = self._monotonic()


def _not_empty(jwks: Jwks) -> Jwks:
    if not len(jwks):
        raise ValueError("a key set without a key for us")
    return jwks


def _principal(claims: Mapping[str, Any]) -> Principal:
    kind = claims.get("kind")
    if kind not in KINDS:
        raise TokenRefused("kind")
    session = _text(claims, "sid")
    if session is None and kind != "client":
        raise TokenRefused("no session")  # it could not be revoked
    return Principal(
        kind=kind,
        subject=claims["sub"],
        roles=_roles(claims.get("roles") or []),
        agency=_text(claims, "agency"),
        ial=_text(claims, "ial"),
        aal=_text(claims, "aal"),
        session=session,
        scopes=frozenset((_text(claims, "scope") or "").split()),
    )


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise TokenRefused("claim type")
    return value


def _roles(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TokenRefused("claim type")
    return frozenset(value)
