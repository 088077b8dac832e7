"""Tracking numbers and secrets of anonymous journeys, and idempotency keys. Pure, save for randomness.

Both are written in Crockford's base 32, so that they can be read aloud and typed: case, hyphens and the
look-alikes O, I and L do not matter.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import FieldError, PreconditionRequired, Unprocessable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SCHEME = "journey"
_ALIKE = str.maketrans("OIL", "011", "- ")
_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_NUMBER = re.compile(f"PT[{ALPHABET}]{{12}}")
LONG_ENOUGH_FOR_A_SECRET = 32


class IdempotencyKeyRequired(PreconditionRequired):
    """What creates something must carry a key, so that it can be repeated safely."""

    code = "idempotency-key-required"
    title = Text(th="ต้องส่งส่วนหัว Idempotency-Key", en="An Idempotency-Key header is required")


class IdempotencyKeyReused(Unprocessable):
    """The key was used for another request."""

    code = "idempotency-key-reused"
    title = Text(th="Idempotency-Key นี้ใช้กับคำขออื่นไปแล้ว", en="This Idempotency-Key was used for another request")


class IdempotencyKeyInvalid(Unprocessable):
    """The key is no key."""

    code = "idempotency-key-invalid"
    title = Text(th="Idempotency-Key ไม่ถูกต้อง", en="The Idempotency-Key is not valid")

    def __init__(self, detail: Text) -> None:
        super().__init__(errors=[FieldError("/idempotency-key", "wrong-format", detail, "header")])


def checked_key(key: str | None, *, is_anonymous: bool) -> str:
    """The key, if it can serve; an anonymous one fetches the secret again, so it must be hard to guess."""
    if key is None:
        raise IdempotencyKeyRequired()
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid(
            Text(th="ต้องยาว 8–200 อักขระ ASCII ไม่มีช่องว่าง", en="8–200 visible ASCII characters are needed")
        )
    if is_anonymous and len(key) < LONG_ENOUGH_FOR_A_SECRET:
        raise IdempotencyKeyInvalid(
            Text(
                th="เมื่อไม่ได้เข้าสู่ระบบ ต้องสุ่มและยาวอย่างน้อย 32 อักขระ เช่น UUID",
                en="without a sign-in it must be random and have at least 32 characters, such as a UUID",
            )
        )
    return key


def idempotency_of(principal: str, key: str) -> bytes:
    """SHA-256 of who asked and their key; the key itself is not kept."""
    return hashlib.sha256(f"{principal}\n{key}".encode()).digest()


def new_tracking_number() -> str:
    """Sixty random bits: ``PT-XXXX-XXXX-XXXX``."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return "-".join(("PT", drawn[:4], drawn[4:8], drawn[8:]))


def secret_for(key: str, journey: UUID) -> str:
    """160 bits in 32 characters, from the Idempotency-Key: whoever repeats the start gets the same secret.

    Nothing that is stored gives it away: of the key only a hash is kept.
    """
    code = hmac.digest(key.encode(), b"paet journey secret " + journey.bytes, "sha256")
    number = int.from_bytes(code[:20])
    return "".join(ALPHABET[number >> shift & 31] for shift in range(155, -1, -5))


def hash_of(secret: str) -> bytes:
    """What is stored of a secret: SHA-256 suffices for 160 random bits."""
    return hashlib.sha256(_plain(secret).encode()).digest()


def read_credentials(credentials: str) -> tuple[str, str] | None:
    """Read ``<tracking number>.<secret>`` as people may write it; None when it is neither."""
    number, dot, secret = credentials.strip().partition(".")
    plain = _plain(number)
    if not dot or not _NUMBER.fullmatch(plain) or len(_plain(secret)) != 32:
        return None
    return "-".join(("PT", plain[2:6], plain[6:10], plain[10:])), secret


def _plain(text: str) -> str:
    return text.upper().translate(_ALIKE)
