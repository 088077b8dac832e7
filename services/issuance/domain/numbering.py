"""Numbers, days and names of a document. Pure."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from kit.thai import BUDDHIST_ERA

CATCHING_UP = timedelta(days=7)
"""Within which files are made to last that should have been long ago."""
_OUTSIDE = re.compile(r"[^A-Za-z0-9.-]+")


def number_text(series: str, year: int, running: int, edition: int = 0) -> str:
    """``<series>-<Buddhist year>-<running number of six digits>`` [D]: there is no national format.

    What takes the place of a document under its number has a running number of its own behind it.
    """
    return f"{series}-{year}-{running:06d}" + (f"-{edition}" if edition else "")


def buddhist_year(day: date) -> int:
    """The Buddhist year of a Thai calendar day."""
    return day.year + BUDDHIST_ERA


def last_valid_day(issued_on: date, months: int | None) -> date | None:
    """The last day a document holds, or None for one without end.

    The day before the corresponding day of the last month, or that month's last day where it has no such day
    (Civil and Commercial Code s.193/5 [K]): issued 22 November for 12 months → 21 November.
    """
    if months is None:
        return None
    index = issued_on.month - 1 + months
    year, month = issued_on.year + index // 12, index % 12 + 1
    days = monthrange(year, month)[1]
    if issued_on.day > days:
        return date(year, month, days)
    return date(year, month, issued_on.day) - timedelta(days=1)


def oid_of(registered: str | None, agency: str, document_type: str) -> str:
    """The OID of a document type: the registered one, or one under 2.25 that needs no registration.

    2.25 takes any UUID as its next arc (ITU-T X.667); this one follows from agency and document type.
    """
    return registered or f"2.25.{uuid5(NAMESPACE_URL, f'urn:paet:document-type:{agency}:{document_type}').int}"


def file_name(
    *, agency: str, definition: str, application: str, document_type: str, issued_on: date, version: int
) -> str:
    """``<agency>_<service>_<request no>_<document type>_<YYYYMMDD, Buddhist>_v<n>.pdf`` (docs/law.md §10 [D])."""
    day = f"{buddhist_year(issued_on)}{issued_on:%m%d}"
    service = definition.partition("@")[0]
    parts = (agency, service, application, document_type, day, f"v{version}")
    return "_".join(_OUTSIDE.sub("-", part.replace("_", "-")) for part in parts) + ".pdf"


def storage_name(agency: str, document: UUID, number: str) -> str:
    """Where the file lies: another number, another file, so that a name never gets a second content."""
    return f"documents/{agency}/{document}/{number}.pdf"


def archived_name(stored_as: str, version: int) -> str:
    """Where a later version of the file issued under ``stored_as`` lies."""
    return f"{stored_as.removesuffix('.pdf')}.v{version}.pdf"


def first_archive_at(issued_at: datetime, after: timedelta, now: datetime, part: float) -> datetime:
    """When a file is made to last for the first time: ``after`` it was issued.

    One that should have been is done at that ``part`` (0 to 1) of the week from now on, so that not all come at once.
    """
    due_at = issued_at + after
    return due_at if due_at > now else now + part * CATCHING_UP


def renewal_at(ends_at: datetime, margin: timedelta, now: datetime) -> datetime:
    """When an archive time-stamp is renewed: ``margin`` before its certificate ends.

    Where less than that is left, after half of what is left, but no sooner than in a day: the authority may have no
    newer one yet.
    """
    return max(ends_at - margin, now + (ends_at - now) / 2, now + timedelta(days=1))
