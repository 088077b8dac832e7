"""What the ``migrations/env.py`` of every service calls, and the plumbing of a first migration."""

import asyncio
from typing import Literal

from alembic import context, op
from sqlalchemy import Connection, MetaData, text
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
    """Create the table of legal holds; the daily removal is planned by the processes that do it."""
    hold_table(MetaData()).create(op.get_bind())


def drop_retention() -> None:
    """Take that back."""
    op.execute(f"DELETE FROM due_work WHERE kind = '{REMOVE}'")  # noqa: S608 - our own word
    op.drop_table("legal_hold")


def run(metadata: MetaData) -> None:
    """Run the migrations on the connection given by ``kit.migrate``, all in one transaction."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        _configure_and_run(connection, metadata)
        return

    async def connect_and_run(url: str) -> None:
        engine = create_async_engine(url)
        async with engine.begin() as opened:
            await opened.run_sync(_configure_and_run, metadata)
        await engine.dispose()

    asyncio.run(connect_and_run(context.config.get_main_option("sqlalchemy.url") or ""))


def _configure_and_run(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        include_name=lambda name, kind, _parents: kind != "table" or name not in plumbing.tables,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write SQLModel's text type as plain SQLAlchemy, so that migrations need no SQLModel."""
    return "sa.String()" if kind == "type" and type(item).__name__ == "AutoString" else False
