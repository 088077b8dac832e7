"""What a bank's callback says is taken down; whether it is true the bank is asked later."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import duework
from kit.clock import clock, local_date
from kit.rows import fetch
from services.payment import domain
from services.payment.domain import BankTransaction, PaymentState

MOST_UNVERIFIED = 5
LOCK = "SELECT id, journey_id FROM invoice WHERE biller_id = $1 AND reference1 = $2 AND removed_on IS NULL FOR UPDATE"
RECORD = """
    INSERT INTO payment (id, provider, transaction_id, invoice_id, amount, state, paid_at, heard_at)
    SELECT $1::uuid, $2::text, $3::text, $4::uuid, $5::bigint, $6::text, $7::timestamptz, $8::timestamptz
    WHERE (SELECT count(*) FROM payment WHERE invoice_id = $4 AND state = $6) < $9
    ON CONFLICT (provider, transaction_id) DO NOTHING
    RETURNING id, state
"""
"""Unless so much hearsay waits for the invoice that more is only noise; inquiries find what is true in it."""
KNOWN = "SELECT id, state FROM payment WHERE provider = $1 AND transaction_id = $2"


async def hear(session: AsyncSession, provider: str, told: BankTransaction) -> UUID:
    """Take down a callback as hearsay and plan to verify it: the payment; hearing it again changes nothing.

    The invoice is locked before the payment, as ``settle`` does: an inquiry may be booking the same one now.
    UnknownBill, TooManyCallbacks.
    """
    bills = await fetch(session, LOCK, told.biller_id, told.reference1)
    if not bills:
        raise domain.UnknownBill
    invoice, journey = bills[0]
    payments = await fetch(
        session, RECORD, uuid7(), provider, told.transaction_id, invoice, told.amount, PaymentState.UNVERIFIED,
        told.paid_at, clock.now(), MOST_UNVERIFIED,
    ) or await fetch(session, KNOWN, provider, told.transaction_id)  # fmt: skip
    if not payments:
        raise domain.TooManyCallbacks(retry_after=60)
    payment: UUID = payments[0]["id"]
    if payments[0]["state"] == PaymentState.UNVERIFIED:
        payload = {
            "invoice": str(invoice), "day": local_date(told.paid_at).isoformat(),
            "biller": told.biller_id, "reference": told.reference1, "provider": provider,
            "transaction": told.transaction_id,
        }  # fmt: skip
        await duework.add(session, "verify", payment, payload=payload, journey=journey)
    return payment
