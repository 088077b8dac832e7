"""The checks of an ID token (OpenID Connect Core §3.1.3.7): signature, issuer, audience, times, nonce."""

from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError
from joserfc.jwk import KeySet

from kit.clock import clock
from services.identity.settings import ProviderSettings

LEEWAY_S = 60
OLDEST_S = 600

__all__ = ["KeySet", "KeyUnknownError", "checked_claims"]


class KeyUnknownError(Exception):
    """The token names a key that is not in the set at hand."""


def checked_claims(
    token: str, keys: KeySet, settings: ProviderSettings, *, nonce: str, access_token: object
) -> dict[str, Any]:
    """Return the claims of a token that passes every check; KeyUnknownError, or JoseError or ValueError.

    Only the configured public-key algorithms count: neither ``none`` nor a shared-secret one can pass.
    """
    try:
        decoded = jwt.decode(token, keys, list(settings.algorithms))
    except InvalidKeyIdError:
        raise KeyUnknownError() from None
    now = int(clock.now().timestamp())
    options: Mapping[str, Any] = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }
    params = {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token}
    claims = CodeIDToken(decoded.claims, decoded.header, dict(options), params)
    claims.validate(now=now, leeway=LEEWAY_S)
    if now - claims["iat"] > OLDEST_S:  # it was made for this sign-in, a moment ago
        raise InvalidClaimError("iat")
    return dict(claims)
