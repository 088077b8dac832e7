"""Key objects for ES256, loaded once: PEM in, JWKS out; the ``kid`` is the RFC 7638 thumbprint."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jose.backends.cryptography_backend import CryptographyECKey as ECKey

from kit.auth.tokens import ALGORITHM

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey

_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
_PUBLIC_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----\s*", re.DOTALL)


def load_private(pem: bytes) -> PrivateKey:
    """Load an unencrypted P-256 private key; ValueError for anything else."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not _is_p256(key):
        raise ValueError("not an EC P-256 private key")
    return key


def load_publics(pem: bytes) -> list[PublicKey]:
    """Load the P-256 public keys of one file (two during a rotation); ValueError for anything else."""
    keys = [load_pem_public_key(block) for block in _PUBLIC_PEM.findall(pem)]
    found = [key for key in keys if isinstance(key, ec.EllipticCurvePublicKey) and _is_p256(key)]
    if not found or len(found) != len(keys):
        raise ValueError("not EC P-256 public keys")
    return found


def _is_p256(key: PrivateKey | PublicKey) -> bool:
    return isinstance(key.curve, ec.SECP256R1)


def _coordinates(key: PrivateKey | PublicKey) -> dict[str, str]:
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key
    numbers = public.public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": _encode(numbers.x.to_bytes(32)),
        "y": _encode(numbers.y.to_bytes(32)),
    }


def jwk_of(key: PrivateKey | PublicKey) -> dict[str, str]:
    """Write the public half as a JWK (RFC 7517) without a name."""
    return _coordinates(key)


def public_of(entry: Any) -> PublicKey:
    """Read a public P-256 key out of a stranger's JWK; ValueError for anything else, private keys too."""
    if not isinstance(entry, Mapping) or (entry.get("kty"), entry.get("crv")) != ("EC", "P-256") or "d" in entry:
        raise ValueError("not a public EC P-256 key")
    return ec.EllipticCurvePublicNumbers(_coordinate(entry, "x"), _coordinate(entry, "y"), ec.SECP256R1()).public_key()


def _coordinate(entry: Mapping[str, Any], name: str) -> int:
    encoded = entry.get(name)
    if not isinstance(encoded, str) or not _COORDINATE.fullmatch(encoded):
        raise ValueError("not the coordinates of a P-256 key")
    return _number(encoded)


def verifying(key: PublicKey) -> ECKey:
    """The key as the token module verifies with it."""
    return ECKey(key, ALGORITHM)


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(encoded: str) -> int:
    return int.from_bytes(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


def thumbprint(key: PrivateKey | PublicKey) -> str:
    """Compute the RFC 7638 thumbprint (SHA-256, base64url) of the public half."""
    canonical = json.dumps(_coordinates(key), separators=(",", ":"), sort_keys=True)
    return _encode(hashlib.sha256(canonical.encode()).digest())


class Jwks:
    """A set of public keys by ``kid``."""

    def __init__(self, keys: Iterable[PublicKey] = ()) -> None:
        self._keys = {thumbprint(key): key for key in keys}
        self._verifying = {kid: ECKey(key, ALGORITHM) for kid, key in self._keys.items()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Jwks":
        """Read a JWKS document; keys that are not EC P-256 for ES256 signatures are left out.

        ValueError when the document is malformed or a ``kid`` is not its key's thumbprint.
        """
        try:
            return cls(_public(each) for each in document["keys"] if _is_ours(each))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("malformed key set") from error

    def as_dict(self) -> dict[str, Any]:
        """Write the JWKS document (RFC 7517): public members only."""
        return {
            "keys": [
                {**_coordinates(key), "kid": kid, "use": "sig", "alg": ALGORITHM} for kid, key in self._keys.items()
            ]
        }

    def get(self, kid: str) -> ECKey | None:
        """Find the key to verify with, or None."""
        return self._verifying.get(kid)

    def __len__(self) -> int:
        return len(self._keys)


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return (
        entry.get("kty") == "EC"
        and entry.get("crv") == "P-256"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", ALGORITHM) == ALGORITHM
    )


def _public(entry: Mapping[str, Any]) -> PublicKey:
    numbers = ec.EllipticCurvePublicNumbers(_number(entry["x"]), _number(entry["y"]), ec.SECP256R1())
    key = numbers.public_key()
    if entry["kid"] != thumbprint(key):
        raise ValueError("a kid is not the thumbprint of its key")
    return key
