"""A statement as a table: CSV (RFC 4180), UTF-8, one header line, then one line for each transaction received."""

import csv
import io

from kit.contracts.text import Text
from services.payment.domain import MOST_LINES, StatementTooLong, Told, ToldLine, fault, once, refuse
from services.payment.statements.fields import line_of

COLUMNS = ("value_at", "biller_id", "reference1", "reference2", "amount", "transaction_id", "channel")

HEADER = Text(th=f"หัวตารางต้องเป็น {','.join(COLUMNS)}", en=f"the header is {','.join(COLUMNS)}")
FIELDS = Text(th="จำนวนช่องไม่ตรงกับหัวตาราง", en="not as many fields as the header")


def read(content: bytes) -> Told:
    """The transactions of a file. StatementWrong naming the lines, StatementTooLong."""
    lines: list[ToldLine] = []
    faults = []
    rows = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        if tuple(next(rows, ())) != COLUMNS:
            refuse(
                [fault(1, "", Text(th=f"หัวตารางต้องเป็น {','.join(COLUMNS)}", en=f"the header is {','.join(COLUMNS)}"))]
            )
        for row in rows:
            if len(lines) >= MOST_LINES:
                raise StatementTooLong(most=MOST_LINES)
            number = rows.line_num
            if len(row) != len(COLUMNS):
                faults.append(
                    fault(number, "", Text(th="จำนวนช่องไม่ตรงกับหัวตาราง", en="not as many fields as the header"))
                )
                continue
            line, wrong = line_of(number, dict(zip(COLUMNS, row, strict=True)))
            faults += wrong
            if line is not None:
                lines.append(line)
    except csv.Error:
        faults.append(fault(rows.line_num, "", Text(th="ไม่ใช่ CSV ที่ถูกต้อง", en="no well-formed CSV")))
    refuse(faults)
    return Told(once(lines))


def _text(content: bytes) -> str:
    """The file's text; StatementWrong names the line that is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = content.count(b"\n", 0, broken.start) + 1
        refuse([fault(line, "", Text(th="ไม่ใช่ UTF-8", en="no UTF-8"))])
        raise
