"""Reads of delivery."""

from services.delivery.queries.notices import (
    applicants,
    delivery_of,
    has_ended,
    inbox,
    notice_of,
    notice_to_send,
    notices_of_journey,
)

__all__ = [
    "applicants",
    "delivery_of",
    "has_ended",
    "inbox",
    "notice_of",
    "notice_to_send",
    "notices_of_journey",
]
