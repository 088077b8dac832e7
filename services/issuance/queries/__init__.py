"""Reads of issuance, by concern."""

from services.issuance.queries import retained
from services.issuance.queries.acts import (
    acts,
    enclosed,
    ending,
    of_agency,
    order_claims,
    proposed,
    refusals,
    substitute,
    substituted_on,
    substitutes,
    succession,
    wishes,
)
from services.issuance.queries.archiving import Unplanned, unplanned
from services.issuance.queries.copies import copies_of, copy_by_sha256, copy_of, copy_to_make
from services.issuance.queries.documents import (
    StoredVersion,
    by_sha256,
    by_token,
    check_kept,
    document_claims,
    documents,
    files_of,
    owned,
    unfinished,
)
from services.issuance.queries.issuers import Described, KnownIssuers
from services.issuance.queries.register import Asked, register
from services.issuance.queries.wallets import JUDGED, grant_of, is_in_force, may_be_offered, offerable

__all__ = [
    "JUDGED",
    "Asked",
    "Described",
    "KnownIssuers",
    "StoredVersion",
    "Unplanned",
    "acts",
    "by_sha256",
    "by_token",
    "check_kept",
    "copies_of",
    "copy_by_sha256",
    "copy_of",
    "copy_to_make",
    "document_claims",
    "documents",
    "enclosed",
    "ending",
    "files_of",
    "grant_of",
    "is_in_force",
    "may_be_offered",
    "of_agency",
    "offerable",
    "order_claims",
    "owned",
    "proposed",
    "refusals",
    "register",
    "retained",
    "substitute",
    "substituted_on",
    "substitutes",
    "succession",
    "unfinished",
    "unplanned",
    "wishes",
]
