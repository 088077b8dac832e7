"""Verification tokens: short enough for a QR code, and hopeless to guess."""

import hashlib
import hmac
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that a person could misread."""

_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_RANDOM, _CHECK = 16, 5  # bytes
_RANDOM_LENGTH, LENGTH = 26, 34  # characters


class Tokens:
    """Makes and reads tokens: 128 random bits, and 40 bits that only the holder of the key can compute."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> str:
        """A token that was never given: 34 characters."""
        body = _written(secrets.token_bytes(_RANDOM), _RANDOM_LENGTH)
        return body + self._check(body)

    def read(self, typed: str) -> str | None:
        """The token as it was given, however it is typed; None when it cannot be one, without asking anybody."""
        token = typed.upper().translate(_MISREAD)
        if len(token) != LENGTH or not token.isascii():
            return None
        body, check = token[:_RANDOM_LENGTH], token[_RANDOM_LENGTH:]
        return token if hmac.compare_digest(check, self._check(body)) else None

    def _check(self, body: str) -> str:
        digest = hmac.digest(self._key, body.encode(), hashlib.sha256)
        return _written(digest[:_CHECK], LENGTH - _RANDOM_LENGTH)


def _written(data: bytes, length: int) -> str:
    number = int.from_bytes(data, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
