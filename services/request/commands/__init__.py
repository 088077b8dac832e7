"""Use cases of request: each is one change. They take the session and never commit."""

from services.request.commands.applications import end, open_draft, save_draft, seal, submit, withdraw
from services.request.commands.correcting import (
    UNCORRECTED,
    acknowledge_defects,
    change_calendar,
    correct,
    end_uncorrected,
    keep_record,
    record_defects,
)

__all__ = [
    "UNCORRECTED",
    "acknowledge_defects",
    "change_calendar",
    "correct",
    "end",
    "end_uncorrected",
    "keep_record",
    "open_draft",
    "record_defects",
    "save_draft",
    "seal",
    "submit",
    "withdraw",
]
