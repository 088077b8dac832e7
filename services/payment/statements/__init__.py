"""Formats of banks' statements: each is a module that reads one (docs/statements.md). Pure, and slow for long files."""

from collections.abc import Callable
from typing import Literal

from services.payment.domain import Told
from services.payment.statements import camt053, table

Provider = Literal["scb"]
"""Whose statements are taken. The name is that of the payments: under another one each would count once more."""
READERS: dict[str, Callable[[bytes], Told]] = {
    "text/csv": table.read,
    "application/xml": camt053.read,
    "text/xml": camt053.read,
}
"""By media type."""

__all__ = ["READERS", "Provider"]
