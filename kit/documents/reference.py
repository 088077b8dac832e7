"""How a seal names what it rests on: an id and a hash, in words that survive in any PDF reader."""

import re
from dataclasses import dataclass
from typing import Self

_WRITTEN = re.compile(r"\[(?P<uri>\S+) sha256:(?P<sha256>[0-9a-f]{64})\]$")


@dataclass(frozen=True)
class Reference:
    """What a seal refers to: a URI without blanks (``urn:uuid:…`` of the decision) and its SHA-256 in lower hex."""

    uri: str
    sha256: str

    def __post_init__(self) -> None:
        if not _WRITTEN.fullmatch(str(self)):
            raise ValueError("a reference is a URI without blanks and a SHA-256 in lower hexadecimal")

    def __str__(self) -> str:
        return f"[{self.uri} sha256:{self.sha256}]"

    @classmethod
    def found_in(cls, reason: str) -> Self | None:
        """Read the reference at the end of a seal's reason; None when there is none."""
        found = _WRITTEN.search(reason)
        return cls(found["uri"], found["sha256"]) if found else None
