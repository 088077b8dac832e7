"""Signed tokens: the one place where python-jose is touched. ES256 and nothing else.

The library lets through what must be refused (a token without ``aud``, an unknown ``crit``, HS256 forged with
the DER public key) and judges times by the system's clock. So everything about a token is judged here: the
header before the library sees it, the claims after it has verified the signature. Reasons for a refusal are
words of this module; no part of a token is ever in an exception or a log line.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws
from jose.backends.cryptography_backend import CryptographyECKey as ECKey
from jose.exceptions import JWSError

from kit.clock import clock
from kit.contracts.text import Text
from kit.errors import Unauthenticated

ALGORITHM = "ES256"
ACCESS = "at+jwt"
ASSERTION = "paet-service+jwt"
MAX_CHARACTERS = 8192
LEEWAY_S = 5
REQUIRED = frozenset({"iss", "sub", "aud", "iat", "exp", "jti"})

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class TokenRefused(Unauthenticated):
    """The token is not accepted. `reason` is for our own log and says nothing of the token's content."""

    code = "invalid-token"
    title = Text(th="การเข้าสู่ระบบไม่ถูกต้องหรือหมดอายุ", en="The sign-in is not valid or has expired")

    def __init__(self, reason: str) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """What the header may say: which key, and which kind of token."""

    kid: str
    typ: str


def members_of(token: str) -> dict[str, Any]:
    """Read the members of the header, unverified; TokenRefused unless ``alg`` is ES256 and nothing is critical."""
    if len(token) > MAX_CHARACTERS:
        raise TokenRefused("too long")
    if not _COMPACT.fullmatch(token):
        raise TokenRefused("not a compact token")
    encoded = token.partition(".")[0]
    header = _object(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if len(encoded) % 4 != 1 else b"")
    if header.get("alg") != ALGORITHM:
        raise TokenRefused("algorithm")
    if "crit" in header:
        raise TokenRefused("critical extension")
    return header


def header_of(token: str) -> Header:
    """Read the header, unverified; TokenRefused unless it is exactly ``alg`` (ES256), ``kid`` and ``typ``."""
    header = members_of(token)
    if header.keys() != {"alg", "kid", "typ"}:
        raise TokenRefused("header members")
    kid, typ = header["kid"], header["typ"]
    if not (isinstance(kid, str) and isinstance(typ, str)):
        raise TokenRefused("header members")
    return Header(kid, typ)


def content_of(token: str, key: ECKey) -> dict[str, Any]:
    """Return what a token says whose header has passed and whose signature holds; else TokenRefused."""
    try:
        payload = jws.verify(token, key, algorithms=[ALGORITHM])
    except JWSError:
        raise TokenRefused("signature") from None
    return _object(payload)


def verify(token: str, key: ECKey, *, issuer: str, audience: str, max_life_s: int) -> dict[str, Any]:
    """Return the claims of a token whose header `header_of` has passed; TokenRefused for the least doubt."""
    claims = content_of(token, key)
    if not claims.keys() >= REQUIRED:
        raise TokenRefused("missing claim")
    if not all(isinstance(claims[name], str) and claims[name] for name in ("iss", "sub", "aud", "jti")):
        raise TokenRefused("claim type")
    if claims["iss"] != issuer:
        raise TokenRefused("issuer")
    if claims["aud"] != audience:
        raise TokenRefused("audience")
    _check_times(claims, max_life_s)
    return claims


def _check_times(claims: Mapping[str, Any], max_life_s: int) -> None:
    issued, expires, from_ = claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])
    if not all(type(each) is int for each in (issued, expires, from_)):
        raise TokenRefused("time type")
    now = clock.now().timestamp()
    if now >= expires + LEEWAY_S:
        raise TokenRefused("expired")
    if max(issued, from_) > now + LEEWAY_S:
        raise TokenRefused("not yet valid")
    if not 0 < expires - issued <= max_life_s:
        raise TokenRefused("life too long")


def sign(claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, kid: str, typ: str) -> str:
    """Sign claims with ES256; ValueError when a claim is missing that every verifier demands."""
    if missing := REQUIRED - claims.keys():
        raise ValueError(f"claims missing: {sorted(missing)}")
    return signed(claims, key, kid, typ)


def signed(claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, kid: str, typ: str) -> str:
    """Sign what is no token of our own, and whose format says itself which claims it has, with ES256."""
    headers = {"kid": kid, "typ": typ}
    return str(jws.sign(dict(claims), ECKey(key, ALGORITHM), headers=headers, algorithm=ALGORITHM))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError):
        raise TokenRefused("not JSON") from None
    if not isinstance(value, dict):
        raise TokenRefused("not an object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(value := dict(pairs)) != len(pairs):
        raise TokenRefused("member given twice")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
"""Made once: `json.loads` makes one at each call that has a hook."""
