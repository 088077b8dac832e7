"""Use cases of delivery. Each takes the session and never commits."""

from services.delivery.commands.claims import (
    APPLICANT,
    CORRECTED_APPLICANT,
    ISSUED_DOCUMENT,
    MISSED_CORRECTION,
    RECEIPTS_OF_PAID,
    REFUSING_CASE,
    REFUSING_DECISION,
    RULES,
    TELLING,
    UNCORRECTED_DEFECT,
)
from services.delivery.commands.climbing import CLIMB, Leaving, begin, end, fail, skip, take, trouble
from services.delivery.commands.collecting import collect
from services.delivery.commands.completing import complete
from services.delivery.commands.defects import tell_corrected, tell_defect
from services.delivery.commands.delays import COPY, copy_of_delay, tell_overdue
from services.delivery.commands.erasing import answer_erasure
from services.delivery.commands.hearing import NUDGE, hear, nudge
from services.delivery.commands.letters import WORK as LETTER_WORK
from services.delivery.commands.letters import (
    WantedLetter,
    acknowledge_letter,
    check_letter,
    register_letter,
    settle_letter,
)
from services.delivery.commands.licences import LICENCE, tell_of_licence, tell_order
from services.delivery.commands.reckoning import change_calendar, reckon
from services.delivery.commands.recording import mark_read
from services.delivery.commands.removing import REMOVALS
from services.delivery.commands.telling import (
    tell_granted,
    tell_of_receipt,
    tell_paid,
    tell_received,
    tell_refund_due,
    tell_refunded,
    tell_to_pay,
)
from services.delivery.commands.templates import save_template, withdraw_template

__all__ = [
    "APPLICANT",
    "CLIMB",
    "COPY",
    "CORRECTED_APPLICANT",
    "ISSUED_DOCUMENT",
    "LETTER_WORK",
    "LICENCE",
    "MISSED_CORRECTION",
    "NUDGE",
    "RECEIPTS_OF_PAID",
    "REFUSING_CASE",
    "REFUSING_DECISION",
    "REMOVALS",
    "RULES",
    "TELLING",
    "UNCORRECTED_DEFECT",
    "Leaving",
    "WantedLetter",
    "acknowledge_letter",
    "answer_erasure",
    "begin",
    "change_calendar",
    "check_letter",
    "collect",
    "complete",
    "copy_of_delay",
    "end",
    "fail",
    "hear",
    "mark_read",
    "nudge",
    "reckon",
    "register_letter",
    "save_template",
    "settle_letter",
    "skip",
    "take",
    "tell_corrected",
    "tell_defect",
    "tell_granted",
    "tell_of_licence",
    "tell_of_receipt",
    "tell_order",
    "tell_overdue",
    "tell_paid",
    "tell_received",
    "tell_refund_due",
    "tell_refunded",
    "tell_to_pay",
    "trouble",
    "withdraw_template",
]
