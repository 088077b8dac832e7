"""What the fields of a statement's line may be, in whatever format it comes."""

import re
from collections.abc import Mapping
from datetime import datetime

from kit.contracts.text import Text
from kit.errors import FieldError
from services.payment.domain import ToldLine, fault

WORDS = {
    "transaction_id": r"[!-~]{1,64}",
    "biller_id": r"[0-9A-Za-z]{1,20}",
    "reference1": r"[ -~]{0,35}",
    "reference2": r"[ -~]{0,35}",
    "channel": r"[ -~]{0,20}",
    "amount": r"[0-9]{1,11}\.[0-9]{2}",
    "value_at": r"[0-9T:.+-]{10,32}",
}
"""Texts as they must stand; the amount is baht with two decimals, whatever the currency's sign elsewhere."""
SAID = {
    "amount": Text(th="จำนวนเงินเป็นบาท มากกว่าศูนย์ ทศนิยมสองตำแหน่ง", en="baht, more than nothing, with two decimals"),
    "value_at": Text(
        th="วันเวลาตาม ISO 8601 พร้อมเขตเวลา ปี ค.ศ. 2000 ถึง 2199", en="ISO 8601 with its zone, a year from 2000 to 2199"
    ),
}
OTHERWISE = Text(th="ขาดหาย ยาวเกินไป หรือมีอักขระที่ใช้ไม่ได้", en="missing, too long, or with characters that cannot be used")
YEARS = range(2000, 2200)
"""Near the ends of what a time can be another zone is out of range."""


def line_of(number: int, row: Mapping[str, str]) -> tuple[ToldLine | None, list[FieldError]]:
    """A line out of its texts, or its faults."""
    wrong = [name for name, shape in WORDS.items() if not re.fullmatch(shape, row.get(name, ""))]
    amount = 0 if "amount" in wrong else int(row["amount"].replace(".", ""))
    value_at = None if "value_at" in wrong else moment(row["value_at"])
    wrong += [name for name, is_so in (("amount", not amount), ("value_at", value_at is None)) if is_so]
    if wrong or value_at is None:
        return None, [fault(number, name, SAID.get(name, OTHERWISE)) for name in dict.fromkeys(wrong)]
    texts = {name: row[name] for name in WORDS if name not in ("amount", "value_at")}
    return ToldLine(number=number, amount=amount, value_at=value_at, **texts), []


def moment(text: str) -> datetime | None:
    """A time with its zone; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and at.year in YEARS else None
