"""What a notice said, as one hash. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SAID = ("kind", "subject_th", "subject_en", "body_th", "body_en", "link", "journey_id", "application_number")


def digest_of(notice: Mapping[str, Any]) -> str:
    """SHA-256, hex, over the JSON of ``SAID``: keys sorted, no spaces, UTF-8."""
    said = {name: None if notice[name] is None else str(notice[name]) for name in SAID}
    written = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
