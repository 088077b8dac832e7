"""Proofs of possession: a token signed with the very key that stands in its header, by whoever brings it."""

from dataclasses import dataclass

from kit.auth.keys import PublicKey, public_of, verifying
from kit.auth.tokens import LEEWAY_S, TokenRefused, content_of, members_of
from kit.clock import clock

FAST_S = 60
"""How far the clock of somebody else's device may run before ours."""


@dataclass(frozen=True)
class Proof:
    """Whoever signed had this key, and knew this nonce."""

    key: PublicKey
    nonce: str | None


def proven(token: str, *, typ: str, audience: str, life_s: int) -> Proof:
    """Return what a proof shows; TokenRefused unless it is of that type, for us, fresh, and signed with its own key.

    The key stands in the header as ``jwk``; one that is only named (``kid``) or certified (``x5c``) is not known here.
    Whether the nonce is one of ours is for the caller to say.
    """
    header = members_of(token)
    if header.get("typ") != typ:
        raise TokenRefused("typ")
    if {"kid", "x5c"} & header.keys():
        raise TokenRefused("header members")
    try:
        key = public_of(header.get("jwk"))
    except ValueError:
        raise TokenRefused("key") from None
    claims = content_of(token, verifying(key))
    if claims.get("aud") != audience:
        raise TokenRefused("audience")
    _check_age(claims.get("iat"), life_s)
    nonce = claims.get("nonce")
    if nonce is not None and not isinstance(nonce, str):
        raise TokenRefused("claim type")
    return Proof(key, nonce)


def _check_age(issued: object, life_s: int) -> None:
    if type(issued) is not int:
        raise TokenRefused("time type")
    now = clock.now().timestamp()
    if issued > now + FAST_S:
        raise TokenRefused("not yet valid")
    if issued < now - life_s - LEEWAY_S:
        raise TokenRefused("expired")
