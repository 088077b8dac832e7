"""Reads of request."""

from services.request.queries.acknowledgements import Seals, acknowledgement, sealed_acknowledgement
from services.request.queries.applications import (
    claim_for,
    claims,
    filing_times,
    find,
    form_for,
    of_journey,
    owned,
    require_current,
    view,
)

__all__ = [
    "Seals",
    "acknowledgement",
    "claim_for",
    "claims",
    "filing_times",
    "find",
    "form_for",
    "of_journey",
    "owned",
    "require_current",
    "sealed_acknowledgement",
    "view",
]
