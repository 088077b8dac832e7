"""The gateway's own book in SQLite: charges, refunds, and every webhook with its answer. Money is satang."""

import json
import secrets
import sqlite3
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS charge (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    description TEXT NOT NULL, return_uri TEXT NOT NULL, metadata TEXT NOT NULL, state TEXT NOT NULL,
    created_at TEXT NOT NULL, expires_at TEXT NOT NULL, paid_at TEXT, visible_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS refund (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, charge TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0)
) STRICT;
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY, charge TEXT NOT NULL, attempt INTEGER NOT NULL, accepted INTEGER NOT NULL,
    answer TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True)
class Charge:
    """One charge; times are ISO 8601. What has become of it is seen from `visible_at` on."""

    id: str
    key: str
    amount: int
    currency: str
    description: str
    return_uri: str
    metadata: str
    state: str
    created_at: str
    expires_at: str
    paid_at: str | None = None
    visible_at: str | None = None

    def seen(self, now: datetime) -> "Charge":
        """The charge as who retrieves it sees it."""
        if self.visible_at is not None and now < datetime.fromisoformat(self.visible_at):
            return replace(self, state="pending", paid_at=None)
        if self.state == "pending" and now >= datetime.fromisoformat(self.expires_at):
            return replace(self, state="expired")
        return self

    def body(self, page: str) -> dict[str, Any]:
        """As the gateway's interfaces write it."""
        return {
            "object": "charge", "id": self.id, "status": self.state, "amount": self.amount, "currency": self.currency,
            "description": self.description, "metadata": json.loads(self.metadata),
            "authorize_uri": f"{page}/{self.id}", "return_uri": self.return_uri, "created_at": self.created_at,
            "expires_at": self.expires_at, "paid_at": self.paid_at,
        }  # fmt: skip


class Book:
    """The book; `path` is a file or `:memory:`. Survives a restart of the gateway."""

    def __init__(self, path: Path | str) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def order(self, charge: Charge) -> Charge:
        """Take an order; the charge of its key if there is one."""
        self._db.execute(
            "INSERT INTO charge VALUES (:id, :key, :amount, :currency, :description, :return_uri, :metadata, :state,"
            " :created_at, :expires_at, :paid_at, :visible_at) ON CONFLICT (key) DO NOTHING",
            asdict(charge),
        )
        row = self._db.execute("SELECT * FROM charge WHERE key = ?", (charge.key,)).fetchone()
        return Charge(**dict(row))

    def charge(self, charge_id: str) -> Charge | None:
        """One charge as it is."""
        row = self._db.execute("SELECT * FROM charge WHERE id = ?", (charge_id,)).fetchone()
        return Charge(**dict(row)) if row else None

    def end(self, charge: Charge) -> None:
        """Write what has become of a charge."""
        self._db.execute(
            "UPDATE charge SET state = :state, amount = :amount, paid_at = :paid_at, visible_at = :visible_at"
            " WHERE id = :id",
            asdict(charge),
        )

    def refund(self, charge: Charge, key: str, amount: int) -> str | None:
        """Pay back a part, once for its key: its reference; None where so much was not paid."""
        known = self._db.execute("SELECT id FROM refund WHERE key = ?", (key,)).fetchone()
        if known:
            return str(known["id"])
        gone = self._db.execute("SELECT coalesce(sum(amount), 0) FROM refund WHERE charge = ?", (charge.id,))
        if charge.state != "successful" or gone.fetchone()[0] + amount > charge.amount:
            return None
        reference = f"rfnd_{secrets.token_hex(8)}"
        self._db.execute("INSERT INTO refund VALUES (?, ?, ?, ?)", (reference, key, charge.id, amount))
        return reference

    def note(self, charge: Charge, attempt: int, accepted: bool, answer: str) -> None:
        """Remember one webhook and what came of it."""
        self._db.execute(
            "INSERT INTO webhook (charge, attempt, accepted, answer) VALUES (?, ?, ?, ?)",
            (charge.id, attempt, accepted, answer),
        )

    def show(self) -> dict[str, list[dict[str, Any]]]:
        """Everything, in order of entry."""
        tables = {"charges": "charge", "refunds": "refund", "webhooks": "webhook"}
        return {
            name: [dict(row) for row in self._db.execute(f"SELECT * FROM {table} ORDER BY rowid")]  # noqa: S608
            for name, table in tables.items()
        }
