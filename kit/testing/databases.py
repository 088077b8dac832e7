"""Databases of a test run, used again: a clone of a template costs more than most tests do.

What comes back is emptied to what its migrations left. A database in which anything else was changed (a column, a
trigger that is off, a setting), or that has grown, is thrown away.
"""

import asyncio
from collections import defaultdict

import asyncpg

MOST_BYTES = 4_000_000
"""What its tables may hold: rows that were deleted leave their pages, and plans are made by the size of tables."""

_SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
  SELECT concat_ws(':', 'class', oid, relname, relkind, relrowsecurity, reloptions) FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT concat_ws(':', 'column', attrelid, attname, atttypid, attnotnull, atthasdef) FROM pg_attribute
    WHERE attrelid >= 16384 AND attnum > 0
  UNION ALL SELECT concat_ws(':', 'default', adrelid, adnum, pg_get_expr(adbin, adrelid)) FROM pg_attrdef
    WHERE adrelid >= 16384
  UNION ALL SELECT concat_ws(':', 'version', version_num) FROM alembic_version
  UNION ALL SELECT concat_ws(':', 'trigger', oid, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(':', 'constraint', oid, conname, convalidated) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT concat_ws(':', 'index', indexrelid, indisvalid) FROM pg_index WHERE indexrelid >= 16384
  UNION ALL SELECT concat_ws(':', 'function', oid, md5(prosrc)) FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT concat_ws(':', 'setting', setconfig) FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS shape (part)
"""
_SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
_DISMISS = """
SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""False where somebody is still there: what they were just committing would be found by the next test."""
_TABLES = (
    "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 AND relname <> 'alembic_version'"
)
_EMPTY = f"""
DO $$
DECLARE one text;
BEGIN
  SET LOCAL session_replication_role = replica;  -- what only grows, by its triggers, is emptied too
  FOR one IN {_TABLES} LOOP
    EXECUTE 'DELETE FROM ' || one;
  END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$
"""  # noqa: S608 - our own text


class Databases:
    """Those that nobody uses now, by the package whose schema they have."""

    def __init__(self) -> None:
        self._free: dict[str, list[str]] = defaultdict(list)
        self._shapes: dict[str, str] = {}

    def take(self, package: str) -> str | None:
        """An empty database of the package; None when there is none."""
        return self._free[package].pop() if self._free[package] else None

    async def know(self, package: str, url: str) -> None:
        """Remember what a fresh database of the package looks like; one with rows of its own is not used again."""
        if package in self._shapes:
            return
        connection = await asyncpg.connect(url)
        try:
            tables = [row[0] for row in await connection.fetch(_TABLES)]
            has_rows = [
                await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608 - our own tables
                for table in tables
            ]
            self._shapes[package] = "" if any(has_rows) else await connection.fetchval(_SHAPE)
        finally:
            await connection.close()

    async def put_back(self, package: str, name: str, url: str) -> bool:
        """Empty a database for the next test; False when it is to be thrown away."""
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (OSError, asyncpg.PostgresError):  # a test that kept everybody out
            return False
        try:
            async with asyncio.timeout(10):
                if await connection.fetchval(_DISMISS) is False:
                    return False
                if await connection.fetchval(_SHAPE) != self._shapes[package]:
                    return False
                if await connection.fetchval(_SIZE) > MOST_BYTES:
                    return False
                await connection.execute(_EMPTY)
        except (TimeoutError, asyncpg.PostgresError):
            return False
        finally:
            connection.terminate()
        self._free[package].append(name)
        return True
