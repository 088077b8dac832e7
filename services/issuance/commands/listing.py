"""Status lists: signed anew where something in them has changed, or a day has passed, and at no other time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Issuer
from kit.clock import clock, local_date
from kit.rows import fetch
from services.issuance import queries
from services.issuance.domain import Places, State, status_on, statuslist
from services.issuance.domain.oid4vci import STATUS_LIST
from services.issuance.models import Document

LIST = """
    SELECT agency, token, as_of, expires_at,
        EXISTS (SELECT FROM status_change WHERE status_change.list_id = status_list.id) AS has_changed
    FROM status_list WHERE id = $1
"""
FORGET = "DELETE FROM status_change WHERE list_id = $1"
"""Only what is seen: a change that commits later is signed later."""
NOT_VALID = f"""
    SELECT credential.place, {", ".join(f"document.{name}" for name in queries.JUDGED)}
    FROM credential JOIN document ON document.id = credential.document_id
    WHERE credential.list_id = $1 AND (document.state <> $2 OR document.valid_until < $3)
"""  # noqa: S608 - our own columns
KEEP = "UPDATE status_list SET token = $2, as_of = $3, expires_at = $4 WHERE id = $1"


@dataclass(frozen=True)
class Listed:
    """A status list as it stands in the database."""

    agency: str
    token: str | None
    as_of: date | None
    expires_at: datetime | None
    has_changed: bool

    def current(self, now: datetime) -> str | None:
        """The token, unless it must be signed anew."""
        if self.has_changed or self.as_of != local_date(now) or self.expires_at is None:
            return None
        # Half of its life is left to those who keep it.
        return self.token if self.expires_at - now > timedelta(seconds=statuslist.LIFE_S / 2) else None


async def listed(session: AsyncSession, list_id: UUID) -> Listed | None:
    """The list; None when there is none."""
    found = await fetch(session, LIST, list_id)
    return Listed(**found[0]) if found else None


async def sign_list(session: AsyncSession, list_id: UUID, issuer: Issuer, places: Places, fresh_s: int) -> str:
    """The token of a list, of this moment: one signs, others who come meanwhile wait and find it done."""
    # The lock first, by itself: what is read after it is what the one before has left.
    await fetch(session, "SELECT FROM status_list WHERE id = $1 FOR NO KEY UPDATE", list_id)
    now = clock.now()
    known = await listed(session, list_id)
    if known is not None and (token := known.current(now)):
        return token
    today = local_date(now)
    await fetch(session, FORGET, list_id)
    values = _values(await fetch(session, NOT_VALID, list_id, State.ISSUED, today), today)
    claims = statuslist.list_claims(places.issuer, places.status_list(list_id), values, int(now.timestamp()), fresh_s)
    token = issuer.sign(claims, STATUS_LIST)
    await fetch(session, KEEP, list_id, token, today, now + timedelta(seconds=statuslist.LIFE_S))
    return token


def _values(rows: Iterable[Any], today: date) -> dict[int, int]:
    """The bits of each place that day; documents that are alike in all that counts are judged once."""
    values: dict[int, int] = {}
    worth: dict[tuple[Any, ...], int] = {}
    for place, *judged in rows:
        alike = tuple(judged)
        if alike not in worth:
            document = Document(**dict(zip(queries.JUDGED, judged, strict=True)))
            is_kept = document.state != State.REMOVED
            worth[alike] = statuslist.VALUES[status_on(document, today)] if is_kept else statuslist.NOT_KEPT
        values[place] = worth[alike]
    return values
