"""Tables of delivery: the end of each journey, the notices in the inboxes and their words, what left by a channel."""

from kit.erasing import erasure_table
from kit.retention import hold_table
from services.delivery.models.dispatches import Dispatch, DispatchEvent
from services.delivery.models.letters import Letter, LetterSeries
from services.delivery.models.notices import METADATA, Delivery, Notice
from services.delivery.models.periods import AppealPeriod
from services.delivery.models.templates import Template

LEGAL_HOLD = hold_table(METADATA)
"""Journeys whose records are kept, whatever their class."""
ERASURE = erasure_table(METADATA)
"""Erasures that were answered."""

__all__ = [
    "ERASURE",
    "LEGAL_HOLD",
    "METADATA",
    "AppealPeriod",
    "Delivery",
    "Dispatch",
    "DispatchEvent",
    "Letter",
    "LetterSeries",
    "Notice",
    "Template",
]
