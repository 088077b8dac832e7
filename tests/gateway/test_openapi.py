"""One OpenAPI document for frontends, in step with the code, and the schema for editors."""

import json

import pytest

from gateway import openapi
from gateway.asyncapi import written
from gateway.commands.definitions import definition_schema
from gateway.main import OPENAPI
from gateway.proxy import ROUTES
from kit.auth import endpoints_of
from kit.contracts.journey import Process
from kit.problems import MEDIA_TYPE

DOCUMENT = json.loads(OPENAPI.read_text(encoding="utf-8"))
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def shapes(document) -> set[tuple[str, str]]:
    return {(method.upper(), openapi._shape(path)) for path, methods in document["paths"].items() for method in methods}


INSIDE = ("/internal", "/livez", "/readyz", "/metrics", "/openapi.json")


@pytest.mark.req("G1", part="every endpoint for people is in the one document")
def test_every_endpoint_for_people_is_documented(gateway):
    reached = {
        (each.method, openapi._shape(each.path))
        for each in endpoints_of(gateway.app)
        if not each.path.startswith(INSIDE) and each.method != "HEAD"
    }
    assert {(route.method, openapi._shape(route.public)) for route in ROUTES} <= reached
    assert shapes(DOCUMENT) == reached


@pytest.mark.req("G1", part="the document is in step with the code")
def test_the_document_is_in_step_with_the_code():
    document, missing = openapi.generate()
    if not all(openapi.routers_of(process) for process in Process):
        pytest.skip("a service is not there yet")
    assert missing == []
    assert written(document) == OPENAPI.read_text(encoding="utf-8"), "run: python -m gateway.openapi"


@pytest.mark.parametrize("process", Process)
def test_the_routes_admit_whom_the_service_admits(process):
    if not (routers := openapi.routers_of(process)):
        pytest.skip("the service is not there yet")
    application = openapi._application(process, routers)
    admitted = {(each.method, openapi._shape(each.path)): each.allowed for each in endpoints_of(application)}
    for route in ROUTES:
        if route.service == process:
            allowed = admitted[route.method, openapi._shape(route.path)]
            assert allowed is not None, route
            assert {word for word in allowed if not word.startswith("service")} == set(route.who), route


def test_the_document_holds_together():
    assert DOCUMENT["openapi"] == "3.1.0"
    components = DOCUMENT["components"]
    for reference in openapi._references(DOCUMENT):
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in components[kind], reference
    identifiers = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.req("G1", part="problem responses are documented")
@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_operation_names_its_parameters_problems_and_credentials(name, operation):
    in_path = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
    assert in_path == {part[1:-1] for part in name.replace(".", "/").split("/") if part.startswith("{")}
    assert {"4XX", "5XX"} <= operation["responses"].keys()
    schemes = {scheme for each in operation["security"] for scheme in each}
    assert schemes <= DOCUMENT["components"]["securitySchemes"].keys()
    assert MEDIA_TYPE in DOCUMENT["components"]["responses"]["Problem"]["content"]


async def test_the_running_gateway_serves_the_document(gateway):
    assert (await gateway.client.get("/openapi.json")).json() == DOCUMENT


@pytest.mark.req("J1", part="the schema for editors is in step with the models")
def test_the_schema_for_editors_is_in_step_with_the_models():
    stands = openapi.DEFINITION_SCHEMA.read_text(encoding="utf-8")
    assert stands == written(definition_schema()), "run: python -m gateway.openapi"


def test_components_of_the_same_name_and_another_shape_keep_apart():
    merged = openapi.Merged()
    first = {"components": {"schemas": {"Case": {"type": "string"}}}}
    second = {
        "paths": {"/x": {"get": {"responses": {"200": {"$ref": "#/components/schemas/Case"}}}}},
        "components": {"schemas": {"Case": {"type": "integer"}}},
    }
    merged.take_schemas("review", first)
    source = merged.take_schemas("approval", second)
    assert source["paths"]["/x"]["get"]["responses"]["200"]["$ref"] == "#/components/schemas/ApprovalCase"
    assert (merged.schemas["Case"], merged.schemas["ApprovalCase"]) == ({"type": "string"}, {"type": "integer"})
