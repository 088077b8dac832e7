"""What differs between bank and books, as cashiers see it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.cursors import cursor_of, read_cursor
from services.payment import domain
from services.payment.domain import Difference, DiscrepancyState, Kind
from services.payment.models import Discrepancy, DiscrepancyAct, Payment, RefundAct, StatementLine

Shown = tuple[Discrepancy, StatementLine | None, Payment | None]


async def page(
    session: AsyncSession, agency: str, state: DiscrepancyState, day: date | None, cursor: str | None, limit: int
) -> tuple[Sequence[Shown], str | None]:
    """A page of an agency's discrepancies in one state, the oldest first, and the cursor of the next page."""
    order = (col(Discrepancy.opened_at), col(Discrepancy.id))
    query = _shown().where(Discrepancy.agency == agency, Discrepancy.state == state)
    if day is not None:
        query = query.where(Discrepancy.day == day)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*read_cursor(cursor)))
    found = list(await session.exec(query.order_by(*order).limit(limit + 1)))
    following = cursor_of(found[limit - 1][0].opened_at, found[limit - 1][0].id) if len(found) > limit else None
    return found[:limit], following


async def one(session: AsyncSession, discrepancy_id: UUID, agency: str) -> tuple[Shown, Sequence[DiscrepancyAct]]:
    """A discrepancy of the agency with every act on it, oldest first; DiscrepancyNotFound for any other."""
    query = _shown().where(Discrepancy.id == discrepancy_id, Discrepancy.agency == agency)
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise domain.DiscrepancyNotFound
    acts = select(DiscrepancyAct).where(DiscrepancyAct.discrepancy_id == discrepancy_id)
    return found, (await session.exec(acts.order_by(col(DiscrepancyAct.at), col(DiscrepancyAct.id)))).all()


def _shown() -> Any:
    return (
        select(Discrepancy, StatementLine, Payment)
        .outerjoin(StatementLine, col(StatementLine.id) == col(Discrepancy.line_id))
        .outerjoin(Payment, col(Payment.id) == col(Discrepancy.payment_id))
    )


async def held(session: AsyncSession, discrepancy_id: UUID, agency: str) -> Discrepancy:
    """A discrepancy of the agency, locked; DiscrepancyNotFound for any other."""
    query = select(Discrepancy).where(Discrepancy.id == discrepancy_id, Discrepancy.agency == agency)
    found = (await session.exec(query.with_for_update().execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise domain.DiscrepancyNotFound
    return found


def difference(row: Discrepancy) -> Difference:
    """How far it has come."""
    return Difference(
        Kind(row.kind), row.bank, row.books, row.payment_id is not None, DiscrepancyState(row.state), row.proposed_by
    )


async def is_reference_used(session: AsyncSession, agency: str, reference: str) -> bool:
    """Whether a bank's reference of a payout stands for another already."""
    refunded = select(RefundAct.id).where(
        RefundAct.act == domain.RefundAct.PAID, RefundAct.agency == agency, RefundAct.reference == reference
    )
    returned = select(Discrepancy.id).where(
        Discrepancy.agency == agency, Discrepancy.reference == reference,
        Discrepancy.state == DiscrepancyState.RESOLVED, Discrepancy.resolution == domain.Resolution.RETURN,
    )  # fmt: skip
    return any([(await session.exec(query)).first() for query in (refunded, returned)])
