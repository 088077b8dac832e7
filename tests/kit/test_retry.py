"""What passes by itself is tried again however often; what never can is given up."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from kit.clients import PeerRefused
from kit.connections import is_away
from kit.errors import Conflict
from kit.retry import can_never_succeed, is_passing


def from_the_database(kind: type[asyncpg.PostgresError]) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, kind("said so"))


@pytest.mark.parametrize(
    "kind",
    [
        asyncpg.exceptions.ReadOnlySQLTransactionError,  # a primary that was demoted
        asyncpg.exceptions.TooManyConnectionsError,
        asyncpg.exceptions.DiskFullError,
        asyncpg.exceptions.LockNotAvailableError,
        asyncpg.exceptions.CannotConnectNowError,
        asyncpg.exceptions.DeadlockDetectedError,
        asyncpg.exceptions.QueryCanceledError,
        asyncpg.exceptions.ConnectionFailureError,
    ],
)
@pytest.mark.parametrize("wrap", [True, False])
def test_a_database_in_trouble_is_waited_for(kind, wrap):
    error = from_the_database(kind) if wrap else kind("said so")
    assert is_passing(error)
    assert not can_never_succeed(error, attempts=1000)


@pytest.mark.parametrize(
    "kind",
    [
        asyncpg.exceptions.DiskFullError,
        asyncpg.exceptions.DeadlockDetectedError,
        asyncpg.exceptions.LockNotAvailableError,
        asyncpg.exceptions.TooManyConnectionsError,
        asyncpg.exceptions.CannotConnectNowError,
        asyncpg.exceptions.ConnectionFailureError,
    ],
)
def test_who_waits_for_an_answer_is_told_that_the_database_is_away(kind):
    assert is_away(from_the_database(kind))
    assert is_away(kind("said so"))


@pytest.mark.parametrize("kind", [asyncpg.exceptions.CheckViolationError, asyncpg.exceptions.UndefinedTableError])
def test_a_statement_that_is_wrong_is_no_outage(kind):
    assert not is_away(from_the_database(kind))


@pytest.mark.parametrize("kind", [asyncpg.exceptions.CheckViolationError, asyncpg.exceptions.UndefinedTableError])
def test_a_statement_that_is_wrong_is_given_up(kind):
    assert not is_passing(from_the_database(kind))
    assert can_never_succeed(from_the_database(kind), attempts=1000)


@pytest.mark.parametrize("status", [401, 408, 425, 429])
def test_a_peer_that_does_not_take_the_call_now_is_asked_again(status):
    assert is_passing(PeerRefused("review", status, {}))


@pytest.mark.parametrize("error", [PeerRefused("review", 409, {}), PeerRefused("review", 404, {}), Conflict()])
def test_a_refusal_of_what_was_asked_is_final(error):
    assert can_never_succeed(error, attempts=1)


def test_a_closed_connection_is_waited_for_and_a_value_that_speaks_of_one_is_not():
    closed = asyncpg.InterfaceError("connection is closed")
    assert is_passing(closed)
    assert is_away(closed)
    quoted = asyncpg.DataError("invalid input for query argument $1: 'the shop is closed'")
    assert not is_passing(quoted)
    assert not is_away(quoted)
