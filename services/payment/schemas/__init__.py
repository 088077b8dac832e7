"""Bodies of payment's questions and answers."""

from services.payment.schemas.base import Body, Reason, Reference, Satang
from services.payment.schemas.cards import CardPayment
from services.payment.schemas.invoices import FeeEstimate, FeeQuestion, InvoiceView, LineView, bill_of, line_view
from services.payment.schemas.receipts import ReceiptCancellation, ReceiptName, ReceiptReissue, ReceiptView
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
    "CardPayment",
    "FeeEstimate",
    "FeeQuestion",
    "InvoiceView",
    "LineView",
    "Payout",
    "ProposedRefund",
    "Reason",
    "ReceiptCancellation",
    "ReceiptName",
    "ReceiptReissue",
    "ReceiptView",
    "Reference",
    "RefundPage",
    "RefundSummary",
    "RefundView",
    "Rejection",
    "Satang",
    "WantedRefund",
    "bill_of",
    "line_view",
]
