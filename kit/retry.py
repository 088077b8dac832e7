"""What is worth trying again, and when."""

import random

import httpx
from nats.errors import Error as BusError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kit.claims import Missing
from kit.cloudevents import UnknownFact
from kit.errors import Problem

PASSING = (OSError, TimeoutError, httpx.TransportError, BusError, PoolTimeout, OperationalError, Missing)
MOST_UNEXPLAINED = 6


def is_passing(error: BaseException) -> bool:
    """Whether trouble passes by itself: outages, dead connections, deadlocks, a peer's 5xx."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", "") in {
            "40P01",
            "40001",
            "57P01",
        }
    if isinstance(error, Problem):
        return error.status >= 500
    return isinstance(error, PASSING)


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
