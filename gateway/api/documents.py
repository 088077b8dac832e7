"""The published contract: OpenAPI for frontends, AsyncAPI for partners, JSON Schema for editors.

``/openapi.json`` is served by the application itself (see ``main.py``).
"""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic_core import to_json

from gateway import asyncapi
from gateway.commands.definitions import definition_schema
from kit.auth import allow

router = APIRouter(tags=["contract"])

Anyone = Annotated[None, Depends(allow("anyone"))]


@cache
def _written(name: str) -> bytes:
    documents: dict[str, Any] = {"asyncapi": asyncapi.document, "definition": definition_schema}
    return to_json(documents[name]())


@router.get("/asyncapi.json", response_class=Response)
async def show_asyncapi(_anyone: Anyone) -> Response:
    """Show the AsyncAPI 3 document of every fact."""
    return Response(_written("asyncapi"), media_type="application/json")


@router.get("/schemas/definition.json", response_class=Response)
async def show_definition_schema(_anyone: Anyone) -> Response:
    """Show the JSON Schema of ``definition.yaml``."""
    return Response(_written("definition"), media_type="application/schema+json")
