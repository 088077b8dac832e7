"""The hashes of an SD-JWT (RFC 9901): claims that its holder shows one by one. Pure, save that salts are random."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

ALGORITHM = "sha-256"
"""As ``_sd_alg`` names it."""
RESERVED = frozenset({"_sd", "_sd_alg", "..."})
"""Names that mean something in an SD-JWT: no claim may have them."""


def concealed(claims: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The digests of the claims, for ``_sd``, and the disclosures that open them; ValueError for a reserved name.

    Digests are sorted, so that their order says nothing of what they stand for (section 4.2.4.1).
    """
    if taken := RESERVED & claims.keys():
        raise ValueError(f"no claim may be named {sorted(taken)}")
    disclosures = [_disclosure(name, value) for name, value in claims.items()]
    return sorted(_digest(each) for each in disclosures), disclosures


def joined(token: str, disclosures: Sequence[str]) -> str:
    """The SD-JWT as it is handed over: the signed token and what opens it, without a key binding."""
    return "~".join([token, *disclosures, ""])


def _disclosure(name: str, value: Any) -> str:
    said = json.dumps([_encoded(secrets.token_bytes(16)), name, value], ensure_ascii=False)
    return _encoded(said.encode())


def _digest(disclosure: str) -> str:
    return _encoded(hashlib.sha256(disclosure.encode()).digest())


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
