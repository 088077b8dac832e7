"""Use cases of payment. Each takes the session and never commits."""

from services.payment.commands.billing import close_invoices, open_invoice
from services.payment.commands.hearing import hear
from services.payment.commands.settling import settle, settle_all

__all__ = ["close_invoices", "hear", "open_invoice", "settle", "settle_all"]
