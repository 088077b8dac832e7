"""Classes of record, and what an erasure left of them: the words in which every service answers for its own data."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, NonNegativeInt


class RecordClass(StrEnum):
    """Why a record is kept, which says for how long (``kit/retention.py`` has the years)."""

    REQUEST = "request"
    """What the applicant asked for and what became of it, from the end of the journey on."""
    LICENCE = "licence"
    """What stands on the register, from the end of the licence's life on."""
    TAX = "tax"
    """Invoices, receipts and the books, from the day of the booking on."""
    NOTICE = "notice"
    """What the applicant was told, and the evidence of it: as long as the request that it is about."""
    CONTACT = "contact"
    """Where somebody is reached: until the purpose ends, and no day longer."""


class Reason(StrEnum):
    """Why a record was not erased."""

    KEPT_BY_LAW = "kept-by-law"
    """Its class is to be kept until a day."""
    LEGAL_HOLD = "legal-hold"
    """A proceeding needs it; until when is not known."""
    IN_USE = "in-use"
    """What it was given for is not done yet; it goes by itself afterwards."""


def reason_to_keep(until: date | None, today: date, *, is_open: bool, is_held: bool) -> Reason | None:
    """Why a record is kept on that day, ``until`` being its last, None for ever; None where it may go."""
    if is_held:
        return Reason.LEGAL_HOLD
    if is_open:
        return Reason.IN_USE
    return Reason.KEPT_BY_LAW if until is None or today <= until else None


class Kept(BaseModel):
    """What an erasure found of one class: so many records erased, or so many kept for one reason."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    record_class: RecordClass
    erased: NonNegativeInt
    kept: NonNegativeInt
    reason: Reason | None
    """None where nothing was kept."""
    until: date | None
    """The last day of those that are kept longest; None where none is known."""
