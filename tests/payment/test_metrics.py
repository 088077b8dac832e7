"""The figures of payment: open invoices, and those past their due date."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from kit.clock import clock
from services.payment.models import Invoice
from tests.figures import shows
from tests.payment.test_consumers import open_invoice


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setenv("PAET_METRICS_SECONDS", "0.1")


@pytest.mark.req("O4", part="metrics for every queue and deadline")
async def test_open_and_overdue_invoices_are_counted(payment, granted):
    await shows(payment, "paet_invoices_open", 0)
    _, late = await open_invoice(payment, granted)
    _, paid = await open_invoice(payment, granted)
    await open_invoice(payment, granted)
    async with payment.kit.database.engine.begin() as connection:
        long_ago = {"due_at": clock.now() - timedelta(days=1)}
        await connection.execute(update(Invoice).where(Invoice.id.in_([late["id"], paid["id"]])).values(long_ago))
        await connection.execute(update(Invoice).where(Invoice.id == paid["id"]).values(state="paid"))
    await shows(payment, "paet_invoices_open", 2)
    await shows(payment, "paet_invoices_overdue", 1)
