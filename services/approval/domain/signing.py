"""Keys of officers and authorities, and the detached signature over a decision (RFC 7515 appendix F, ES256). Pure.

Private keys are kept encrypted (AES-256-GCM) and bound to their id; they are opened only to sign.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.auth.keys import PrivateKey, thumbprint

TYPE = "paet-decision+jws"
NONCE_BYTES = 12
MOST_OPENED = 512


@dataclass(frozen=True)
class NewKey:
    """A fresh key pair: id (RFC 7638 thumbprint), public half (PEM), private half encrypted."""

    kid: str
    public_pem: str
    sealed: bytes


class Keyring:
    """Makes and opens signing keys with the encryption key of the installation."""

    def __init__(self, encryption_key: str) -> None:
        """Take 32 bytes as base64url; ValueError for anything else."""
        raw = urlsafe_b64decode(encryption_key + "=" * (-len(encryption_key) % 4))
        if len(raw) != 32:
            raise ValueError("officer_key_encryption_key must be 32 bytes, base64url")
        self._cipher = AESGCM(raw)
        self._opened: dict[str, PrivateKey] = {}

    def make(self) -> NewKey:
        """Make a P-256 key pair."""
        key = ec.generate_private_key(ec.SECP256R1())
        kid, nonce = thumbprint(key), os.urandom(NONCE_BYTES)
        secret = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return NewKey(kid, public.decode(), nonce + self._cipher.encrypt(nonce, secret, kid.encode()))

    def sign(self, content: str, kid: str, sealed: bytes) -> str:
        """Sign the content with that key: a detached compact JWS, ``header..signature``."""
        key = self._opened.get(kid) or self._open(kid, sealed)
        return sign_detached(content, key, kid)

    def _open(self, kid: str, sealed: bytes) -> PrivateKey:
        nonce, secret = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        der = self._cipher.decrypt(nonce, secret, kid.encode())
        key = cast(PrivateKey, serialization.load_der_private_key(der, None))
        if len(self._opened) >= MOST_OPENED:
            self._opened.clear()
        self._opened[kid] = key
        return key


def sign_detached(content: str, key: PrivateKey, kid: str) -> str:
    """Sign with ES256; the content itself is not in the result."""
    header = _encode(json.dumps({"alg": "ES256", "kid": kid, "typ": TYPE}, separators=(",", ":")).encode())
    signed = f"{header}.{_encode(content.encode())}".encode()
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return f"{header}..{_encode(r.to_bytes(32) + s.to_bytes(32))}"


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
