"""Signing keys of the ThaiD double: the current one, the one before it, and one that nobody is told about."""

import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk, jws, jwt

Algorithm = Literal["RS256", "ES256"]


class SigningKey:
    """A key pair with its `kid`."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.algorithm = algorithm
        self.kid = secrets.token_hex(8)
        pair = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if algorithm == "RS256"
            else ec.generate_private_key(ec.SECP256R1())
        )
        self._pem = pair.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def public(self) -> dict[str, Any]:
        """Show the public half as JWK."""
        public = jwk.construct(self._pem, self.algorithm).public_key().to_dict()
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: dict[str, Any], access_token: str) -> str:
        """Make a compact JWT of `claims`, bound to the access token by `at_hash`."""
        headers = {"kid": self.kid}
        return jwt.encode(claims, self._pem, self.algorithm, headers=headers, access_token=access_token)


class KeyRing:
    """The keys in use. A rotated key stays published until the next rotation, as providers do."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.algorithm = algorithm
        self.published = [SigningKey(algorithm)]
        self.unpublished = SigningKey(algorithm)

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self.published[0]

    def rotate(self, *, drop_old: bool = False) -> SigningKey:
        """Sign with a new key; the old one stays in the JWKS unless `drop_old`."""
        self.published = [SigningKey(self.algorithm)] + ([] if drop_old else self.published[:1])
        return self.current

    def jwks(self) -> dict[str, Any]:
        """Show the key set as `/jwks/` does."""
        return {"keys": [key.public() for key in self.published]}


def tampered(token: str) -> str:
    """Give the token another signature of the right length."""
    head, body, signature = token.split(".")
    return ".".join((head, body, signature[::-1] if signature != signature[::-1] else "A" * len(signature)))


def unsigned(token: str) -> str:
    """Put the token's claims under `alg: none`, with no signature."""
    claims = jws.get_unverified_claims(token)
    header = urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{urlsafe_b64encode(claims).rstrip(b'=').decode()}."
