"""HTTP of definitions: publish, read, and the sections that the services fetch."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from gateway.commands import definitions as commands
from gateway.domain import definitions as domain
from gateway.queries import definitions as queries
from gateway.schemas import (
    Currency,
    DefinitionPage,
    DefinitionSummary,
    DefinitionView,
    LevelReport,
    PublishedDefinition,
)
from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.codes import AgencyCode, DefinitionId
from kit.contracts.definition import Bundle, Section
from kit.contracts.journey import Process
from kit.database import Reading
from kit.errors import Forbidden

router = APIRouter(tags=["definitions"])

Anyone = Annotated[None, Depends(allow("anyone"))]
Publisher = Annotated[Principal, Depends(allow("client:definitions.publish", "officer:publisher"))]
Service = Annotated[Principal, Depends(allow("service"))]
Version = Annotated[int, Path(ge=1, le=999_999)]

# The body is read by hand, so that every fault of its shape is told; its models stand among the answers' ones.
BUNDLE = Bundle.model_json_schema(ref_template="#/components/schemas/{model}")
BUNDLE.pop("$defs")
BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": BUNDLE}}}}


@router.post("/v1/definitions", status_code=201, openapi_extra=BODY, responses={200: {"model": DefinitionSummary}})
async def publish(
    request: Request, response: Response, publisher: Publisher, body: Annotated[Any, Body()]
) -> DefinitionSummary:
    """Publish the next version of a definition, for ever.

    Every service in its plan checks its own section first; all faults come back at once, each with its path.
    The same text again answers 200 and changes nothing.
    """
    kit: Kit = request.app.state.kit
    bundle = domain.parse(body)
    if not domain.may_publish(publisher.kind, publisher.agency, bundle.definition.agency):
        raise domain.NotThePublisher()
    async with kit.database.reading() as session:
        standing = await commands.find_repeat(session, bundle)
    if standing is not None:
        response.status_code = 200
        return DefinitionSummary.of(standing)
    await commands.check(kit.peers, bundle)
    async with kit.database.transaction() as session:
        row, is_new = await commands.publish(session, bundle, publisher)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/definitions/{row.id}/{row.version}"
    return DefinitionSummary.of(row)


@router.post(
    "/v1/definition-previews",
    openapi_extra=BODY,
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
async def preview(
    request: Request,
    publisher: Publisher,
    body: Annotated[Any, Body()],
    whole: Annotated[bool, Query(description="A form with every field, or with the required ones only")] = True,
) -> Response:
    """Compose the document of a bundle with sample data, marked as a sample and without a seal; nothing is kept."""
    bundle = domain.parse(body)
    if not domain.may_publish(publisher.kind, publisher.agency, bundle.definition.agency):
        raise domain.NotThePublisher()
    pdf = await commands.preview(request.app.state.kit.peers, bundle, whole=whole)
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


@router.get("/v1/definitions")
async def list_definitions(
    _anyone: Anyone,
    session: Reading,
    after: Annotated[str, Query(max_length=60, pattern=r"^[a-z0-9-]*$")] = "",
    agency: AgencyCode | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DefinitionPage:
    """List the definitions in force, by id."""
    rows = await queries.in_force(session, after=after, limit=limit, agency=agency)
    following = rows[-1].id if len(rows) == limit else None
    return DefinitionPage(items=[DefinitionSummary.of(row) for row in rows], next=following)


@router.get("/v1/definitions/{definition_id}")
async def show_definition(_anyone: Anyone, session: Reading, definition_id: DefinitionId) -> DefinitionView:
    """Show the version in force, and name the others."""
    rows = await queries.versions_of(session, definition_id)
    if not rows:
        raise domain.DefinitionNotFound()
    return DefinitionView(
        **DefinitionSummary.fields_of(rows[-1]),
        versions=[DefinitionSummary.of(row) for row in rows],
        definition=rows[-1].bundle["definition"],
    )


@router.get("/v1/definitions/{definition_id}/{version}")
async def show_version(
    _anyone: Anyone, session: Reading, response: Response, definition_id: DefinitionId, version: Version
) -> PublishedDefinition:
    """Show one version as it was published, with its files."""
    row = await queries.find(session, definition_id, version)
    response.headers["ETag"] = f'"{row.digest}"'
    latest = await queries.latest_number(session, definition_id)
    return PublishedDefinition(**DefinitionSummary.fields_of(row), is_in_force=version == latest, **row.bundle)


@router.get("/v1/reports/levels")
async def report_levels(_anyone: Anyone, session: Reading) -> LevelReport:
    """Count the services in force at each service level, L0 to L3."""
    levels = await queries.levels_in_force(session)
    return LevelReport(levels=domain.count_levels(levels), services=len(levels))


@router.get(
    "/internal/definitions/{definition_id}/{version}/sections/{service}",
    include_in_schema=False,
    response_model_exclude_defaults=True,  # a service of the release before refuses settings that it does not know
)
async def section(
    caller: Service, session: Reading, definition_id: DefinitionId, version: Version, service: Process
) -> Section:
    """Give a service its own section of a version."""
    if caller.subject != service:
        raise Forbidden()
    return await queries.section_of(session, definition_id, version, service)


@router.get("/internal/definitions/{definition_id}/{version}/currency", include_in_schema=False)
async def currency(
    _caller: Annotated[Principal, Depends(allow("service:request"))],
    session: Reading,
    definition_id: DefinitionId,
    version: Version,
) -> Currency:
    """Say whether a version is in force still, and what has changed since."""
    return await queries.currency(session, definition_id, version)
