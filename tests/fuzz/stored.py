"""What the databases and the file stores hold: whether a call changed it, and back to how it was.

Exact and cheap: while the server has given out no transaction id, nothing was written in any database of it. Once it
has, every table is compared by the row versions that are visible (place, version and content of each), so that an
update to the same values shows as well. Numbers drawn from a sequence are not compared: they roll back with nothing.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import asyncpg

NEXT_ID = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
COLUMNS = """SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'"""
CONTENT = """SELECT '{table}' AS name,
                    md5(coalesce(string_agg(concat(t.ctid, t.xmin, t::text), '|' ORDER BY t.ctid), '')) AS content
             FROM public."{table}" t"""

Content = dict[str, str]


class Stored:
    """One database and one folder of files."""

    def __init__(self, connection: asyncpg.Connection, tables: Mapping[str, str], folder: Path) -> None:
        self._connection = connection
        self._tables = tables
        self._folder = folder
        self._query = " UNION ALL ".join(CONTENT.format(table=table) for table in tables)

    @classmethod
    async def of(cls, url: str, folder: Path) -> Self:
        """What stands there now is kept aside, to come back to."""
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        tables = {row["tablename"]: "" for row in await connection.fetch(TABLES)}
        await connection.execute("SET session_replication_role = replica; CREATE SCHEMA kept")
        for table in tables:
            tables[table] = await connection.fetchval(COLUMNS, table)
            await connection.execute(f'CREATE TABLE kept."{table}" AS SELECT {tables[table]} FROM public."{table}"')
        return cls(connection, tables, folder)

    async def content(self) -> Content:
        """By table and file, what tells two states apart."""
        found = {row["name"]: row["content"] for row in await self._connection.fetch(self._query)}
        return found | dict(self._files())

    def _files(self) -> Iterator[tuple[str, str]]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                about = Path(folder, name).stat()
                yield f"file {name}", f"{about.st_size} {about.st_mtime_ns}"

    async def put_back(self, tables: set[str]) -> None:
        """Make these tables as they were at first; files stay."""
        async with self._connection.transaction():
            for table in tables & self._tables.keys():
                names = self._tables[table]
                kept = f'SELECT {names} FROM kept."{table}"'
                await self._connection.execute(f'DELETE FROM public."{table}"')
                await self._connection.execute(f'INSERT INTO public."{table}" ({names}) OVERRIDING SYSTEM VALUE {kept}')

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    async def next_id(self) -> str:
        """The transaction id that the server will give next; of all its databases."""
        found: Any = await self._connection.fetchval(NEXT_ID)
        return str(found)


class Ledger:
    """What several parts have stored, watched over a run of calls."""

    def __init__(self, parts: Mapping[str, Stored]) -> None:
        self._parts = parts
        self._seen: dict[str, Content] = {}
        self._id = ""

    async def start(self) -> None:
        """Remember what stands now."""
        self._seen = {name: await stored.content() for name, stored in self._parts.items()}
        self._id = await self._next_id()

    async def changes(self) -> set[str]:
        """``part table`` of everything that was changed since it was last asked."""
        if (now := await self._next_id()) == self._id and not self._files_changed():
            return set()
        before, self._seen = self._seen, {name: await stored.content() for name, stored in self._parts.items()}
        self._id = now
        return {
            f"{part} {name}"
            for part, content in self._seen.items()
            for name in content.keys() | before[part].keys()
            if content.get(name) != before[part].get(name)
        }

    async def put_back(self, changes: set[str]) -> None:
        """Undo what was changed."""
        if not changes:
            return
        for part, stored in self._parts.items():
            if tables := {each.partition(" ")[2] for each in changes if each.partition(" ")[0] == part}:
                await stored.put_back(tables)
                self._seen[part] = await stored.content()
        self._id = await self._next_id()

    def _files_changed(self) -> bool:
        return any(
            dict(stored._files()) != {name: at for name, at in self._seen[part].items() if name.startswith("file ")}
            for part, stored in self._parts.items()
        )

    async def _next_id(self) -> str:
        return await next(iter(self._parts.values())).next_id()
