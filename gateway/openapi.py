"""One OpenAPI 3.1 document for frontends: ``python -m gateway.openapi`` writes it, and the definitions' schema.

A development tool: it imports the services' routers to read their operations, which the running gateway never
does (it serves the file). A service that is not there leaves a bare operation for each of its routes.
"""

import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.asyncapi import written
from gateway.proxy.routes import PREFIX, ROUTES, Route
from kit.contracts.journey import Process
from kit.problems import MEDIA_TYPE, RESPONSES

FOLDER = Path(__file__).parent
OPENAPI = FOLDER / "openapi.json"
DEFINITION_SCHEMA = FOLDER / "definition.schema.json"

Json = dict[str, Any]
_REF = "#/components/schemas/"
_PROBLEM: Json = RESPONSES["4XX"]["content"][MEDIA_TYPE]["schema"]

INFO = {
    "title": "Paet",
    "version": "1",
    "description": (
        "The public API of Paet: search, apply, follow, pay, receive; and the officers' workbench. Errors are "
        "RFC 9457 problems with stable types (`urn:paet:problem:<code>`), in Thai, or in English with "
        "`Accept-Language: en`. Where an operation lists the header `Idempotency-Key`, a repeat under the same key "
        "answers what the first call did; where it lists `If-Match`, 412 says that another was faster."
    ),
}
SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "From `POST /v1/token`."},
    "journey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Journey <tracking number>.<secret>`: the holder of an anonymous journey.",
    },
}


class Merged:
    """Operations and schemas of several applications under one roof."""

    def __init__(self) -> None:
        self.paths: dict[str, Json] = {}
        self.schemas: Json = {"Problem": _PROBLEM}

    def take(self, path: str, method: str, operation: Json) -> None:
        """Add one operation of a source document whose schemas were taken in."""
        for status in ("4XX", "5XX"):
            operation.setdefault("responses", {})[status] = {"$ref": "#/components/responses/Problem"}
        if "HTTPValidationError" in json.dumps(operation["responses"].get("422", {})):
            del operation["responses"]["422"]
        self.paths.setdefault(path, {})[method] = operation

    def take_schemas(self, name: str, source: Json) -> Json:
        """Take in the schemas that the operations of a source use; the source with references to their new names."""
        schemas: Json = source.get("components", {}).get("schemas", {})
        renamed = {
            old: old if self.schemas.get(old, schema) == schema else f"{name.title()}{old}"
            for old, schema in schemas.items()
            if old not in {"HTTPValidationError", "ValidationError"}
        }
        following = _with_references(source, renamed)
        for old, new in renamed.items():
            self.schemas[new] = following["components"]["schemas"][old]
        return following

    def document(self) -> Json:
        """The whole document, without schemas that nothing refers to."""
        body = {
            "openapi": "3.1.0",
            "info": INFO,
            "servers": [{"url": "/"}],
            "paths": dict(sorted(self.paths.items())),
        }
        problem = {"description": "Problem (RFC 9457)", "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}}}
        used = _reachable({"paths": body["paths"], "problem": problem}, self.schemas)
        components = {
            "schemas": {name: self.schemas[name] for name in sorted(used)},
            "responses": {"Problem": problem},
            "securitySchemes": SECURITY_SCHEMES,
        }
        return body | {"components": components}


def _with_references(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_references(each, renamed) for each in value]
    if not isinstance(value, dict):
        return value
    if value == _PROBLEM:
        return {"$ref": f"{_REF}Problem"}
    copied = {key: _with_references(each, renamed) for key, each in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith(_REF):
        old = reference.removeprefix(_REF)
        copied["$ref"] = _REF + renamed.get(old, old)
    return copied


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)


def _reachable(start: Json, schemas: Json) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        names = {each.removeprefix(_REF) for each in _references(waiting.pop()) if each.startswith(_REF)}
        fresh = (names & schemas.keys()) - found
        found |= fresh
        waiting += [schemas[name] for name in fresh]
    return found


def generate() -> tuple[Json, list[Route]]:
    """Make the document from the code as it is now, and name the routes whose service has no such operation."""
    merged = Merged()
    _add_own(merged)
    missing: list[Route] = []
    for process in Process:
        missing += _add_service(merged, process, [route for route in ROUTES if route.service == process])
    return merged.document(), missing


def _add_own(merged: Merged) -> None:
    from gateway.api import ROUTERS

    source = merged.take_schemas("gateway", openapi_of("gateway", ROUTERS))
    allowed = {(each.method, each.path): each.allowed for each in _endpoints(ROUTERS)}
    for path, operations in source["paths"].items():
        for method, operation in operations.items():
            operation["security"] = security_for(allowed[method.upper(), path] or ())
            merged.take(path, method, operation)


def _add_service(merged: Merged, process: Process, routes: list[Route]) -> list[Route]:
    routers = routers_of(process)
    source = merged.take_schemas(process, openapi_of(process, routers))
    operations = {_shape(path): (path, found) for path, found in source.get("paths", {}).items()}
    missing = []
    for route in routes:
        path, found = operations.get(_shape(route.path), (route.path, {}))
        operation = found.get(route.method.lower())
        if operation is None:
            missing.append(route)
            operation = _bare(route)
        operation["security"] = security_for(route.who)
        public = PREFIX + path if route.public.startswith(f"{PREFIX}/") else path
        merged.take(public, route.method.lower(), operation)
    return missing


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def _bare(route: Route) -> Json:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{([^}]+)\}", route.path)
    ]
    return {
        "tags": [route.service],
        "operationId": re.sub(r"\W+", "_", f"{route.service}_{route.method}_{route.path}").strip("_").lower(),
        "parameters": parameters,
        "responses": {"200": {"description": "Successful Response"}},
    }


def security_for(who: Iterable[str]) -> list[Json]:
    """What a caller must bring, by the words of ``allow``."""
    words = {word.partition(":")[0] for word in who}
    schemes: list[Json] = [{"bearer": []}] if words & {"citizen", "officer", "client"} else []
    schemes += [{"journey": []}] if "holder" in words else []
    return [*schemes, {}] if "anyone" in words and schemes else schemes


def routers_of(process: str) -> tuple[Any, ...]:
    """The routers of a service; none while it is not there."""
    try:
        module = importlib.import_module(f"services.{process}.api")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("services"):
            raise
        return ()
    return tuple(getattr(module, "ROUTERS", None) or (module.router,))


def _application(name: str, routers: Iterable[Any]) -> Any:
    from fastapi import FastAPI

    application = FastAPI(title=name, generate_unique_id_function=lambda route: f"{name}_{route.name}")
    for router in routers:
        application.include_router(router)
    return application


def openapi_of(name: str, routers: Iterable[Any]) -> Json:
    """The OpenAPI document of some routers; operation ids are ``<service>_<function>``."""
    document: Json = _application(name, routers).openapi()
    return document


def _endpoints(routers: Iterable[Any]) -> Iterator[Any]:
    from kit.auth import endpoints_of

    return endpoints_of(_application("gateway", routers))


def main() -> None:
    """Write both documents."""
    from gateway.commands.definitions import definition_schema

    document, missing = generate()
    OPENAPI.write_text(written(document), encoding="utf-8")
    DEFINITION_SCHEMA.write_text(written(definition_schema()), encoding="utf-8")
    for route in missing:
        print(f"no operation yet at {route.service}: {route.method} {route.path}")  # noqa: T201
    print(f"{OPENAPI.name}: {len(document['paths'])} paths; {DEFINITION_SCHEMA.name}")  # noqa: T201


if __name__ == "__main__":
    main()
