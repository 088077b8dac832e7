"""Connections of the driver: when one is lost, what a transaction leaves behind, and when the server is away."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kit.contracts import text as words
from kit.errors import Unavailable


class DatabaseAway(Unavailable):
    """The database does not answer now."""

    code = "database-away"
    title = words.Text(th="ฐานข้อมูลไม่พร้อมใช้งานชั่วคราว", en="The database is away for the moment")


OUT_OF_STEP = asyncpg.InternalClientError
"""What the driver says when a server that dies in the middle of an exchange leaves it with half an answer."""
OF_THE_DATABASE = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OUT_OF_STEP)
"""Errors whose words may quote the values of a statement or of a row."""
AWAY = (
    PoolTimeout,
    ConnectionError,
    OUT_OF_STEP,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.TransactionRollbackError,  # the loser of a deadlock: the same call succeeds when it comes again
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.InsufficientResourcesError,  # among them a full disk: the same call is taken once there is room
)


def is_of_the_database(error: BaseException) -> bool:
    """Whether an error comes from the database or its driver: its words are told nobody."""
    return isinstance(error, OF_THE_DATABASE)


def is_away(error: BaseException) -> bool:
    """Whether an error means that the server does not answer, rather than that it refused a statement."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return any(_is_lost(each) for each in _said_by_the_driver(error))


def _is_lost(error: BaseException | None) -> bool:
    return is_closed(error) or isinstance(error, AWAY)


def is_closed(error: BaseException | None) -> bool:
    """Whether the driver says that its connection is closed. A value that it cannot encode it quotes in its words."""
    is_about_a_value = isinstance(error, ValueError)
    return isinstance(error, asyncpg.InterfaceError) and not is_about_a_value and "closed" in str(error)


@contextmanager
def in_step(driver: asyncpg.Connection) -> Iterator[None]:
    """Close a connection whose driver does not know any more what the server is about to answer."""
    try:
        yield
    except (OUT_OF_STEP, DBAPIError) as error:
        if is_out_of_step(error):
            driver.terminate()
        raise


def is_out_of_step(error: BaseException) -> bool:
    """Whether an error, or what the dialect made of it, is that of a driver left out of step."""
    return any(isinstance(each, OUT_OF_STEP) for each in _said_by_the_driver(error))


def _said_by_the_driver(error: BaseException) -> tuple[BaseException | None, ...]:
    """The error, or what the dialect has made its own of."""
    return (error.orig, getattr(error.orig, "__cause__", None)) if isinstance(error, DBAPIError) else (error,)


def only_open(connection: Any, _record: Any, _proxy: Any) -> None:
    """Let the pool open another connection in the place of one that was lost, or left, outside its sight."""
    driver: asyncpg.Connection = connection.driver_connection
    if driver.is_closed() or driver.is_in_transaction():
        driver.terminate()
        raise DisconnectionError


@asynccontextmanager
async def transacting(driver: asyncpg.Connection) -> AsyncIterator[None]:
    """A transaction of the driver.

    A connection on which its begin or its end was broken off is closed, for nobody knows what the server thinks of
    it: what came next would be part of a transaction that never commits.
    """
    transaction, is_over = driver.transaction(), False
    try:
        await transaction.start()
        try:
            yield
        except BaseException:
            await transaction.rollback()
            is_over = True
            raise
        await transaction.commit()
        is_over = True
    finally:
        if not is_over:
            driver.terminate()


@contextmanager
def saying_when_away() -> Iterator[None]:
    """Errors that mean that the server does not answer, as DatabaseAway."""
    try:
        yield
    except (*OF_THE_DATABASE, PoolTimeout, ConnectionError) as error:
        if is_away(error):
            raise DatabaseAway(retry_after=2) from error
        raise
