"""The content of a decision as it is signed: canonical JSON, so that anybody can write the same bytes again. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

KIND = "urn:paet:decision:v1"


@dataclass(frozen=True)
class Content:
    """What a written order states (APA39 s.36 [K], s.37): who decided what about which case, when and why.

    ``officer`` is None for a decision under a rule; then ``rule`` and ``order`` name it. Texts in two
    languages are ``{"th": …, "en": …}``.
    """

    decision: UUID
    journey: UUID
    case: UUID
    agency: str
    definition: str
    result: str
    officer: UUID | None
    authority: dict[str, str]
    rule: dict[str, str] | None
    order: str | None
    facts: str
    law: str
    considerations: str
    appeal: dict[str, str] | None
    decided_at: datetime

    def canonical(self) -> str:
        """Canonical JSON (RFC 8785: sorted keys, no white space, UTF-8; no numbers occur in it)."""
        members = asdict(self) | {"kind": KIND}
        return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value)


def digest_of(content: str) -> str:
    """SHA-256 of the content, hex."""
    return hashlib.sha256(content.encode()).hexdigest()
