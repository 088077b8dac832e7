"""Writing columns of a row that is locked."""

import json
from functools import cache
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.rows import fetch
from services.request.models import Application, Correction


async def change(session: AsyncSession, application: Application, **values: Any) -> None:
    """Write these columns of an application that is locked, and its next revision; the copy in hand follows."""
    await write(session, application, revision=application.revision + 1, **values)


async def write(session: AsyncSession, row: Application | Correction, **values: Any) -> None:
    """Write these columns of a row; the copy in hand follows."""
    written = [json.dumps(value) if isinstance(value, dict | list) else value for value in values.values()]
    await fetch(session, _update(str(row.__tablename__), tuple(values)), row.id, *written)
    for name, value in values.items():
        setattr(row, name, value)


@cache
def _update(table: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 2))
    return f"UPDATE {table} SET {columns} WHERE id = $1"  # noqa: S608 - the names are ours
