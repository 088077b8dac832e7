"""What a bank's statement says, and what can be wrong with one. Pure; money is integer satang."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, TooLarge, Unprocessable

MOST_LINES = 100_000
MOST_DAYS = 92
MOST_FAULTS = 20
"""So many are named; whoever sends rubbish needs no more."""


@dataclass(frozen=True)
class ToldLine:
    """One transaction as a statement has it; ``number`` is its line in the file, from 1."""

    number: int
    transaction_id: str
    biller_id: str
    reference1: str
    reference2: str
    channel: str
    amount: int
    value_at: datetime

    @property
    def content(self) -> tuple[object, ...]:
        """What two statements must say alike of one transaction; their times may be more or less exact."""
        return self.biller_id, self.reference1, self.amount


@dataclass(frozen=True)
class Told:
    """A whole file: its transactions, each once, and the period that the file itself says it is of."""

    lines: Sequence[ToldLine]
    first_day: date | None = None
    last_day: date | None = None
    billers: frozenset[str] = frozenset()
    """Whose account it is, also where nothing came in."""


class StatementWrong(Unprocessable):
    """Lines that are no transactions of a statement; each fault names the line and column. Nothing is stored."""

    code = "statement-wrong"
    title = Text(
        th="รายการเดินบัญชีไม่ถูกต้อง ไม่มีรายการใดถูกบันทึก", en="The statement has wrong lines; nothing of it is stored"
    )


class StatementTooLong(TooLarge):
    """More transactions or days than one file may have."""

    code = "statement-too-long"
    title = Text(th="รายการเดินบัญชียาวเกินกำหนด โปรดแบ่งเป็นหลายไฟล์", en="The statement is too long; split it")


class StatementContradicts(Conflict):
    """A statement that was taken in says something else of these transactions. Nothing is stored."""

    code = "statement-contradicts"
    title = Text(
        th="ข้อมูลขัดแย้งกับรายการเดินบัญชีที่นำเข้าแล้ว ไม่มีรายการใดถูกบันทึก",
        en="It contradicts a statement that was taken in before; nothing of it is stored",
    )


class PeriodWrong(Unprocessable):
    """The period has no end, is turned about, not over, or does not hold the file's transactions."""

    code = "period-wrong"
    title = Text(th="ช่วงวันที่ของรายการเดินบัญชีไม่ถูกต้อง", en="The period of the statement is wrong")


def fault(line: int, column: str, detail: Text) -> FieldError:
    """What is wrong in one line of a file; the value is not repeated."""
    return FieldError(f"/{line}/{column}" if column else f"/{line}", "statement-line-wrong", detail)


def once(lines: Sequence[ToldLine]) -> list[ToldLine]:
    """Each transaction once; StatementWrong where a file says two things of one."""
    seen: dict[str, ToldLine] = {}
    faults = []
    for line in lines:
        first = seen.setdefault(line.transaction_id, line)
        if first.content != line.content:
            th = f"ขัดแย้งกับบรรทัดที่ {first.number}"
            faults.append(fault(line.number, "transaction_id", Text(th=th, en=f"contradicts line {first.number}")))
    refuse(faults)
    return list(seen.values())


def refuse(faults: Sequence[FieldError]) -> None:
    """StatementWrong where there are faults."""
    if faults:
        raise StatementWrong(errors=faults[:MOST_FAULTS], faults=len(faults))


def period(told: Told, first: date | None, last: date | None, today: date, days: Collection[date]) -> list[date]:
    """The days that a file is of: as said, else as the file says, else from its first transaction to its last.

    ``days`` are those of its transactions. PeriodWrong, StatementTooLong.
    """
    begin = first or told.first_day or min(days, default=None)
    end = last or told.last_day or max(days, default=None)
    if begin is None or end is None or not begin <= end <= today:
        raise PeriodWrong
    if any(not begin <= day <= end for day in days):
        raise PeriodWrong
    if (end - begin).days >= MOST_DAYS:
        raise StatementTooLong(most_days=MOST_DAYS)
    return [begin + timedelta(days=each) for each in range((end - begin).days + 1)]
