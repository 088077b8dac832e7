"""What is worth trying again, and when."""

import random
import sys

import asyncpg
from nats.errors import Error as BusError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kit.claims import Missing
from kit.clients import PeerRefused
from kit.cloudevents import UnknownFact
from kit.connections import is_closed, is_out_of_step
from kit.errors import Problem

PASSING = (OSError, TimeoutError, BusError, PoolTimeout, OperationalError, Missing)
PASSING_STATES = ("08", "25006", "28", "40", "53", "55P03", "57", "58")
"""SQLSTATEs and their classes that speak of the server rather than of the statement: connections, a demoted primary,
credentials being changed, deadlocks, resources, locks, an operator's intervention, the disk."""
PASSING_STATUSES = (401, 408, 425, 429)
"""A peer that does not know our key yet or has too much to do: the same call is taken later."""
MOST_UNEXPLAINED = 6


def is_passing(error: BaseException) -> bool:
    """Whether trouble passes by itself: outages, dead connections, deadlocks, a peer's 5xx."""
    if is_closed(error) or is_out_of_step(error):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_passing_state(getattr(error.orig, "sqlstate", None))
    if isinstance(error, asyncpg.PostgresError):
        return _is_passing_state(error.sqlstate)
    if isinstance(error, PeerRefused) and error.status in PASSING_STATUSES:
        return True
    if isinstance(error, Problem):
        return error.status >= 500
    return isinstance(error, PASSING) or _is_httpx_lost(error)


def _is_httpx_lost(error: BaseException) -> bool:
    httpx = sys.modules.get("httpx")  # where nobody has loaded it nobody can have got an error of it
    return httpx is not None and isinstance(error, httpx.TransportError)


def _is_passing_state(state: str | None) -> bool:
    return (state or "").startswith(PASSING_STATES)


def can_never_succeed(error: BaseException, attempts: int) -> bool:
    """Whether to give up: a refusal or malformed event at once, an unexplained error after some tries."""
    if is_passing(error):
        return False
    if isinstance(error, (Problem, ValidationError, UnknownFact)):
        return True
    return attempts >= MOST_UNEXPLAINED


def delay_after(attempts: int) -> float:
    """Growing delay in seconds: 0.2, 0.4, … to a minute, spread so that failures do not return together."""
    return min(60.0, 0.1 * 2 ** min(attempts, 12)) * random.uniform(0.8, 1.2)  # noqa: S311
