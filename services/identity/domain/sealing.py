"""Personal data at rest: AES-256-GCM under named keys, and keyed hashes for look-up. Pure.

A sealed value says which key it was sealed with, so that a new key can be put in front while old values
stay readable; it is bound to its place (`context`), so that it cannot be moved to another row or column.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
ID_BYTES = 4
NONCE_BYTES = 12


class SealBrokenError(Exception):
    """A sealed value cannot be opened: unknown key, another place, or changed. Says nothing of the content."""


class Vault:
    """Seals and opens values; hashes what must be found again."""

    def __init__(self, encryption_keys: str, lookup_key: str) -> None:
        """Read the keys: base64url of 32 bytes; of several encryption keys the first one seals."""
        keys = [_key(each) for each in encryption_keys.split()]
        if not keys:
            raise ValueError("pid_encryption_key is empty")
        self._keys = {_key_id(key): AESGCM(key) for key in keys}
        self._current = _key_id(keys[0])
        self._lookup = _key(lookup_key)

    def seal(self, value: bytes, context: bytes) -> bytes:
        """Encrypt: key id (4 bytes), nonce (12), ciphertext with tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._current + nonce + self._keys[self._current].encrypt(nonce, value, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt; SealBrokenError when the key is gone, the place is another, or a byte was changed."""
        key = self._keys.get(sealed[:ID_BYTES])
        if key is None:
            raise SealBrokenError("sealed with a key that is not configured")
        nonce, ciphertext = sealed[ID_BYTES : ID_BYTES + NONCE_BYTES], sealed[ID_BYTES + NONCE_BYTES :]
        try:
            return key.decrypt(nonce, ciphertext, context)
        except (InvalidTag, ValueError):
            raise SealBrokenError("the seal does not hold") from None

    def digest(self, kind: str, value: str) -> bytes:
        """Keyed hash (HMAC-SHA-256, 32 bytes) by which a value of that kind is found again."""
        return hmac.digest(self._lookup, f"{kind}\0{value}".encode(), "sha256")


def _key(encoded: str) -> bytes:
    text = encoded.strip()
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key must be 32 bytes as base64url")
    return key


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"paet key id" + key).digest()[:ID_BYTES]
