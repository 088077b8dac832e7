"""Reads of request."""

from services.request.queries.acknowledgements import acknowledgement, sealed_acknowledgement
from services.request.queries.applications import (
    claim_for,
    claims,
    form_for,
    of_journey,
    of_journeys,
    owned,
    require_current,
    view,
)
from services.request.queries.corrections import (
    correction_claims,
    correction_view,
    last_correction,
    last_if_any,
    newer_record,
    waiting_corrections,
)

__all__ = [
    "acknowledgement",
    "claim_for",
    "claims",
    "correction_claims",
    "correction_view",
    "form_for",
    "last_correction",
    "last_if_any",
    "newer_record",
    "of_journey",
    "of_journeys",
    "owned",
    "require_current",
    "sealed_acknowledgement",
    "view",
    "waiting_corrections",
]
