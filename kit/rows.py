"""What is done often: statements sent as they stand, and one row written unless it stands already."""

from functools import cache
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.database import DRIVER


async def fetch(session: AsyncSession, query: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run a statement by the driver itself, in the session's transaction: a third of its cost by way of the ORM.

    ``$1`` and on stand for the arguments. What the session holds and has not flushed is not seen. JSON columns come
    decoded, and are given as text.
    """
    driver: asyncpg.Connection = session.info[DRIVER]
    found: list[asyncpg.Record] = await driver.fetch(query, *arguments)
    return found


async def put(session: AsyncSession, row: SQLModel, *unless: str) -> bool:
    """Insert the row unless one stands with the same values in these unique columns; whether it was written.

    Without columns any unique constraint counts. The row does not join the session. The statement is made once for
    a table and knows nothing of the ORM, which would make it anew, column by column, at each call.
    """
    statement, names = _statement(type(row), unless)
    written = await session.execute(statement, {name: getattr(row, name) for name in names})
    return written.first() is not None


@cache
def _statement(model: type[SQLModel], unless: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    table = model.__table__  # type: ignore[attr-defined]
    keeping = insert(table).on_conflict_do_nothing(index_elements=list(unless) or None)
    return keeping.returning(*table.primary_key), tuple(column.key for column in table.columns)
