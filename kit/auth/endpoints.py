"""What an application admits to each of its endpoints, read from its routes: for tests and for documents."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from kit.auth.allow import Allow


@dataclass(frozen=True)
class Endpoint:
    """One method of one path, and the words of `allow` it admits; None where no rule stands."""

    method: str
    path: str
    allowed: frozenset[str] | None


def endpoints_of(app: FastAPI) -> Iterator[Endpoint]:
    """List every endpoint, those of included routers too (``app.routes`` does not show them one by one)."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or ()):
            yield Endpoint(method, route.path or "", allowed_of(route))


def allowed_of(route: APIRoute | RouteContext) -> frozenset[str] | None:
    """Read whom a route admits, or None when it asks nobody; ValueError when two rules stand on it."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    calls = _calls(dependant) if dependant else []
    rules = {frozenset(call.allowed) for call in calls if isinstance(call, Allow)}
    if len(rules) > 1:
        raise ValueError(f"{route.path} has {len(rules)} rules; one must say it all")
    return next(iter(rules), None)


def _calls(dependant: Dependant) -> list[object]:
    return [dependant.call, *(call for each in dependant.dependencies for call in _calls(each))]
