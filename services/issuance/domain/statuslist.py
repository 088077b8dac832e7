"""Token Status List (draft-ietf-oauth-status-list): the status of many credentials in as few bits as it takes. Pure."""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from services.issuance.domain.states import Status

BITS = 2
SLOTS = 65_536
"""Places in a list: an agency that asks for one learns nothing of whose status it wants to know."""
FULL = SLOTS // 2
"""Places that are given at the most, so that a free one is found by chance."""
VALUES: Mapping[Status, int] = {
    Status.VALID: 0,
    Status.REVOKED: 1,
    Status.REPLACED: 1,
    Status.SUSPENDED: 2,
    Status.EXPIRED: 3,
}
"""INVALID and SUSPENDED are the draft's (section 7.1); 3 is left to the application: here, the document is over."""
NOT_KEPT = VALUES[Status.REVOKED]
"""Of a document that is not kept any more, long after its life."""
LIFE_S = 86_400
"""How long a list is believed by whoever cannot fetch a newer one."""


def packed(values: Mapping[int, int]) -> str:
    """The list as ``lst`` has it, from the values that are not 0, by place."""
    raw = bytearray(SLOTS * BITS // 8)
    for place, value in values.items():
        raw[place * BITS // 8] |= value << place * BITS % 8
    return urlsafe_b64encode(zlib.compress(raw, 9)).rstrip(b"=").decode()


def list_claims(issuer: str, uri: str, values: Mapping[int, int], now: int, fresh_s: int) -> dict[str, Any]:
    """What a status list token says; ``fresh_s`` is how long it need not be fetched again."""
    return {
        "iss": issuer,
        "sub": uri,
        "iat": now,
        "exp": now + LIFE_S,
        "ttl": fresh_s,
        "status_list": {"bits": BITS, "lst": packed(values)},
    }
