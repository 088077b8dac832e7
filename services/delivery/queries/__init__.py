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
from services.delivery.queries.evidence import (
    Evidence,
    dispatches_by_notice,
    evidence_of,
    marks_of,
    notices_to_reckon,
    periods_of,
)
from services.delivery.queries.letters import is_of_agency, letter_of, letter_of_key, letter_to_send, letters
from services.delivery.queries.notices import (
    applicants,
    delivery_of,
    has_ended,
    inbox,
    is_corrected,
    is_paid,
    notice_of,
    notices_of_journey,
)
from services.delivery.queries.templates import in_force as templates_in_force
from services.delivery.queries.templates import latest as latest_template
from services.delivery.queries.templates import latest_of_all as latest_templates
from services.delivery.queries.templates import versions as template_versions

__all__ = [
    "OPEN",
    "Evidence",
    "applicants",
    "at_counter",
    "climb_of",
    "count_failed",
    "count_troubled",
    "count_waiting",
    "delivery_of",
    "dispatch",
    "dispatches_by_notice",
    "dispatches_of",
    "evidence_of",
    "has_ended",
    "inbox",
    "is_corrected",
    "is_of_agency",
    "is_paid",
    "latest_template",
    "latest_templates",
    "letter_of",
    "letter_of_key",
    "letter_to_send",
    "letters",
    "marks_of",
    "notice_of",
    "notices_of_journey",
    "notices_to_reckon",
    "periods_of",
    "pickup_of",
    "template_versions",
    "templates_in_force",
    "told_of",
]
