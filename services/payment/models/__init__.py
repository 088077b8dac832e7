"""Tables of payment. Money is integer satang; the ledger only grows."""

from kit.erasing import erasure_table
from kit.retention import hold_table
from services.payment.models.base import METADATA
from services.payment.models.invoices import Checkout, Invoice, Payment
from services.payment.models.ledger import DayClose, LedgerEntry
from services.payment.models.receipts import Receipt, ReceiptAct, ReceiptBook
from services.payment.models.refunds import Refund, RefundAct
from services.payment.models.statements import Discrepancy, DiscrepancyAct, Statement, StatementDay, StatementLine

LEGAL_HOLD = hold_table(METADATA)
"""Journeys whose records are kept, whatever their class."""
ERASURE = erasure_table(METADATA)
"""Erasures that were answered."""

__all__ = [
    "ERASURE",
    "LEGAL_HOLD",
    "METADATA",
    "Checkout",
    "DayClose",
    "Discrepancy",
    "DiscrepancyAct",
    "Invoice",
    "LedgerEntry",
    "Payment",
    "Receipt",
    "ReceiptAct",
    "ReceiptBook",
    "Refund",
    "RefundAct",
    "Statement",
    "StatementDay",
    "StatementLine",
]
