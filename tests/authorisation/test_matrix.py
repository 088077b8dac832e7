"""Every endpoint × every kind of caller: the table, the code and the answers say the same."""

import pytest

from gateway.proxy.routes import ROUTES
from tests.authorisation.matrix import (
    PARTS,
    Ids,
    Row,
    ask,
    callers,
    code_of,
    differences,
    expected,
    met,
    rows_of,
)

pytestmark = pytest.mark.req("Y1", part="roles and kinds of caller")

NOT_FOR_PEOPLE = ("/internal/",)


def test_every_endpoint_has_its_row_and_admits_whom_the_row_names(part):
    assert list(differences(rows_of(part.service), code_of(part))) == []


async def test_every_caller_meets_what_the_row_says(part):
    wrong = []
    for row in rows_of(part.service):
        for caller, headers in callers(part).items():
            answer = await ask(part, row, row.path.format_map(Ids(caller)), headers)
            if met(answer) != expected(row, caller):
                wrong.append(f"{row} by {caller}: {expected(row, caller)} expected, {answer.status_code} met")
    assert wrong == []


def test_a_difference_is_found():
    rows = [Row(method="GET", path="/cases", allow={"officer"}, owner=False, agency=True)]
    code = {("GET", "/cases"): frozenset({"citizen"}), ("POST", "/cases"): None, ("GET", "/gone"): frozenset()}
    assert len(list(differences(rows, code))) == 3
    assert list(differences(rows, {})) == ["GET /cases: no such endpoint"]


def shape(path: str) -> str:
    """A path without the names of its parameters."""
    return "/".join("{}" if piece.startswith("{") and piece.endswith("}") else piece for piece in path.split("/"))


@pytest.mark.parametrize("service", [part for part in PARTS if part != "gateway"])
def test_people_reach_every_endpoint_through_the_gateway_and_no_other(service):
    own = {(row.method, shape(row.path)): row for row in rows_of(service)}
    forwarded = {(route.method, shape(route.path)): route for route in ROUTES if route.service == service}
    public = {key for key in own if not key[1].startswith(NOT_FOR_PEOPLE)}
    assert public == forwarded.keys()


@pytest.mark.parametrize("service", [part for part in PARTS if part != "gateway"])
def test_the_gateway_admits_whom_the_service_admits(service):
    own = {(row.method, shape(row.path)): row.allow for row in rows_of(service)}
    unlike = [
        f"{route.method} {route.path}: {sorted(route.who)} at the gateway, {sorted(allow)} at the service"
        for route in ROUTES
        if route.service == service and (allow := own.get((route.method, shape(route.path)), set(route.who)))
        if set(route.who) != set(allow)
    ]
    assert unlike == []


def test_a_row_of_the_gateway_says_of_ownership_what_the_service_says():
    own = {(part, row.method, shape(row.path)): row for part in PARTS for row in rows_of(part)}
    routes = {(route.method, route.public): route for route in ROUTES}
    unlike = [
        str(row)
        for row in rows_of("gateway")
        if row.service and (route := routes.get((row.method, row.path)))
        if (at := own.get((row.service, row.method, shape(route.path))))
        if (row.owner, row.agency) != (at.owner, at.agency)
    ]
    assert unlike == []
