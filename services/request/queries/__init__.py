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

__all__ = [
    "acknowledgement",
    "claim_for",
    "claims",
    "form_for",
    "of_journey",
    "of_journeys",
    "owned",
    "require_current",
    "sealed_acknowledgement",
    "view",
]
