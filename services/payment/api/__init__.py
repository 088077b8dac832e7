"""HTTP of payment: invoices with their QR, receipts, what the bank tells, and the cashiers' refunds."""

from fastapi import APIRouter

from services.payment.api import callbacks, cards, invoices, receipts, refunds

router = APIRouter()
for each in (invoices, cards, receipts, callbacks, refunds):
    router.include_router(each.router)

__all__ = ["router"]
