"""The bank's own book in SQLite: payments, and every call to the biller with its answer. Money is satang."""

import secrets
import sqlite3
import time
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kit.clock import BANGKOK
from kit.local.doubles.bank.scan import Bill

_TABLES = """
CREATE TABLE IF NOT EXISTS payment (
    transaction_id TEXT PRIMARY KEY, biller TEXT NOT NULL, ref1 TEXT NOT NULL, ref2 TEXT NOT NULL,
    ref3 TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), paid_at TEXT NOT NULL, mode TEXT NOT NULL,
    visible_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, transaction_id TEXT NOT NULL, attempt INTEGER NOT NULL, sent_at TEXT NOT NULL,
    accepted INTEGER NOT NULL, answer TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True)
class Payment:
    """One payment as the bank knows it; `paid_at` is Bangkok time with its offset, ISO 8601."""

    transaction_id: str
    biller: str
    ref1: str
    ref2: str
    ref3: str
    amount: int
    paid_at: str
    mode: str

    @property
    def baht(self) -> str:
        """The amount as the bank's interfaces write it."""
        return f"{self.amount // 100}.{self.amount % 100:02d}"


def new_payment(bill: Bill, amount: int, at: datetime, mode: str) -> Payment:
    """Make a payment of `amount` on a bill at `at` (aware), with a new transaction id."""
    local = at.astimezone(BANGKOK)
    transaction_id = f"{local:%Y%m%d}{secrets.token_hex(8).upper()}"
    paid_at = local.isoformat(timespec="milliseconds")
    return Payment(transaction_id, bill.biller, bill.ref1, bill.ref2, bill.ref3, amount, paid_at, mode)


class Book:
    """The book; `path` is a file or `:memory:`. Survives a restart of the bank."""

    def __init__(self, path: Path | str) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, payment: Payment, visible_in: float) -> None:
        """Book a payment; inquiries see it after `visible_in` seconds."""
        row = asdict(payment) | {"visible_at": time.time() + visible_in}
        self._db.execute(
            "INSERT INTO payment VALUES (:transaction_id, :biller, :ref1, :ref2, :ref3, :amount, :paid_at,"
            " :mode, :visible_at)",
            row,
        )

    def find(
        self, biller: str, ref1: str, day: date, ref2: str | None = None, amount: int | None = None
    ) -> list[Payment]:
        """Visible payments on a biller's reference on one Bangkok day, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM payment WHERE biller = ? AND ref1 = ? AND substr(paid_at, 1, 10) = ?"
            " AND visible_at <= ? AND ref2 = coalesce(?, ref2) AND amount = coalesce(?, amount)"
            " ORDER BY paid_at, rowid",
            (biller, ref1, day.isoformat(), time.time(), ref2, amount),
        )
        return [_payment(row) for row in rows]

    def of_day(self, day: date, biller: str | None = None) -> list[Payment]:
        """Everything visible that was paid on one Bangkok day, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM payment WHERE substr(paid_at, 1, 10) = ? AND biller = coalesce(?, biller)"
            " AND visible_at <= ? ORDER BY paid_at, rowid",
            (day.isoformat(), biller, time.time()),
        )
        return [_payment(row) for row in rows]

    def note(self, payment: Payment, attempt: int, at: datetime, accepted: bool, answer: str) -> None:
        """Remember one call to the biller and what came of it."""
        self._db.execute(
            "INSERT INTO callback (transaction_id, attempt, sent_at, accepted, answer) VALUES (?, ?, ?, ?, ?)",
            (payment.transaction_id, attempt, at.isoformat(), accepted, answer),
        )

    def show(self) -> dict[str, list[dict[str, Any]]]:
        """Everything: payments (also those not yet visible) and calls, in order of entry."""
        payments = [dict(row) for row in self._db.execute("SELECT * FROM payment ORDER BY rowid")]
        calls = [dict(row) for row in self._db.execute("SELECT * FROM callback ORDER BY id")]
        return {
            "payments": [row | {"visible": row.pop("visible_at") <= time.time()} for row in payments],
            "callbacks": [row | {"accepted": bool(row["accepted"])} for row in calls],
        }


def _payment(row: sqlite3.Row) -> Payment:
    return Payment(**{key: row[key] for key in row.keys() if key != "visible_at"})  # noqa: SIM118 -- a Row
