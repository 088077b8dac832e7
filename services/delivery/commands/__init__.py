"""Use cases of delivery. Each takes the session and never commits."""

from services.delivery.commands.claims import APPLICANT, ISSUED_DOCUMENT, REFUSING_CASE, REFUSING_DECISION
from services.delivery.commands.completing import complete
from services.delivery.commands.recording import mark_read, record_refused, record_sent
from services.delivery.commands.telling import tell_granted, tell_received, tell_refunded, tell_to_pay

__all__ = [
    "APPLICANT",
    "ISSUED_DOCUMENT",
    "REFUSING_CASE",
    "REFUSING_DECISION",
    "complete",
    "mark_read",
    "record_refused",
    "record_sent",
    "tell_granted",
    "tell_received",
    "tell_refunded",
    "tell_to_pay",
]
