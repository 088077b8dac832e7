"""The application: its states, its form, its number, and the check of its section of a definition. Pure."""

from services.request.domain.checking import check_section
from services.request.domain.faults import fault_of
from services.request.domain.filing import Filed, number_of, payload_digest, postal_address, series_year, times_of
from services.request.domain.forms import NO_FORM, Form, form_of
from services.request.domain.states import (
    ENDING,
    ApplicationEnded,
    ApplicationSealed,
    ApplicationWithdrawn,
    DefinitionSuperseded,
    FormInvalid,
    JourneyTaken,
    NotDraft,
    NotSubmitted,
    State,
    ended,
    etag,
    require_draft,
    require_revision,
    sealed,
    withdrawn,
)
from services.request.domain.values import contact_email, contact_line, contact_phone, require_reached, storable

__all__ = [
    "ENDING",
    "NO_FORM",
    "ApplicationEnded",
    "ApplicationSealed",
    "ApplicationWithdrawn",
    "DefinitionSuperseded",
    "Filed",
    "Form",
    "FormInvalid",
    "JourneyTaken",
    "NotDraft",
    "NotSubmitted",
    "State",
    "check_section",
    "contact_email",
    "contact_line",
    "contact_phone",
    "ended",
    "etag",
    "fault_of",
    "form_of",
    "number_of",
    "payload_digest",
    "postal_address",
    "require_draft",
    "require_reached",
    "require_revision",
    "sealed",
    "series_year",
    "storable",
    "times_of",
    "withdrawn",
]
