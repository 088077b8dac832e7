"""Bodies of payment's questions and answers."""

from services.payment.schemas.base import Body, Day, Reason, Reference, Satang
from services.payment.schemas.bookings import BookingPage, BookingView, TraceView
from services.payment.schemas.cards import CardPayment
from services.payment.schemas.invoices import FeeEstimate, FeeQuestion, InvoiceView, LineView, bill_of, line_view
from services.payment.schemas.receipts import ReceiptCancellation, ReceiptName, ReceiptReissue, ReceiptView
from services.payment.schemas.reconciliation import (
    DiscrepancyPage,
    DiscrepancySummary,
    DiscrepancyView,
    ParityView,
    ProposedResolution,
    ReconciliationView,
    StatementView,
    TrialBalanceView,
)
from services.payment.schemas.refunds import (
    Payout,
    ProposedRefund,
    RefundPage,
    RefundSummary,
    RefundView,
    Rejection,
    WantedRefund,
)

__all__ = [
    "Body",
    "BookingPage",
    "BookingView",
    "CardPayment",
    "Day",
    "DiscrepancyPage",
    "DiscrepancySummary",
    "DiscrepancyView",
    "FeeEstimate",
    "FeeQuestion",
    "InvoiceView",
    "LineView",
    "ParityView",
    "Payout",
    "ProposedRefund",
    "ProposedResolution",
    "Reason",
    "ReceiptCancellation",
    "ReceiptName",
    "ReceiptReissue",
    "ReceiptView",
    "ReconciliationView",
    "Reference",
    "RefundPage",
    "RefundSummary",
    "RefundView",
    "Rejection",
    "Satang",
    "StatementView",
    "TraceView",
    "TrialBalanceView",
    "WantedRefund",
    "bill_of",
    "line_view",
]
