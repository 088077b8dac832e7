"""A bank's statement is taken in: each transaction once, whatever files it stands in, or nothing of the file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit.clock import clock, local_date
from kit.contracts.text import Text
from kit.rows import fetch
from services.payment import domain, queries
from services.payment.commands import books, comparing
from services.payment.domain import Booking, Told, ToldLine
from services.payment.models import Statement

BILLS = """
    SELECT invoice.biller_id, reference1, agency, removed_on FROM invoice
    JOIN unnest($1::text[], $2::text[]) AS each (biller, reference)
        ON invoice.biller_id = each.biller AND reference1 = each.reference
"""
KEEP = """
    INSERT INTO statement_line (id, statement_id, agency, provider, biller_id, transaction_id, reference1, reference2,
        channel, amount, value_at, day)
    SELECT id, $1::uuid, $2::text, $3::text, biller_id, transaction_id, reference1, reference2, channel, amount,
        value_at, day
    FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[],
        $11::timestamptz[], $12::date[])
        AS each (id, biller_id, transaction_id, reference1, reference2, channel, amount, value_at, day)
    ORDER BY transaction_id
    ON CONFLICT (provider, transaction_id) DO NOTHING
    RETURNING id, transaction_id
"""
KEPT = """
    SELECT transaction_id, agency, biller_id, reference1, amount FROM statement_line
    WHERE provider = $1 AND transaction_id = ANY($2::text[]) AND removed_on IS NULL
"""
"""Of what is not kept any more the reference may be gone."""
VERIFIED = """
    SELECT transaction_id FROM payment JOIN invoice ON invoice.id = payment.invoice_id
    WHERE provider = $1 AND transaction_id = ANY($2::text[]) AND verified_at IS NOT NULL AND invoice.agency = $3
"""
COVER = """
    INSERT INTO statement_day (agency, provider, biller_id, day, statement_id)
    SELECT $1, $2, biller, day, $3 FROM unnest($4::text[]) AS biller CROSS JOIN unnest($5::date[]) AS day
    ON CONFLICT DO NOTHING
"""
NOT_OURS = Text(th="หน่วยงานนี้ไม่มีรหัสผู้เรียกเก็บเงินนี้", en="the agency bills nobody under this biller id")
CONTRADICTS = Text(th="ต่างจากรายการเดินบัญชีที่นำเข้าแล้ว", en="differs from a statement that was taken in")


@dataclass(frozen=True)
class File:
    """A statement as it was read; whoever sends it says the days and the biller, where the file leaves them out."""

    provider: str
    content: bytes
    told: Told
    first: date | None = None
    last: date | None = None
    biller: str | None = None

    @property
    def digest(self) -> str:
        """By which the same file is known again."""
        said = f"{self.provider}\n{self.first}\n{self.last}\n{self.biller}\n".encode()
        return hashlib.sha256(said + self.content).hexdigest()

    @property
    def days(self) -> list[date]:
        """The days that it is of. PeriodWrong, StatementTooLong."""
        known = {local_date(line.value_at) for line in self.told.lines}
        return domain.period(self.told, self.first, self.last, local_date(clock.now()), known)

    @property
    def billers(self) -> set[str]:
        """Of whose accounts it tells."""
        return (
            {line.biller_id for line in self.told.lines} | self.told.billers | ({self.biller} if self.biller else set())
        )


async def import_statement(
    session: AsyncSession, agency: str, file: File, officer: UUID | None
) -> tuple[Statement, bool]:
    """Take a statement in, and whether it is new; what it tells is compared, and each difference written down.

    Lines of other agencies at a shared biller are passed over. Money that came in under a reference that is no
    invoice's is booked as suspense. A file that comes again changes nothing, save that a day may be over by now.
    StatementWrong, StatementContradicts, PeriodWrong, StatementTooLong: then nothing is stored.
    """
    days = file.days
    await comparing.hold(session, agency)
    query = select(Statement).where(Statement.agency == agency, Statement.digest == file.digest)
    statement = (await session.exec(query)).one_or_none()
    is_new = statement is None
    if statement is None:
        statement = await _take_in(session, agency, file, days, officer)
    over = [day for day in days if day < local_date(clock.now())]
    await fetch(session, COVER, agency, file.provider, statement.id, sorted(file.billers), over)
    await comparing.compare(session, agency, days[0], max(days[-1], await _last_day(session, agency)))
    return statement, is_new


async def _last_day(session: AsyncSession, agency: str) -> date:
    """The day on which lines of closed days count."""
    last = await queries.days.last_closed(session, agency)
    return date.fromordinal(last.day.toordinal() + 1) if last else date.min


async def _take_in(
    session: AsyncSession, agency: str, file: File, days: Sequence[date], officer: UUID | None
) -> Statement:
    lines, billed = await _own(session, agency, file)
    statement = Statement(
        agency=agency, provider=file.provider, digest=file.digest, first_day=days[0], last_day=days[-1],
        lines=len(lines), new_lines=0, imported_by=officer, imported_at=clock.now(),
    )  # fmt: skip
    session.add(statement)
    await session.flush()
    new = await _keep(session, statement, lines)
    statement.new_lines = len(new)
    await _suspend(session, statement, [line for line in lines if not billed[line.transaction_id]], new)
    return statement


async def _own(session: AsyncSession, agency: str, file: File) -> tuple[list[ToldLine], Mapping[str, bool]]:
    """The lines of the agency, and by transaction whether they pay a bill that is kept.

    StatementWrong: an unknown biller.
    """
    known = await queries.parity.billers(session, agency)
    lines = file.told.lines
    faults = [domain.fault(line.number, "biller_id", NOT_OURS) for line in lines if line.biller_id not in known]
    if not faults and not file.billers <= known:
        faults = [domain.fault(1, "biller_id", NOT_OURS)]
    domain.refuse(faults)
    found = await fetch(session, BILLS, [line.biller_id for line in lines], [line.reference1 for line in lines])
    bills = {(row["biller_id"], row["reference1"]): (row["agency"], row["removed_on"] is None) for row in found}
    # By transaction: several may stand in one line of a document.
    whose = {line.transaction_id: bills.get((line.biller_id, line.reference1), (agency, False)) for line in lines}
    mine = [line for line in lines if whose[line.transaction_id][0] == agency]
    return mine, {line.transaction_id: whose[line.transaction_id][1] for line in mine}


async def _keep(session: AsyncSession, statement: Statement, lines: Sequence[ToldLine]) -> dict[str, UUID]:
    """Write down what no statement has told before: ids of lines by transaction. StatementContradicts."""
    first_open = await _last_day(session, statement.agency)
    days = [max(local_date(line.value_at), first_open) for line in lines]
    new = await fetch(
        session, KEEP, statement.id, statement.agency, statement.provider, [uuid7() for _ in lines],
        [line.biller_id for line in lines], [line.transaction_id for line in lines],
        [line.reference1 for line in lines], [line.reference2 for line in lines], [line.channel for line in lines],
        [line.amount for line in lines], [line.value_at for line in lines], days,
    )  # fmt: skip
    told = {line.transaction_id: line for line in lines}
    faults = []
    for row in await fetch(session, KEPT, statement.provider, list(told)):
        line = told[row["transaction_id"]]
        content = (row["biller_id"], row["reference1"], row["amount"])
        if row["agency"] == statement.agency and content != line.content:
            faults.append(domain.fault(line.number, "", CONTRADICTS))
    if faults:
        raise domain.StatementContradicts(errors=faults[: domain.MOST_FAULTS], faults=len(faults))
    return {row["transaction_id"]: row["id"] for row in new}


async def _suspend(
    session: AsyncSession, statement: Statement, unbilled: Sequence[ToldLine], new: Mapping[str, UUID]
) -> None:
    """Book what came in under a reference that is no invoice's, unless the bank's inquiry has said more of it."""
    fresh = [line for line in unbilled if line.transaction_id in new]
    ids = [line.transaction_id for line in fresh]
    known = {row["transaction_id"] for row in await fetch(session, VERIFIED, statement.provider, ids, statement.agency)}
    bookings = [
        Booking(
            domain.suspense_booking(line.amount), None, line=new[line.transaction_id], agency=statement.agency,
            biller=line.biller_id,
        )
        for line in fresh if line.transaction_id not in known
    ]  # fmt: skip
    if bookings:
        await books.book(session, bookings, clock.now())
