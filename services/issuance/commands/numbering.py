"""Numbers are given: the next of each series, without gaps, with the days and the token of the document."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock, local_date
from kit.rows import fetch
from services.issuance import domain, queries
from services.issuance.domain import NumberState, State
from services.issuance.models import Document

SERIES = """
    INSERT INTO series (agency, series, year, last)
    SELECT agency, series, $1::int, wanted
    FROM unnest($2::text[], $3::text[], $4::int[]) AS each (agency, series, wanted)
    ORDER BY agency, series
    ON CONFLICT (agency, series, year) DO UPDATE SET last = series.last + excluded.last
    RETURNING agency, series, last
"""
"""The next numbers of some series; the locked rows, taken in one order, make them gapless."""
NUMBER = """
    WITH numbered AS (
        UPDATE document
        SET state = $1, numbered_at = $2, issued_on = $3, year = $4,
            running = each.running, valid_until = each.valid_until, token = each.token
        FROM unnest($5::uuid[], $6::int[], $7::date[], $8::text[]) AS each (id, running, valid_until, token)
        WHERE document.id = each.id
        RETURNING document.id, document.agency, document.series, document.year, document.running
    )
    INSERT INTO number (agency, series, year, running, document_id, state, given_at)
    SELECT agency, series, year, running, id, $9::text, $2 FROM numbered
"""


@dataclass(frozen=True)
class Wanted:
    """What a document is to get besides its number."""

    months: int | None
    """How long it holds; None for one without end."""
    token: str

    def valid_until(self, today: date) -> date | None:
        """The last day of a document that is issued today."""
        return domain.last_valid_day(today, self.months)


async def give_numbers(session: AsyncSession, wanted: Mapping[UUID, Wanted]) -> Sequence[Document]:
    """Give documents the next numbers of their series, their days and tokens, once: all of them as they stand then.

    All documents are locked in one order before the first series: two that give numbers wait for each other, never in
    a ring.
    """
    documents = await queries.documents(session, wanted, lock=True)
    if new := [each for each in documents if each.state == State.REQUESTED]:
        await number_documents(session, new, wanted, clock.now())
    return documents


async def number_documents(
    session: AsyncSession, documents: Sequence[Document], wanted: Mapping[UUID, Wanted], now: datetime
) -> None:
    """Give the next numbers to documents that are locked and have none."""
    today = local_date(now)
    year = domain.buddhist_year(today)
    counts = Counter((each.agency, each.series) for each in documents)
    names = [list(each) for each in zip(*counts, strict=True)]
    given = await fetch(session, SERIES, year, *names, list(counts.values()))
    free = {(agency, name): iter(range(last - counts[agency, name] + 1, last + 1)) for agency, name, last in given}
    for each in documents:
        each.state, each.numbered_at, each.issued_on = State.ISSUING, now, today
        each.year, each.running = year, next(free[each.agency, each.series])
        each.valid_until, each.token = wanted[each.id].valid_until(today), wanted[each.id].token
    await fetch(
        session, NUMBER, State.ISSUING, now, today, year, [each.id for each in documents],
        [each.running for each in documents], [each.valid_until for each in documents],
        [each.token for each in documents], NumberState.GIVEN,
    )  # fmt: skip
