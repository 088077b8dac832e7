"""What the ``migrations/env.py`` of every service calls, and what its migrations are made with.

Every migration is a transaction of its own, with the note that it was made: a run that dies between two leaves the
database at the last whole one, and the next run goes on from there. So a migration holds its locks for no longer than
itself, and none may rely on another one of the same run being taken back with it. One that waits too long for a lock is
rolled back and begins anew (``kit.migrate``).
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from alembic import context, op
from sqlalchemy import Connection, MetaData, TextClause, text
from sqlalchemy.ext.asyncio import create_async_engine

from kit.database import plumbing
from kit.retention import REMOVE, hold_table


def create_plumbing() -> None:
    """Create outbox, inbox, due work, sections, tombstones and calendar overrides (first migration)."""
    plumbing.create_all(op.get_bind())


def index_troubled_work() -> None:
    """Add the index of work that has failed, which a database made before it lacks."""
    op.create_index(
        "due_work_troubled", "due_work", ["kind"], postgresql_where=text("attempts > 0"), if_not_exists=True
    )


def create_retention() -> None:
    """Create the table of legal holds; the nightly removal is planned by the processes that do it."""
    hold_table(MetaData()).create(op.get_bind())


def drop_retention() -> None:
    """Take that back."""
    forget_work(REMOVE)
    op.drop_table("legal_hold")


def index_beside(name: str, table: str, columns: Sequence[Any], **how: Any) -> None:
    """Make an index while others go on writing to the table; nothing where it is there and can be used.

    It ends the transaction of its migration: what stands before it is kept though this fails, and the migration is not
    noted as made. So all that such a migration does must bear being done again. What a run that died has left of the
    index, which nobody could use, is made anew. It waits as long as transactions last that began before it, a backup's
    too, and keeps nobody waiting meanwhile.
    """
    if op.get_bind().scalar(USABLE, {"name": name}):
        return
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        try:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, columns, postgresql_concurrently=True, **how)
        finally:
            op.execute("RESET lock_timeout")


USABLE = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def plan_for(kind: str, payload: str, table: str) -> None:
    """Plan one due work for all rows of a table, if it has any: after the migration it goes through them in batches.

    What is planned already is left as it is.
    """
    op.execute(planning(kind, payload, table))


def planning(kind: str, payload: str, table: str) -> TextClause:
    """The statement of `plan_for`."""
    statement = f"""
        INSERT INTO due_work (kind, key, payload, due_at)
        SELECT :kind, 'all', CAST(:payload AS jsonb), now() WHERE EXISTS (SELECT FROM {table}) ON CONFLICT DO NOTHING
    """  # noqa: S608 - our own table
    return text(statement).bindparams(kind=kind, payload=payload)


def forget_work(*kinds: str) -> None:
    """Delete the due work of kinds that the release before does not know (downgrade)."""
    op.get_bind().execute(text("DELETE FROM due_work WHERE kind = ANY(:kinds)"), {"kinds": list(kinds)})


def run(metadata: MetaData) -> None:
    """Run the migrations on the connection given by ``kit.migrate``, each in a transaction of its own."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        _configure_and_run(connection, metadata)
        return

    async def connect_and_run(url: str) -> None:
        engine = create_async_engine(url)
        async with engine.connect() as opened:
            await opened.run_sync(_configure_and_run, metadata)
        await engine.dispose()

    asyncio.run(connect_and_run(context.config.get_main_option("sqlalchemy.url") or ""))


def _configure_and_run(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        transaction_per_migration=True,
        include_name=lambda name, kind, _parents: kind != "table" or name not in plumbing.tables,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write SQLModel's text type as plain SQLAlchemy, so that migrations need no SQLModel."""
    return "sa.String()" if kind == "type" and type(item).__name__ == "AutoString" else False
