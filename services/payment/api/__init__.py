"""HTTP of payment: invoices with their QR, receipts, what the bank tells, the cashiers' refunds and books."""

from fastapi import APIRouter

from services.payment.api import callbacks, cards, invoices, ledger, receipts, reconciliation, refunds

router = APIRouter()
for each in (invoices, cards, receipts, callbacks, refunds, reconciliation, ledger):
    router.include_router(each.router)

__all__ = ["router"]
