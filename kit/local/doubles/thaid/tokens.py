"""ID tokens of the ThaiD double: right by default, wrong in one named way when a fault is on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.local.doubles.misbehaviour import Misbehaviour
from kit.local.doubles.thaid.grants import Grant
from kit.local.doubles.thaid.keys import KeyRing, tampered, unsigned

Claims = dict[str, Any]
_BUDDHIST_ERA = 543


def _expired(claims: Claims) -> None:
    claims["iat"] -= 7200
    claims["exp"] = claims["iat"] + 300


def _birthdate(claims: Claims, change: Callable[[str], str]) -> None:
    if "birthdate" in claims:
        claims["birthdate"] = change(claims["birthdate"])


def _buddhist(date: str) -> str:
    return f"{int(date[:4]) + _BUDDHIST_ERA}{date[4:]}"


# What is wrong in the claims; the signature is right.
_CLAIM_FAULTS: dict[str, tuple[str, Callable[[Claims], None]]] = {
    "wrong-nonce": ("another nonce", lambda claims: claims.update(nonce="another")),
    "no-nonce": ("no nonce", lambda claims: claims.pop("nonce", None)),
    "wrong-issuer": ("another issuer", lambda claims: claims.update(iss="https://another.invalid")),
    "wrong-audience": ("another audience", lambda claims: claims.update(aud="another")),
    "expired": ("expired two hours ago", _expired),
    "low-ial": ("ial 1.3", lambda claims: claims.update(ial="1.3") if "ial" in claims else None),
    "birthdate-be": ("birthdate in the Buddhist era", lambda claims: _birthdate(claims, _buddhist)),
    "birthdate-year": ("birthdate: the year only", lambda claims: _birthdate(claims, lambda date: date[:4])),
    "birthdate-be-year": (
        "birthdate: the Buddhist year only",
        lambda claims: _birthdate(claims, lambda date: _buddhist(date)[:4]),
    ),
}
# What is wrong in the signature.
_SIGNATURE_FAULTS = {
    "tampered": ("a signature that is not right", tampered),
    "alg-none": ("unsigned", unsigned),
}
_UNKNOWN_KID = "unknown-kid"

TOKEN_MODES = {
    **{mode: f"id_token: {text}" for mode, (text, _) in {**_CLAIM_FAULTS, **_SIGNATURE_FAULTS}.items()},
    _UNKNOWN_KID: "id_token: signed by a key that the JWKS does not have",
}


@dataclass
class Issuer:
    """Signs ID tokens for one client in the name of `url`."""

    url: str
    client_id: str
    keys: KeyRing
    faults: Misbehaviour
    now: Callable[[], datetime]

    def id_token(self, grant: Grant, access_token: str, seconds: int) -> str:
        """Make the ID token of a grant; wrong where a fault says so."""
        pid = grant.person.pid
        claims = self._claims(grant, seconds)
        for mode, (_, spoil) in _CLAIM_FAULTS.items():
            if self.faults.take(mode, pid):
                spoil(claims)
        key = self.keys.unpublished if self.faults.take(_UNKNOWN_KID, pid) else self.keys.current
        token = key.sign(claims, access_token)
        for mode, (_, spoil_token) in _SIGNATURE_FAULTS.items():
            if self.faults.take(mode, pid):
                token = spoil_token(token)
        return token

    def _claims(self, grant: Grant, seconds: int) -> Claims:
        issued = int(self.now().timestamp())
        claims = {
            "iss": self.url,
            "sub": grant.person.sub,
            "aud": self.client_id,
            "iat": issued,
            "exp": issued + seconds,
            "auth_time": int(grant.signed_in_at.timestamp()),
            **grant.person.claims(grant.request.scopes),
        }
        if grant.request.nonce is not None:
            claims["nonce"] = grant.request.nonce
        return claims
