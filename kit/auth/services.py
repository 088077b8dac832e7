"""Service assertions: each service signs its own short tokens, verified against mounted public keys.

So no service needs identity to be up in order to be believed by another.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

from kit.auth.keys import Jwks, PrivateKey, load_publics, thumbprint
from kit.auth.principal import Principal
from kit.auth.tokens import ASSERTION, Header, TokenRefused, header_of, sign, verify
from kit.clock import clock

LIFE_S = 60
REREAD_S = 3.0
MAY_SPEAK_FOR_HOLDERS = "gateway"


class ServiceAssertions:
    """Issues this service's own assertions."""

    def __init__(self, service: str, key: PrivateKey) -> None:
        self._service = service
        self._key = key
        self._kid = thumbprint(key)
        self._ready: dict[str, tuple[float, str]] = {}

    def token_for(self, audience: str, journey: UUID | None = None) -> str:
        """Return an assertion for one service, good for at least half of LIFE_S.

        With `journey` it speaks for the holder of that anonymous journey's secret; only the gateway, which
        has checked the secret, is believed.
        """
        now = clock.now().timestamp()
        if journey is not None:
            return self._issue(audience, int(now), {"journey": str(journey)})
        issued, token = self._ready.get(audience, (float("-inf"), ""))
        if not 0 <= now - issued < LIFE_S / 2:  # the development clock may also run back
            token = self._issue(audience, int(now), {})
            self._ready[audience] = (now, token)
        return token

    def _issue(self, audience: str, now: int, more: Mapping[str, str]) -> str:
        claims = {
            "iss": self._service,
            "sub": self._service,
            "aud": audience,
            "iat": now,
            "exp": now + LIFE_S,
            "jti": uuid4().hex,
            **more,
        }
        return sign(claims, self._key, self._kid, ASSERTION)


class ServiceVerifier:
    """Verifies other services' assertions against ``<service>.pem`` in the trust folder.

    An unknown ``kid`` makes it read the folder again, at most every REREAD_S: keys rotate without a restart
    (a file may hold the old and the new key).
    """

    def __init__(self, trust_dir: Path, audience: str) -> None:
        self._dir = trust_dir
        self._audience = audience
        self._read()

    def _read(self) -> None:
        self._read_at = time.monotonic()
        keys = {path.stem: load_publics(path.read_bytes()) for path in sorted(self._dir.glob("*.pem"))}
        self._owner = {thumbprint(key): service for service, several in keys.items() for key in several}
        if len(self._owner) != sum(map(len, keys.values())):
            raise ValueError("one key stands for two services in the trust folder")
        self._jwks = Jwks(key for several in keys.values() for key in several)

    def verify(self, token: str, header: Header | None = None) -> Principal:
        """Return the service, or the holder it speaks for; TokenRefused otherwise.

        ``header``: where it has been read already.
        """
        header = header or header_of(token)
        if header.typ != ASSERTION:
            raise TokenRefused("typ")
        if self._jwks.get(header.kid) is None and time.monotonic() - self._read_at >= REREAD_S:
            self._read()
        key = self._jwks.get(header.kid)
        if key is None:
            raise TokenRefused("unknown key")
        service = self._owner[header.kid]
        claims = verify(token, key, issuer=service, audience=self._audience, max_life_s=LIFE_S)
        if claims["sub"] != service:
            raise TokenRefused("subject")
        if "journey" not in claims:
            return Principal(kind="service", subject=service)
        if service != MAY_SPEAK_FOR_HOLDERS:
            raise TokenRefused("may not speak for a holder")
        return Principal(kind="holder", subject=_journey(claims["journey"]))


def _journey(value: object) -> str:
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise TokenRefused("journey") from None
