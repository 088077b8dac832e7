"""What was done about invoices and lines of statements, as far as it says how long they are kept."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock, local_date
from kit.retention import RetentionSettings, not_held
from kit.rows import fetch
from services.payment import domain
from services.payment.domain.retaining import CLASS, Dealings
from services.payment.models import Invoice, Receipt

FACTS = """
    SELECT bill.id, bill.journey_id, bill.agency,
        greatest(
            bill.created_at, bill.settled_at,
            (SELECT max(greatest(paid_at, heard_at, verified_at)) FROM payment WHERE invoice_id = bill.id),
            (SELECT max(created_at) FROM checkout WHERE invoice_id = bill.id),
            (SELECT max(greatest(issued_at, at)) FROM receipt LEFT JOIN receipt_act ON receipt_id = receipt.id
                WHERE receipt.journey_id = bill.journey_id AND receipt.invoice_id = bill.id),
            (SELECT max(greatest(created_at, at)) FROM refund LEFT JOIN refund_act ON refund_id = refund.id
                WHERE refund.invoice_id = bill.id),
            (SELECT max(booked_at) FROM ledgerentry WHERE invoice_id = bill.id),
            (SELECT max(greatest(opened_at, resolved_at, at)) FROM payment
                JOIN discrepancy AS known USING (provider, transaction_id)
                LEFT JOIN discrepancy_act ON discrepancy_id = known.id WHERE payment.invoice_id = bill.id),
            (SELECT max(imported_at) FROM payment JOIN statement_line AS line USING (provider, transaction_id)
                JOIN statement ON statement.id = line.statement_id WHERE payment.invoice_id = bill.id)
        ) AS last_at,
        bill.settled_at IS NULL
            OR EXISTS (SELECT FROM checkout WHERE invoice_id = bill.id AND state = 'pending')
            OR EXISTS (SELECT FROM refund WHERE invoice_id = bill.id AND state IN ('due', 'proposed', 'approved'))
            OR EXISTS (
                SELECT FROM ledgerentry WHERE invoice_id = bill.id AND account IN ('part-paid', 'refund-due')
                GROUP BY account HAVING sum(amount) <> 0
            )
            OR EXISTS (
                SELECT FROM discrepancy AS known
                LEFT JOIN statement_line AS line ON line.id = known.line_id
                LEFT JOIN payment ON payment.provider = known.provider
                    AND payment.transaction_id = known.transaction_id
                WHERE known.agency = bill.agency AND known.state IN ('open', 'proposed') AND (
                    bill.id IN (known.invoice_id, payment.invoice_id)
                    OR (line.biller_id, line.reference1) = (bill.biller_id, bill.reference1)
                )
            ) AS is_open
    FROM invoice AS bill WHERE bill.removed_on IS NULL
"""
"""Of each invoice; a receipt is found by its journey, for which there is an index. Conditions may follow."""
PAST = f"""
    SELECT DISTINCT journey_id FROM (
        SELECT * FROM ({FACTS} AND bill.settled_at < $1 AND {not_held("bill.journey_id")}) AS settled
        WHERE last_at < $1 AND NOT is_open LIMIT $2
    ) AS past
"""  # noqa: S608 - our own text
OF_JOURNEYS = f"{FACTS} AND bill.journey_id = ANY($1::uuid[]) ORDER BY bill.id"
OF_PERSON = f"{FACTS} AND bill.person_id = $1 ORDER BY bill.id"
PAST_LINES = """
    SELECT line.id, line.agency FROM statement_line AS line JOIN statement ON statement.id = line.statement_id
    LEFT JOIN discrepancy AS known ON known.provider = line.provider AND known.transaction_id = line.transaction_id
    LEFT JOIN payment ON payment.provider = line.provider AND payment.transaction_id = line.transaction_id
    LEFT JOIN invoice AS bill ON bill.id = payment.invoice_id
    WHERE line.removed_on IS NULL AND line.day < $2 AND greatest(imported_at, known.opened_at, known.resolved_at) < $1
        AND (known.state IS NULL OR known.state = 'resolved') AND (bill.id IS NULL OR bill.removed_on IS NOT NULL)
"""
"""Lines that paid no invoice, or one that is removed. Conditions may follow."""


async def past(session: AsyncSession, settings: RetentionSettings, most: int) -> Sequence[UUID]:
    """Journeys that are not held, with an invoice whose years are over."""
    since = settings.kept_since(CLASS, clock.now())
    return [row["journey_id"] for row in await fetch(session, PAST, since, most)]


async def past_lines(session: AsyncSession, settings: RetentionSettings, most: int) -> Sequence[UUID]:
    """Lines of statements that are about no kept invoice, whose years are over."""
    since = settings.kept_since(CLASS, clock.now())
    return [row["id"] for row in await fetch(session, f"{PAST_LINES} LIMIT $3", since, local_date(since), most)]


async def past_of_lines(
    session: AsyncSession, settings: RetentionSettings, lines: Sequence[UUID]
) -> list[tuple[UUID, str]]:
    """Those of the lines whose years are over, each with its agency."""
    since = settings.kept_since(CLASS, clock.now())
    query = f"{PAST_LINES} AND line.id = ANY($3::uuid[])"
    return [(row["id"], row["agency"]) for row in await fetch(session, query, since, local_date(since), list(lines))]


async def of_journeys(session: AsyncSession, journeys: Sequence[UUID]) -> list[Dealings]:
    """What was done about the invoices of journeys."""
    return await _dealings(session, OF_JOURNEYS, list(journeys))


async def of_person(session: AsyncSession, person: UUID) -> list[Dealings]:
    """What was done about the invoices of a person: the whole table is read."""
    return await _dealings(session, OF_PERSON, person)


async def _dealings(session: AsyncSession, query: str, argument: object) -> list[Dealings]:
    return [
        Dealings(row["id"], row["journey_id"], row["agency"], local_date(row["last_at"]), row["is_open"])
        for row in await fetch(session, query, argument)
    ]


def check_kept(row: Invoice | Receipt) -> None:
    """Refuse what is wanted of an invoice or a receipt that is not kept any more; NoLongerKept."""
    if row.removed_on is not None:
        raise domain.NoLongerKept
