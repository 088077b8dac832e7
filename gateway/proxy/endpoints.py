"""The endpoints of the table, answered before the application's own machinery.

FastAPI's dependencies, its handling of exceptions and the search through all routes cost more than forwarding itself
(docs/adr/0017). What a row needs of them is little: whom it admits, and problems as everywhere.
"""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from starlette._utils import get_route_path
from starlette.middleware import Middleware
from starlette.routing import Route as PathRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.proxy.forwarding import forward
from gateway.proxy.routes import ROUTES, Route
from kit.auth import allow
from kit.errors import Problem
from kit.problems import response_for


class Forwarded(PathRoute):
    """One row of the table as an endpoint."""

    def __init__(self, route: Route) -> None:
        name = f"{route.service} {route.method} {route.path}"
        super().__init__(route.public, self.answer, name=name, include_in_schema=False)
        self.methods: set[str] = {route.method}  # without the HEAD that every GET gets otherwise: no service answers it
        self.app = self.answer
        self.dependant = Dependant(call=allow(*route.who))  # where `kit.auth.endpoints_of` reads the rule
        self._route = route
        self._allow = allow(*route.who)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit whom the row names and forward; whatever is wrong before the answer begins is a problem."""
        request = Request(scope, receive)
        try:
            await self._allow(request)
            response: ASGIApp = await forward(self._route, request)
        except Problem as problem:
            response = response_for(problem, scope)
        await response(scope, receive, send)


class Forwarding:
    """Middleware, the innermost: answers what the table has, and passes on everything else, other methods too."""

    def __init__(self, app: ASGIApp, endpoints: Sequence[Forwarded]) -> None:
        self.app = app
        self._endpoints: dict[tuple[str, int], list[Forwarded]] = {}
        for each in endpoints:
            for method in each.methods:
                self._endpoints.setdefault((method, each.path.count("/")), []).append(each)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the application."""
        if scope["type"] == "http":
            path = get_route_path(scope)  # as the router: without the prefix that a server in front may have added
            for endpoint in self._endpoints.get((scope["method"], path.count("/")), ()):
                if found := endpoint.path_regex.match(path):
                    scope.update(route=endpoint, path_params=found.groupdict())
                    await endpoint.answer(scope, receive, send)
                    return
        await self.app(scope, receive, send)


def install(application: FastAPI) -> None:
    """Forward what the table has."""
    endpoints = [Forwarded(route) for route in ROUTES]
    application.router.routes.extend(endpoints)
    application.user_middleware.append(Middleware(Forwarding, endpoints=endpoints))
