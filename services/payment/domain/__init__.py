"""Fees, and what becomes of money that arrives. Pure; money is integer satang."""

from services.payment.domain.checking import check_section
from services.payment.domain.fees import Case, Line, fee_lines
from services.payment.domain.problems import (
    FeeUndecidable,
    InvoiceNotFound,
    MalformedCallback,
    ServiceNotFound,
    TooManyCallbacks,
    UnknownBill,
)
from services.payment.domain.references import ALPHABET, buddhist_year, new_reference
from services.payment.domain.verdicts import (
    BankTransaction,
    Entry,
    InvoiceState,
    PaymentState,
    Verdict,
    booking,
    judge,
    refund_booking,
)

__all__ = [
    "ALPHABET",
    "BankTransaction",
    "Case",
    "Entry",
    "FeeUndecidable",
    "InvoiceNotFound",
    "InvoiceState",
    "Line",
    "MalformedCallback",
    "PaymentState",
    "ServiceNotFound",
    "TooManyCallbacks",
    "UnknownBill",
    "Verdict",
    "booking",
    "buddhist_year",
    "check_section",
    "fee_lines",
    "judge",
    "new_reference",
    "refund_booking",
]
