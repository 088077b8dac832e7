"""Days of an agency's ledger: what stands in its accounts, and which days are closed."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.rows import fetch
from services.payment.models import DayClose

BALANCES = """
    SELECT account, biller_id, coalesce(sum(amount) FILTER (WHERE day < $3), 0)::bigint AS before,
        coalesce(sum(amount) FILTER (WHERE day = $3 AND amount > 0), 0)::bigint AS debit,
        coalesce(-sum(amount) FILTER (WHERE day = $3 AND amount < 0), 0)::bigint AS credit
    FROM ledger WHERE agency = $1 AND day > coalesce($2::date, '-infinity') AND day <= $3
    GROUP BY account, biller_id
"""
ENTRIES = """
    SELECT id, booking_id, invoice_id, payment_id, line_id, account, biller_id, amount, booked_at
    FROM ledger WHERE agency = $1 AND day = $2 ORDER BY id
"""
ACTIVE = """
    SELECT min(day) AS day FROM (
        (SELECT day FROM ledger WHERE agency = $1 AND day > $2 AND day < $3 ORDER BY day LIMIT 1)
        UNION ALL
        (SELECT day FROM statement_line WHERE agency = $1 AND day > $2 AND day < $3 ORDER BY day LIMIT 1)
    ) AS something
"""


async def last_closed(session: AsyncSession, agency: str, before: date | None = None) -> DayClose | None:
    """The last day that an agency has closed, or the last before a day."""
    query = select(DayClose).where(DayClose.agency == agency)
    if before is not None:
        query = query.where(col(DayClose.day) < before)
    return (await session.exec(query.order_by(col(DayClose.day).desc()).limit(1))).one_or_none()


async def closed(session: AsyncSession, agency: str, day: date) -> DayClose | None:
    """The closing of a day."""
    return (await session.exec(select(DayClose).where(DayClose.agency == agency, DayClose.day == day))).one_or_none()


async def first_open(session: AsyncSession, agency: str, after: date, before: date) -> date | None:
    """The first day between two that something was booked or told on: it is closed before the later one."""
    found: date | None = (await fetch(session, ACTIVE, agency, after, before))[0]["day"]
    return found


async def balances(session: AsyncSession, agency: str, day: date) -> list[dict[str, Any]]:
    """The trial balance of a day: every account in satang, debit positive, as it was before and is after the day.

    Reckoned from the last day closed before, so that what is closed is not read again.
    """
    base = await last_closed(session, agency, before=day)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for each in base.balances if base else []:
        found[each["account"], each["biller_id"] or ""] = {"before": each["closing_satang"], "debit": 0, "credit": 0}
    for row in await fetch(session, BALANCES, agency, base.day if base else None, day):
        known = found.setdefault((row["account"], row["biller_id"] or ""), {"before": 0, "debit": 0, "credit": 0})
        known["before"] += row["before"]
        known["debit"], known["credit"] = row["debit"], row["credit"]
    return [
        {
            "account": account, "biller_id": biller or None, "opening_satang": sums["before"],
            "debit_satang": sums["debit"], "credit_satang": sums["credit"],
            "closing_satang": sums["before"] + sums["debit"] - sums["credit"],
        }
        for (account, biller), sums in sorted(found.items())
    ]  # fmt: skip


async def entries(session: AsyncSession, agency: str, day: date) -> Sequence[asyncpg.Record]:
    """The entries of a day, in order."""
    return await fetch(session, ENTRIES, agency, day)


async def is_intact(session: AsyncSession, close: DayClose) -> bool:
    """Whether a closed day is still what was sealed: its entries, its sums, and the day before it in the chain."""
    before = await last_closed(session, close.agency, before=close.day)
    found = await entries(session, close.agency, close.day)
    content = (close.agency, close.day, found, close.balances, close.parity, before.digest if before else None)
    return (before.digest if before else None) == close.before and digest_of(*content) == close.digest


def digest_of(
    agency: str,
    day: date,
    rows: Sequence[asyncpg.Record],
    accounts: Sequence[dict[str, Any]],
    parity: Sequence[dict[str, Any]],
    before: str | None,
) -> str:
    """SHA-256 over what is sealed, as JSON with sorted keys."""
    entries = [[_plain(value) for value in row.values()] for row in rows]
    sealed = {
        "agency": agency, "day": day.isoformat(), "entries": entries, "balances": accounts, "parity": parity,
        "before": before,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(sealed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)
