"""Every difference between a bank's statement and the books is a row that somebody must see to."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.rows import fetch
from services.payment import domain
from services.payment.commands import books
from services.payment.domain import DIFFERENCES, Booking, DiscrepancyAct, DiscrepancyState, Kind, Resolution
from services.payment.queries.parity import PAIRS

HOLD = "SELECT pg_advisory_xact_lock(45069, hashtext($1))"
"""One at a time takes in statements, resolves differences and closes days of an agency."""
FOUND = f"""{PAIRS}
    SELECT pair.*, known.id AS known_id, known.kind AS known_kind, known.bank AS known_bank, known.books AS known_books,
        known.payment_id AS known_payment
    FROM pair LEFT JOIN discrepancy AS known USING (provider, transaction_id)
    WHERE pair.kind = ANY($4::text[]) AND (pair.kind <> 'only-books' OR EXISTS (
        SELECT FROM statement_day AS told WHERE told.agency = $1 AND told.provider = pair.provider
        AND told.biller_id = pair.biller_id AND told.day = pair.day
    ))
    ORDER BY provider, transaction_id
"""  # noqa: S608 - our own text
"""What is only in the books is a difference once the bank has told its whole day."""
ADD = """
    INSERT INTO discrepancy
        (id, agency, provider, biller_id, transaction_id, day, kind, line_id, payment_id, bank, books, state, opened_at)
    SELECT id, $1::text, provider, biller_id, transaction_id, day, kind, line_id, payment_id, bank, books, $2::text,
        $3::timestamptz
    FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::date[], $9::text[], $10::uuid[], $11::uuid[],
        $12::bigint[], $13::bigint[])
        AS each (id, provider, biller_id, transaction_id, day, kind, line_id, payment_id, bank, books)
"""
CHANGE = """
    UPDATE discrepancy SET kind = $2, line_id = $3, payment_id = $4, bank = $5, books = $6, state = $7, day = $8,
        resolution = NULL, proposed_by = NULL, resolved_by = NULL, resolved_at = NULL
    WHERE id = $1
"""
END = """
    UPDATE discrepancy AS known
    SET state = $2, resolution = $3, resolved_at = $4, proposed_by = NULL, resolved_by = NULL,
        line_id = line.id, payment_id = payment.id, bank = line.amount, books = line.amount
    FROM statement_line AS line
    JOIN payment ON payment.provider = line.provider AND payment.transaction_id = line.transaction_id
    JOIN invoice AS bill ON bill.biller_id = line.biller_id AND bill.reference1 = line.reference1
    WHERE known.agency = $1 AND known.state = ANY($5::text[]) AND known.provider = line.provider
        AND known.transaction_id = line.transaction_id AND line.agency = known.agency
        AND payment.verified_at IS NOT NULL AND payment.invoice_id = bill.id
        AND payment.amount + known.adjusted = line.amount
    RETURNING known.id
"""
NOTE = """
    INSERT INTO discrepancy_act (id, discrepancy_id, at, act, resolution)
    SELECT id, discrepancy, $1::timestamptz, act, resolution
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS each (id, discrepancy, act, resolution)
"""


async def hold(session: AsyncSession, agency: str) -> None:
    """Wait until nobody else reconciles for the agency."""
    await fetch(session, HOLD, agency)


async def compare(session: AsyncSession, agency: str, first: date, last: date) -> None:
    """Compare the days and write down what differs, what differs in another way than before, and what no more does.

    Who calls holds the agency. Doing it again changes nothing.
    """
    acts: list[tuple[UUID, DiscrepancyAct, Resolution | None]]
    acts = [(each, DiscrepancyAct.RESOLVED, Resolution.MATCHED) for each in await _end(session, agency)]
    found = await fetch(session, FOUND, agency, first, last, list(DIFFERENCES))
    if new := [row for row in found if row["known_id"] is None]:
        acts += [(each, DiscrepancyAct.FOUND, None) for each in await _add(session, agency, new)]
    for row in found:
        if row["known_id"] is not None and _has_changed(row):
            await _change(session, agency, row)
            acts.append((row["known_id"], DiscrepancyAct.CHANGED, None))
    if acts:
        await fetch(session, NOTE, clock.now(), [uuid7() for _ in acts], *map(list, zip(*acts, strict=True)))


def _has_changed(row: asyncpg.Record) -> bool:
    names = ("kind", "bank", "books")
    return any(row[name] != row[f"known_{name}"] for name in names) or row["payment_id"] != row["known_payment"]


async def _end(session: AsyncSession, agency: str) -> list[UUID]:
    unresolved = [DiscrepancyState.OPEN, DiscrepancyState.PROPOSED]
    ended = await fetch(session, END, agency, DiscrepancyState.RESOLVED, Resolution.MATCHED, clock.now(), unresolved)
    return [row["id"] for row in ended]


async def _add(session: AsyncSession, agency: str, rows: Sequence[asyncpg.Record]) -> list[UUID]:
    ids = [uuid7() for _ in rows]
    names = ("provider", "biller_id", "transaction_id", "day", "kind", "line_id", "payment_id", "bank", "books")
    columns: list[list[Any]] = [[row[name] for row in rows] for name in names]
    await fetch(session, ADD, agency, DiscrepancyState.OPEN, clock.now(), ids, *columns)
    return ids


async def _change(session: AsyncSession, agency: str, row: asyncpg.Record) -> None:
    """What is known now is another difference: it is open again, whatever was proposed or resolved."""
    await fetch(
        session, CHANGE, row["known_id"], row["kind"], row["line_id"], row["payment_id"], row["bank"], row["books"],
        DiscrepancyState.OPEN, row["day"],
    )  # fmt: skip
    was_suspended = row["known_kind"] == Kind.REFERENCE and row["known_payment"] is None
    if was_suspended and row["payment_id"] is not None:
        # The bank's inquiry has told of it as well, so that it is booked twice.
        await unsuspend(session, agency, row["line_id"], row["biller_id"], row["payment_id"])


async def unsuspend(session: AsyncSession, agency: str, line: UUID, biller: str, payment: UUID | None) -> int:
    """Take what a line has in suspense out of it, back against the bank: how many satang it was."""
    query = "SELECT coalesce(-sum(amount), 0)::bigint AS held FROM ledgerentry WHERE line_id = $1 AND account = $2"
    held: int = (await fetch(session, query, line, domain.SUSPENSE))[0]["held"]
    if held:
        booking = Booking(domain.unsuspend_booking(held), None, payment, line, agency, biller)
        await books.book(session, [booking], clock.now())
    return held
