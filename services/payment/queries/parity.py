"""A bank's statement beside the books, transaction by transaction: what is alike and what is not."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.rows import fetch
from services.payment.domain import DIFFERENCES, SCB, Kind

PAIRS = f"""
    WITH closed AS (
        SELECT min(day) AS first, max(day) AS last FROM day_close WHERE agency = $1
    ), verified AS NOT MATERIALIZED (
        SELECT payment.id, payment.provider, payment.transaction_id, payment.amount, payment.invoice_id,
            payment.paid_at, payment.reconciled_on, invoice.agency, invoice.biller_id
        FROM payment JOIN invoice ON invoice.id = payment.invoice_id WHERE payment.verified_at IS NOT NULL
    ), told AS (
        SELECT line.provider, line.biller_id, line.transaction_id, line.day, line.id AS line_id,
            verified.id AS payment_id, line.amount AS bank,
            coalesce(verified.amount, 0) + coalesce(known.adjusted, 0) AS books,
            CASE
                WHEN verified.id IS NULL AND bill.id IS NULL THEN 'reference'
                WHEN verified.id IS NULL THEN 'only-bank'
                WHEN verified.amount + coalesce(known.adjusted, 0) <> line.amount THEN 'amount'
                WHEN verified.invoice_id IS DISTINCT FROM bill.id AND (
                    known.state = 'resolved' AND known.resolution = 'assign'
                    AND known.invoice_id = verified.invoice_id
                ) IS NOT TRUE THEN 'reference'
                WHEN known.adjusted <> 0 THEN 'adjusted'
                ELSE 'matched'
            END AS kind
        FROM statement_line AS line
        LEFT JOIN verified ON verified.provider = line.provider AND verified.transaction_id = line.transaction_id
            AND verified.agency = line.agency
        LEFT JOIN invoice AS bill ON bill.biller_id = line.biller_id AND bill.reference1 = line.reference1
            AND (bill.removed_on IS NULL OR line.removed_on IS NOT NULL)
        LEFT JOIN discrepancy AS known
            ON known.provider = line.provider AND known.transaction_id = line.transaction_id
        WHERE line.agency = $1 AND line.day BETWEEN $2 AND $3
    ), untold AS (
        SELECT verified.provider, verified.biller_id, verified.transaction_id,
            coalesce(known.day, CASE
                WHEN (verified.paid_at AT TIME ZONE 'Asia/Bangkok')::date BETWEEN closed.first AND closed.last
                THEN closed.last + 1 ELSE (verified.paid_at AT TIME ZONE 'Asia/Bangkok')::date
            END) AS day,
            NULL::uuid AS line_id, verified.id AS payment_id, 0::bigint AS bank,
            verified.amount + coalesce(known.adjusted, 0) AS books
        FROM closed CROSS JOIN verified
        LEFT JOIN discrepancy AS known
            ON known.provider = verified.provider AND known.transaction_id = verified.transaction_id
        WHERE verified.provider = '{SCB}' AND verified.reconciled_on IS NULL AND verified.agency = $1
            AND verified.paid_at >= (least(closed.first, $2)::timestamp AT TIME ZONE 'Asia/Bangkok')
            AND verified.paid_at < (($3::date + 1)::timestamp AT TIME ZONE 'Asia/Bangkok')
            AND NOT EXISTS (
                SELECT FROM statement_line AS line WHERE line.provider = verified.provider
                AND line.transaction_id = verified.transaction_id AND line.agency = $1
            )
    ), pair AS (
        SELECT provider, biller_id, transaction_id, day, line_id, payment_id, bank, books, kind FROM told
        UNION ALL
        SELECT provider, biller_id, transaction_id, day, line_id, payment_id, bank, books,
            CASE WHEN books = 0 THEN 'adjusted' ELSE 'only-books' END
        FROM untold WHERE day BETWEEN $2 AND $3
    )
"""  # noqa: S608 - our own text
"""``pair``: each transaction of an agency ($1) that counts on one of the days from $2 to $3, and how it compares.

What was verified for a day that was closed already, and is on no statement, counts on the next. Adjustments that were
booked because of a difference stand on the side of the books. What a gateway of cards has collected is on no statement
of a bank until it is remitted, and not compared. Nobody is billed under the reference of
a bill that is not kept any more: what comes in so is in suspense.
"""
SUMMED = f"""{PAIRS}
    SELECT provider, biller_id, kind, count(*) AS count, sum(bank)::bigint AS bank, sum(books)::bigint AS books
    FROM pair GROUP BY provider, biller_id, kind ORDER BY provider, biller_id, kind
"""  # noqa: S608 - our own text
COVERED = """
    SELECT provider, biller_id FROM statement_day WHERE agency = $1 AND day = $2 ORDER BY provider, biller_id
"""
BILLERS = """
    WITH RECURSIVE biller AS (
        SELECT min(biller_id) AS id FROM invoice WHERE agency = $1
        UNION ALL
        SELECT (SELECT min(biller_id) FROM invoice WHERE agency = $1 AND biller_id > biller.id)
        FROM biller WHERE biller.id IS NOT NULL
    )
    SELECT id FROM biller WHERE id IS NOT NULL
"""
"""One look at the index for each."""


async def billers(session: AsyncSession, agency: str) -> set[str]:
    """The billers under which an agency has ever billed."""
    return {row["id"] for row in await fetch(session, BILLERS, agency)}


async def compared(session: AsyncSession, agency: str, day: date) -> list[dict[str, Any]]:
    """The parity of a day: for each biller at each provider counts and sums by kind, in satang.

    ``matched`` and the differences together are all that the bank, and all that the books, have of the day.
    """
    sums: dict[tuple[str, str], list[asyncpg.Record]] = {}
    for row in await fetch(session, SUMMED, agency, day, day):
        sums.setdefault((row["provider"], row["biller_id"]), []).append(row)
    covered = {(row["provider"], row["biller_id"]) for row in await fetch(session, COVERED, agency, day)}
    return [
        _biller(provider, biller, sums.get((provider, biller), []), (provider, biller) in covered)
        for provider, biller in sorted(sums.keys() | covered)
    ]


def _biller(provider: str, biller: str, rows: Sequence[asyncpg.Record], is_covered: bool) -> dict[str, Any]:
    kinds = {
        row["kind"]: {"count": row["count"], "bank_satang": row["bank"], "books_satang": row["books"]} for row in rows
    }
    return {
        "provider": provider, "biller_id": biller, "is_covered": is_covered,
        "bank_satang": sum(row["bank"] for row in rows), "books_satang": sum(row["books"] for row in rows),
        "kinds": {kind.value: kinds[kind] for kind in Kind if kind in kinds},
    }  # fmt: skip


def differences(parity: Sequence[dict[str, Any]]) -> int:
    """How many transactions of a parity are not alike."""
    return sum(biller["kinds"][kind]["count"] for biller in parity for kind in DIFFERENCES if kind in biller["kinds"])


async def uncovered(session: AsyncSession, agency: str, day: date, parity: Sequence[dict[str, Any]]) -> list[str]:
    """The billers of which no statement has told the whole day: those of the agency and those of its payments."""
    covered = await fetch(session, COVERED, agency, day)
    missing = await billers(session, agency) - {row["biller_id"] for row in covered}
    return sorted(missing | {each["biller_id"] for each in parity if not each["is_covered"]})
