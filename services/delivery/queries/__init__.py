"""Reads of delivery."""

from services.delivery.queries.dispatches import (
    OPEN,
    at_counter,
    climb_of,
    count_failed,
    count_troubled,
    count_waiting,
    dispatch,
    dispatches_of,
    pickup_of,
    told_of,
)
from services.delivery.queries.notices import (
    applicants,
    delivery_of,
    has_ended,
    inbox,
    notice_of,
    notices_of_journey,
)

__all__ = [
    "OPEN",
    "applicants",
    "at_counter",
    "climb_of",
    "count_failed",
    "count_troubled",
    "count_waiting",
    "delivery_of",
    "dispatch",
    "dispatches_of",
    "has_ended",
    "inbox",
    "notice_of",
    "notices_of_journey",
    "pickup_of",
    "told_of",
]
