"""What is fixed at submission: number, times, hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.clock import BANGKOK
from kit.contracts.definition import Periods
from kit.workdays import Calendar

BUDDHIST_ERA = 543
LONGEST_ADDRESS = 1000


@dataclass(frozen=True)
class Filed:
    """The times of a submission: when it entered the system, when it counts as received, what is promised.

    ``legally_received_at``: EGOV65 s.10, outside office hours the next opening. ``promised_at``: the earlier
    of the manual's period and the Act's.
    """

    entered_system_at: datetime
    legally_received_at: datetime
    promised_at: datetime


def times_of(entered: datetime, calendar: Calendar, periods: Periods) -> Filed:
    """The times of a submission that entered the system then."""
    received = calendar.next_opening(entered)
    running = [period for period in (periods.manual, periods.act) if period is not None]
    promised = min(calendar.add(received, period.amount, period.unit) for period in running)
    return Filed(entered, received, promised)


def series_year(at: datetime) -> int:
    """The Buddhist year in Thailand: every year begins a new series of numbers."""
    return at.astimezone(BANGKOK).year + BUDDHIST_ERA


def number_of(agency: str, prefix: str, year: int, running: int) -> str:
    """``<agency>-<prefix>-<Buddhist year, 2 digits>-<running, 6 digits>``: nothing personal in it [D]."""
    return f"{agency}-{prefix}-{year % 100:02d}-{running:06d}"


def postal_address(form: Mapping[str, Any], pointers: Sequence[str]) -> str | None:
    """The lines of an address, one for each field that is filled in; the texts of a group make one line."""
    lines = [" ".join(_texts(_at(form, pointer))) for pointer in pointers]
    return "\n".join(line for line in lines if line)[:LONGEST_ADDRESS] or None


def _at(form: Mapping[str, Any], pointer: str) -> Any:
    value: Any = form
    for part in pointer.split("/")[1:]:
        value = value.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for member in value.values() for text in _texts(member)]
    return [" ".join(value.split())] if isinstance(value, str) and value.strip() else []


def payload_digest(payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the payload as canonical JSON: keys sorted, no spaces, UTF-8."""
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
