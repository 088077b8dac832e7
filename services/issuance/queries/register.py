"""The public register: what was issued, searched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock, local_date
from kit.cursors import cursor_of, read_cursor
from kit.rows import fetch
from services.issuance import domain
from services.issuance.domain import Search, State, Status
from services.issuance.models import Document
from services.issuance.queries.documents import COLUMNS

REGISTER = f"SELECT {COLUMNS} FROM document WHERE issued_at IS NOT NULL AND state = ANY($1::text[])"  # noqa: S608 - as above
CONDITIONS = {
    "phrases": "NOT EXISTS (SELECT FROM unnest({0}::text[]) AS phrase WHERE strpos(searched, phrase) = 0)",
    "grams": "grams @> {0}::text[]",
    "agency": "agency = {0}",
    "document_type": "document_type = {0}",
    "ended": "valid_until < {0}::date",
    "running": "(valid_until IS NULL OR valid_until >= {0}::date)",
    "usable": "(state = 'issued' OR suspended_until < {0}::date)",
    "held": "(suspended_until IS NULL OR suspended_until >= {0}::date)",
    "before": "(issued_at, id) < ({0}::timestamptz, {1}::uuid)",
}


@dataclass(frozen=True)
class Asked:
    """What is asked of the register; None: whatever it may be."""

    search: Search | None = None
    agency: str | None = None
    document_type: str | None = None
    status: Status | None = None


async def register(
    session: AsyncSession, asked: Asked, cursor: str | None, limit: int
) -> tuple[list[Document], str | None]:
    """A page of what was issued, the newest first, and the cursor of the next page. CursorUnknown."""
    states, days = _worth(asked.status)
    wanted: dict[str, Sequence[Any]] = {name: [local_date(clock.now())] for name in days}
    wanted |= {name: [value] for name in ("agency", "document_type") if (value := getattr(asked, name))}
    if asked.search is not None:
        wanted |= {"phrases": [asked.search.phrases], "grams": [asked.search.grams]}
    if cursor is not None:
        wanted["before"] = read_cursor(cursor)
    query, arguments = REGISTER, [states]
    for name, values in wanted.items():
        places = [f"${len(arguments) + place}" for place in range(1, len(values) + 1)]
        query, arguments = f"{query} AND {CONDITIONS[name].format(*places)}", [*arguments, *values]
    rows = await fetch(session, f"{query} ORDER BY issued_at DESC, id DESC LIMIT {limit + 1:d}", *arguments)
    found = [Document(**row) for row in rows]
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    assert last.issued_at is not None  # noqa: S101 - it was ordered by it
    return found[:limit], cursor_of(last.issued_at, last.id)


def _worth(status: Status | None) -> tuple[Sequence[State], Sequence[str]]:
    """The states and the conditions on the day by which ``domain.status_of`` comes to that status."""
    if status is None:
        return domain.OUT, ()
    if status is Status.EXPIRED:
        return (State.ISSUED, State.SUSPENDED), ("ended",)
    if status in (Status.REVOKED, Status.REPLACED):
        return (State(status.value),), ()
    if status is Status.VALID:
        return (State.ISSUED, State.SUSPENDED), ("running", "usable")
    return (State.SUSPENDED,), ("running", "held")
