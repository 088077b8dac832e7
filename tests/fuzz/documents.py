"""The OpenAPI document of every part, internal endpoints included, as the source of requests to try."""

import copy
from typing import Any

import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from schemathesis.schemas import APIOperation, BaseSchema

from gateway.api import ROUTERS
from kit.problems import RESPONSES
from kit.testing import Harness

NOT_DOCUMENTED = {"/livez", "/readyz", "/metrics", "/openapi.json"}
"""What a process says of itself: it takes no input, reads no token, and is asked for by hand (`test_coverage`)."""


@schemathesis.serializer("application/pdf")
def as_it_is(_context: Any, value: Any) -> bytes:
    """A file is sent as its bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


def document_of(harness: Harness) -> dict[str, Any]:
    """What the application publishes; the gateway's internal endpoints, which it keeps to itself, too."""
    document = copy.deepcopy(harness.app.openapi())
    if harness.service == "gateway":
        inside = _internal_of_the_gateway()
        document["paths"] |= inside["paths"]
        document["components"]["schemas"] = inside["components"]["schemas"] | document["components"]["schemas"]
    return document


def _internal_of_the_gateway() -> dict[str, Any]:
    application = FastAPI(title="gateway", responses=RESPONSES)
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and not route.include_in_schema:
                application.add_api_route(route.path, route.endpoint, methods=sorted(route.methods))
    document: dict[str, Any] = application.openapi()
    return document


def schema_of(document: dict[str, Any]) -> BaseSchema:
    """The document for schemathesis; without credentials, which the tests bring themselves."""
    plain = copy.deepcopy(document)
    plain.get("components", {}).pop("securitySchemes", None)
    for operations in plain["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return schemathesis.openapi.from_dict(plain)


def operations_of(document: dict[str, Any]) -> list[APIOperation[Any, Any, Any, Any]]:
    """Every operation; one that cannot be read is an error, not left out."""
    return [each.ok() for each in schema_of(document).get_all_operations()]
