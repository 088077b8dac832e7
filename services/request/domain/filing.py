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
from services.request.domain.schema import members_at

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


def postal_address(form: Mapping[str, Any], pointers: Sequence[str], schema: Any) -> str | None:
    """The lines of an address, one for each field that is filled in; a group makes one line, in the form's order.

    The order is the schema's, for the database does not keep that of what was typed.
    """
    lines = [" ".join(_texts(_at(form, pointer), schema, names_of(pointer))) for pointer in pointers]
    return "\n".join(line for line in lines if line)[:LONGEST_ADDRESS] or None


def names_of(pointer: str) -> list[str]:
    """The names in a JSON pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _at(form: Mapping[str, Any], pointer: str) -> Any:
    value: Any = form
    for name in names_of(pointer):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any, schema: Any, path: list[str]) -> list[str]:
    if isinstance(value, Mapping):
        order = {name: place for place, name in enumerate(members_at(schema, path))}
        members = sorted(value, key=lambda name: (order.get(name, len(order)), name))
        return [text for name in members for text in _texts(value[name], schema, [*path, name])]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [str(value)]
    return [" ".join(value.split())] if isinstance(value, str) and value.strip() else []


def payload_digest(payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the payload as canonical JSON: keys sorted, no spaces, UTF-8."""
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
