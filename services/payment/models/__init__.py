"""Tables of payment. Money is integer satang; the ledger only grows."""

from services.payment.models.base import METADATA
from services.payment.models.erasures import LEGAL_HOLD, Erasure
from services.payment.models.invoices import Checkout, Invoice, Payment
from services.payment.models.ledger import DayClose, LedgerEntry
from services.payment.models.receipts import Receipt, ReceiptAct, ReceiptBook
from services.payment.models.refunds import Refund, RefundAct
from services.payment.models.statements import Discrepancy, DiscrepancyAct, Statement, StatementDay, StatementLine

__all__ = [
    "LEGAL_HOLD",
    "METADATA",
    "Checkout",
    "DayClose",
    "Discrepancy",
    "DiscrepancyAct",
    "Erasure",
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
