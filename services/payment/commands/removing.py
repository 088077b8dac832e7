"""What is past is removed: the applicant's side of an invoice goes, what the books stand on stays.

Journeys are held first, then the agencies' reconciliations, then the invoices: nobody takes them in another order. So
what opens an invoice's affairs again, a refund or a statement, comes wholly before or finds that it is not kept.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.clock import clock, local_date
from kit.retention import RetentionSettings
from kit.rows import fetch
from kit.unstoring import UNSTORE
from services.payment import domain, queries
from services.payment.commands import comparing
from services.payment.domain.retaining import EMPTIED, Dealings, is_past

IDS = """
    SELECT 'payment' AS kind, id FROM payment WHERE invoice_id = ANY($1::uuid[])
    UNION ALL SELECT 'checkout', id FROM checkout WHERE invoice_id = ANY($1::uuid[])
    UNION ALL SELECT 'discrepancy', known.id FROM payment JOIN discrepancy AS known USING (provider, transaction_id)
        WHERE payment.invoice_id = ANY($1::uuid[])
    UNION ALL SELECT 'line', line.id FROM payment JOIN statement_line AS line USING (provider, transaction_id)
        WHERE payment.invoice_id = ANY($1::uuid[])
"""
RECEIPTS = """
    SELECT receipt.id, bill.agency FROM receipt JOIN invoice AS bill ON bill.id = receipt.invoice_id
    WHERE receipt.journey_id = ANY($1::uuid[]) AND receipt.invoice_id = ANY($2::uuid[])
"""
LINES = """
    UPDATE statement_line AS line SET removed_on = $1, reference2 = '', reference1 = CASE WHEN EXISTS (
        SELECT FROM invoice AS bill WHERE bill.biller_id = line.biller_id AND bill.reference1 = line.reference1
        AND bill.removed_on IS NULL
    ) THEN reference1 ELSE '' END
    WHERE id = ANY($2::uuid[]) AND removed_on IS NULL
"""
"""What came in late under the reference of a bill that was removed is nobody's, and would be that bill's again."""
SAID_OF_RECEIPTS = "DELETE FROM receipt_act WHERE receipt_id = ANY($1::uuid[])"
SAID_OF_DIFFERENCES = "DELETE FROM discrepancy_act WHERE discrepancy_id = ANY($1::uuid[])"
OF_INVOICES = (
    "DELETE FROM refund_act USING refund WHERE refund.id = refund_id AND invoice_id = ANY($1::uuid[])",
    "DELETE FROM refund WHERE invoice_id = ANY($1::uuid[])",
    "DELETE FROM checkout WHERE invoice_id = ANY($1::uuid[])",
)
OF_LINES = "SELECT id FROM discrepancy WHERE line_id = ANY($1::uuid[])"
WORK_OF = {"verify": "payment", "charge": "checkout", "inquire": "invoice", "remind": "invoice", "expire": "invoice"}


def _emptying(table: str) -> str:
    emptied = ", ".join(f"{name} = {value}" for name, value in EMPTIED[table].items())
    return f"UPDATE {table} SET removed_on = $1, {emptied} WHERE id = ANY($2::uuid[]) AND removed_on IS NULL"  # noqa: S608 - our own text


async def remove_past(session: AsyncSession, settings: RetentionSettings, journeys: Sequence[UUID]) -> None:
    """Remove the invoices of journeys, which are free to go, whose years are over; doing it again changes nothing."""
    today = local_date(clock.now())
    for agency in sorted({each.agency for each in await queries.retained.of_journeys(session, journeys)}):
        await comparing.hold(session, agency)
    await queries.held(session, [each.invoice for each in await queries.retained.of_journeys(session, journeys)])
    # Once more, now that nobody can do anything about them.
    dealings = await queries.retained.of_journeys(session, journeys)
    if past := [each for each in dealings if is_past(each, settings.kept_until, today)]:
        await _remove(session, past, today)


async def _remove(session: AsyncSession, past: Sequence[Dealings], today: date) -> None:
    invoices = [each.invoice for each in past]
    found: dict[str, list[UUID]] = {"invoice": invoices, "payment": [], "checkout": [], "discrepancy": [], "line": []}
    for row in await fetch(session, IDS, invoices):
        found[row["kind"]].append(row["id"])
    receipts = await fetch(session, RECEIPTS, [each.journey for each in past], invoices)
    numbered = [row["id"] for row in receipts]
    await fetch(session, LINES, today, found["line"])
    await fetch(session, _emptying("invoice"), today, invoices)
    await fetch(session, _emptying("receipt"), today, numbered)
    await fetch(session, SAID_OF_RECEIPTS, numbered)
    await _close_differences(session, found["discrepancy"], today)
    for statement in OF_INVOICES:
        await fetch(session, statement, invoices)
    for kind, table in WORK_OF.items():
        await duework.cancel(session, kind, *found[table])
    if receipts:
        names = [domain.receipt_name(row["agency"], row["id"]) for row in receipts]
        await duework.add(session, UNSTORE, invoices[0], payload={"names": names})


async def remove_lines(session: AsyncSession, settings: RetentionSettings, lines: Sequence[UUID]) -> None:
    """Take out of lines that paid no invoice what their payers typed, with what was said about them."""
    today = local_date(clock.now())
    for agency in sorted({agency for _, agency in await queries.retained.past_of_lines(session, settings, lines)}):
        await comparing.hold(session, agency)
    ids = [line for line, _ in await queries.retained.past_of_lines(session, settings, lines)]
    await fetch(session, LINES, today, ids)
    await _close_differences(session, [row["id"] for row in await fetch(session, OF_LINES, ids)], today)


async def _close_differences(session: AsyncSession, differences: Sequence[UUID], today: date) -> None:
    await fetch(session, _emptying("discrepancy"), today, differences)
    await fetch(session, SAID_OF_DIFFERENCES, differences)
