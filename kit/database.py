"""One PostgreSQL database per service: engine, the transaction at the edge, and the plumbing tables.

The plumbing tables are the same in every service and belong to the kit; the service's own tables are
in its ``models.py`` with a registry of its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as CoreSession
from sqlalchemy.pool import NullPool
from sqlmodel import Session as SyncSession
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import crashpoint
from kit.connections import in_step, only_open, saying_when_away, transacting

plumbing = MetaData()

OUTBOX = Table(
    "outbox",
    plumbing,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("sent_at", DateTime(timezone=True)),
    # The relay reads only what is unsent; the index stays small however long the table grows.
    Index("outbox_unsent", "seq", postgresql_where=text("sent_at IS NULL")),
)

INBOX = Table(
    "inbox",
    plumbing,
    Column("id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

DUE_WORK = Table(
    "due_work",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("failed_at", DateTime(timezone=True)),
    Column("error", Text),
    Column("traceparent", Text),
    UniqueConstraint("kind", "key"),
    # Work that failed for good waits for an operator and must not slow the search for due rows.
    Index("due_work_due", "due_at", postgresql_where=text("failed_at IS NULL")),
    # The metrics count what has failed and will be tried again, or never, without reading all that is planned.
    Index("due_work_troubled", "kind", postgresql_where=text("attempts > 0")),
)

SECTION = Table(
    "section",
    plumbing,
    Column("definition", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("fetched_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

TOMBSTONE = Table(
    "tombstone",
    plumbing,
    Column("journey_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
)

CALENDAR_OVERRIDE = Table(
    "calendar_override",
    plumbing,
    Column("day", Date, primary_key=True),
    Column("is_workday", Boolean, nullable=False),
)


LOCK_TIMEOUT = "15s"
"""Nobody waits for a row longer: a ring that the server cannot see, for part of it is in a process, comes to an end."""


DRIVER = "driver"
"""Where a session keeps the connection of the driver that it runs on."""


class WroteWhileReading(Exception):
    """Something was written in a session for reading, where it would be lost: a mistake of the programmer."""


class Transaction(AsyncSession):
    """SQLModel's session, with ``execute`` for tables and bulk statements that are no models."""

    execute = CoreSession.execute  # SQLModel marks it deprecated in favour of exec(), which is for models


class _NothingToFlush(SyncSession):
    """A session whose models stay as they were read."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:  # noqa: ARG002 - as the library has it
        """WroteWhileReading when a model was added or changed."""
        if self.new or self.dirty or self.deleted:
            raise WroteWhileReading


class ReadingSession(Transaction):
    """The session of `Database.reading`."""

    sync_session_class = _NothingToFlush


class Database:
    """The engine of one process and its transactions."""

    def __init__(self, url: str, pool: int = 10) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url, pool_size=pool, max_overflow=0, pool_timeout=10, pool_pre_ping=False,
            connect_args={"server_settings": {"lock_timeout": LOCK_TIMEOUT}},
            hide_parameters=True,  # or the text of an error would quote what people typed
        )  # fmt: skip
        self.aside: AsyncEngine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
        """For what is rare and may be wanted in the middle of a transaction: waits for nobody's connection."""
        # The transactions below are the driver's: half the cost of the same by way of the dialect.
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", only_open)
        self._listeners: list[Callable[[str], None]] = []

    def on_commit(self, listener: Callable[[str], None]) -> None:
        """Call the listener with ``outbox`` or ``due_work`` after a commit that added rows to be seen to at once."""
        self._listeners.append(listener)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end, rolled back on any error, then whoever waits is woken.

        DatabaseAway when the server does not answer.
        """
        async with self._session(Transaction) as session, transacting(session.info[DRIVER]):
            yield session
            await flush(session)
            session.info["written"] = written = await _write_deferred(session)
        for name in written:
            for listener in self._listeners:
                listener(name)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A session that only reads, each statement by itself: two round trips less than a transaction.

        Reads see no less of each other than in a transaction, where each sees what is committed by then as well. A
        statement that writes, against its purpose, stands at once, whatever becomes of the request.
        WroteWhileReading when a model was added or changed; DatabaseAway when the server does not answer.
        """
        async with self._session(ReadingSession) as session:
            yield session
            session.sync_session.flush()
            if session.info.get("deferred"):
                raise WroteWhileReading

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the driver out of the pool, each statement by itself; the driver's errors as they are."""
        async with self._single.connect() as connection:
            driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
            with in_step(driver):
                yield driver

    @asynccontextmanager
    async def _session(self, kind: type[Transaction]) -> AsyncIterator[Transaction]:
        """A session that commits nothing by itself: what it runs stands at once, or with the driver's transaction."""
        with saying_when_away():
            async with (
                self._single.connect() as connection,
                kind(connection, expire_on_commit=False) as session,
            ):
                session.info[DRIVER] = driver = (await connection.get_raw_connection()).driver_connection
                with in_step(driver):
                    yield session

    async def dispose(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        await self.aside.dispose()


Write = Callable[[AsyncSession, list[Any]], Awaitable[bool | None]]
"""Writes rows and says whether anybody who waits for them has something to do at once."""


def defer(session: AsyncSession, table: str, write: Write, row: Any) -> None:
    """Let ``write`` put the row into a plumbing table at the end of the transaction, with all others in one statement.

    After the commit whoever waits for that table is woken (`Database.on_commit`).
    """
    session.info.setdefault("deferred", {}).setdefault(table, (write, []))[1].append(row)


def deferred(session: AsyncSession, table: str) -> list[Any]:
    """The rows that wait to be written: the list itself, for taking one back."""
    rows: list[Any] = session.info.get("deferred", {}).get(table, (None, []))[1]
    return rows


async def flush(session: AsyncSession) -> None:
    """Write what models have become, if anything has changed: asking the library costs more than looking."""
    if session.new or session.dirty or session.deleted:
        await session.flush()


async def _write_deferred(session: AsyncSession) -> list[str]:
    """Write what was deferred and say in which tables there is news."""
    waiting = {table: (write, rows) for table, (write, rows) in session.info.pop("deferred", {}).items() if rows}
    return [table for table, (write, rows) in waiting.items() if await write(session, rows)]


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction per request."""
    async with request.app.state.kit.database.transaction() as session:
        yield session
    if session.info.get("written"):
        crashpoint.reach(crashpoint.BEFORE_ANSWER)


Session = Annotated[AsyncSession, Depends(request_session, scope="function")]
"""Dependency: the request's transaction. ``scope="function"`` commits before the answer is sent, so
that a failed commit can never answer 200."""


async def request_reading(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for reading per request."""
    async with request.app.state.kit.database.reading() as session:
        yield session


Reading = Annotated[AsyncSession, Depends(request_reading, scope="function")]
"""Dependency: what a request that changes nothing reads with."""
