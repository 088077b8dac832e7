"""Use cases of payment. Each takes the session and never commits."""

from services.payment.commands.billing import close_invoices, open_invoice
from services.payment.commands.charging import conclude, record_charge, want_checkout
from services.payment.commands.closing import close_day
from services.payment.commands.erasing import answer_erasure
from services.payment.commands.expiring import expire, remind
from services.payment.commands.hearing import hear
from services.payment.commands.importing import File, import_statement
from services.payment.commands.receipting import Ending, cancel_receipt, reissue_receipt
from services.payment.commands.refunding import (
    Payout,
    Proposal,
    approve_refund,
    pay_refund,
    propose_refund,
    refund_by_decision,
    reject_refund,
)
from services.payment.commands.removing import remove_lines, remove_past
from services.payment.commands.repairing import release_forgotten
from services.payment.commands.resolving import Proposed, approve_resolution, propose_resolution, reject_resolution
from services.payment.commands.settling import settle, settle_all

__all__ = [
    "Ending",
    "File",
    "Payout",
    "Proposal",
    "Proposed",
    "answer_erasure",
    "approve_refund",
    "approve_resolution",
    "cancel_receipt",
    "close_day",
    "close_invoices",
    "conclude",
    "expire",
    "hear",
    "import_statement",
    "open_invoice",
    "pay_refund",
    "propose_refund",
    "propose_resolution",
    "record_charge",
    "refund_by_decision",
    "reissue_receipt",
    "reject_refund",
    "reject_resolution",
    "release_forgotten",
    "remind",
    "remove_lines",
    "remove_past",
    "settle",
    "settle_all",
    "want_checkout",
]
