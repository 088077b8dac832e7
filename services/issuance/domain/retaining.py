"""How long documents are kept, and what of them stays afterwards. Pure.

All documents of one term are one licence, a record of the class ``licence``: kept for the years of that class after
its life. That has ended when the last of them is past its last day, revoked, or replaced by one of a new term; a
document without a last day that is in force is kept for ever. What was never issued, be it that its number is void, is
a record of the class ``request``, unless it belongs to a licence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kit.contracts.retention import RecordClass, reason_to_keep
from kit.contracts.text import Text
from kit.errors import Problem

GONE = ("substitute", "credential_offer", "credential_grant")
"""Tables whose rows go: what a holder wished, and what was under way to a wallet."""
OF_NO_CLASS = ("credential_offer", "credential_grant")
"""What no law keeps: an erasure takes it at once."""
EMPTIED: Mapping[str, Mapping[str, str]] = {
    "document": {
        "state": "CASE state WHEN 'failed' THEN 'stopped' WHEN 'stopped' THEN state ELSE 'removed' END",
        "journey_id": "id", "person_id": "NULL", "slip": "'{}'", "application_number": "''", "fault": "NULL",
        "file_name": "NULL", "stored_as": "NULL", "public": "'[]'", "searched": "''", "grams": "'{}'",
        "issued_at": "NULL",
    },
    "document_act": {
        "officer": "NULL", "authority": "'{}'", "facts": "''", "law": "''", "considerations": "''", "appeal": "NULL",
    },
    "credential": {"holder": "''", "fate": "NULL"},
    "certified_copy": {"officer": "NULL", "file_name": "NULL"},
}  # fmt: skip
"""Columns that go, and what stands in them afterwards. Without the moment of issue it is on no register any more."""
STAYS: Mapping[str, frozenset[str]] = {
    "document": frozenset({
        "id", "agency", "definition", "step", "agency_name", "title", "series", "reason", "attempt", "requested_at",
        "year", "running", "numbered_at", "issued_on", "valid_until", "token", "sha256", "document_type", "kind",
        "replaces", "origin", "edition", "suspended_until", "told_until", "removed_on",
    }),
    "document_act": frozenset({
        "id", "document_id", "term_id", "agency", "place", "act", "phase", "proposal_id", "until", "about",
        "enclosed", "at", "previous", "digest",
    }),
    "credential": frozenset({"id", "document_id", "list_id", "place", "issued_at"}),
    "certified_copy": frozenset({
        "id", "document_id", "running", "original_sha256", "original_stored_as", "status", "certified_on", "state",
        "requested_at", "stored_as", "sha256", "made_at",
    }),
}  # fmt: skip
"""What nobody can be known by: numbers have no gaps, places in status lists are never given again, digests let a file
be known as one that is not kept any more, and the chain of acts hold."""
UNTOUCHED = frozenset({
    "series", "number", "archivedfile", "spent_nonce", "status_list", "status_change", "erasure", "legal_hold",
})  # fmt: skip
"""Tables that are of nobody."""


@dataclass(frozen=True)
class Licence:
    """The documents of one term, as far as their keeping goes."""

    term: UUID
    journey: UUID
    documents: tuple[UUID, ...]
    is_licence: bool
    """Whether any of them was issued, or may yet be."""
    is_open: bool
    """Whether one is being made, or may be tried again."""
    ended_on: date | None
    """The last day of its life; None for one without end."""

    @property
    def record_class(self) -> RecordClass:
        """Why it is kept."""
        return RecordClass.LICENCE if self.is_licence else RecordClass.REQUEST

    def last_day(self, kept_until: Callable[[RecordClass, date], date]) -> date | None:
        """The last day on which it is kept; None where that is not known."""
        return None if self.ended_on is None else kept_until(self.record_class, self.ended_on)


def is_past(licence: Licence, kept_until: Callable[[RecordClass, date], date], today: date) -> bool:
    """Whether its years are over; holds are asked for apart."""
    until = licence.last_day(kept_until)
    return reason_to_keep(until, today, is_open=licence.is_open, is_held=False) is None


class NoLongerKept(Problem):
    """It was issued, kept for its time, and then removed: nothing speaks against what shows this code or digest."""

    status, code = 410, "no-longer-kept"
    title = Text(
        th="เอกสารนี้หน่วยงานเคยออกให้จริง แต่พ้นกำหนดเวลาเก็บรักษาและไม่มีข้อมูลแล้ว",
        en="This document was issued, was kept for its time, and is no longer kept",
    )


def folder_of(agency: str, document: UUID) -> str:
    """Where all files of a document lie: every version, the copies, corrections, and what nobody has registered."""
    return f"documents/{agency}/{document}"
