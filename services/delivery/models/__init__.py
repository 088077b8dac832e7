"""Tables of delivery: the end of each journey, the notices in the inboxes and their words, what left by a channel."""

from services.delivery.models.dispatches import Dispatch, DispatchEvent
from services.delivery.models.letters import Letter, LetterSeries
from services.delivery.models.notices import METADATA, Delivery, Notice
from services.delivery.models.periods import AppealPeriod
from services.delivery.models.templates import Template

__all__ = [
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
