"""What agencies publish as issuers of credentials: metadata, keys, kinds of credentials, status lists."""

import hashlib
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from kit.app import Kit
from kit.auth import Issuer, Issuers, allow
from kit.clock import clock
from kit.contracts.codes import Code
from kit.errors import NotFound, Unavailable
from services.issuance import commands
from services.issuance.api.oauth import Agency
from services.issuance.domain import Places, oid4vci
from services.issuance.queries import Described, KnownIssuers
from services.issuance.queries.issuers import LIFE
from services.issuance.settings import Settings

router = APIRouter(tags=["wallets"], dependencies=[Depends(allow("anyone"))])

WELL_KNOWN = "/.well-known/{document}/issuers/{{agency}}"
"""The path of the issuer stands behind the name (RFC 8615; RFC 8414 section 3.1)."""
LIST_TYPE = "application/statuslist+jwt"


async def _may_be_kept(response: Response) -> None:
    """Let whoever asked keep the answer, also on the way: it is the same for everybody."""
    response.headers["Cache-Control"] = f"public, max-age={LIFE.seconds}"


async def _signer(request: Request, agency: Agency) -> Issuer:
    """Who signs for an agency; NotFound for one that issues nothing."""
    kit: Kit = request.app.state.kit
    if not await kit.resource(KnownIssuers).is_issuing(agency):
        raise NotFound()
    issuer = await kit.resource(Issuers).of(agency)
    if issuer is None:
        raise NotFound()
    return issuer


Signer = Annotated[Issuer, Depends(_signer)]


async def _described(request: Request, agency: Agency, _: Signer) -> Described:
    """What an agency issues, where there is who signs for it."""
    found = await request.app.state.kit.resource(KnownIssuers).described(agency)
    if found is None:
        raise NotFound()
    return cast(Described, found)


Known = Annotated[Described, Depends(_described)]
KEPT = [Depends(_may_be_kept)]


def _places(request: Request, agency: str) -> Places:
    return Places(request.app.state.kit.settings.public_url, agency)


@router.get(WELL_KNOWN.format(document="openid-credential-issuer"), dependencies=KEPT)
async def credential_issuer(request: Request, agency: Agency, known: Known) -> dict[str, Any]:
    """Describe an agency as a credential issuer (OpenID4VCI 1.0 section 12.2)."""
    return oid4vci.issuer_metadata(_places(request, agency), known.name, known.kinds.values())


@router.get(WELL_KNOWN.format(document="oauth-authorization-server"), dependencies=KEPT)
async def authorization_server(request: Request, agency: Agency, _: Signer) -> dict[str, Any]:
    """Describe it as the server that gives its access tokens (RFC 8414)."""
    return oid4vci.server_metadata(_places(request, agency))


@router.get(WELL_KNOWN.format(document="jwt-vc-issuer"), dependencies=KEPT)
async def issuer_keys(request: Request, agency: Agency, signer: Signer) -> dict[str, Any]:
    """Publish the keys that verify its credentials and status lists (SD-JWT VC, JWT VC issuer metadata)."""
    return {"issuer": _places(request, agency).issuer, "jwks": signer.published.as_dict()}


@router.get("/credential-types/{agency}/{document_type}", dependencies=KEPT)
async def credential_type(
    request: Request, agency: Agency, document_type: Annotated[Code, Path()], known: Known
) -> dict[str, Any]:
    """Describe a kind of credential: what ``vct`` leads to (SD-JWT VC, type metadata)."""
    kind = known.kinds.get(document_type)
    if kind is None:
        raise NotFound()
    return oid4vci.type_metadata(_places(request, agency), kind)


@router.get(
    "/status-lists/{list_id}",
    response_class=Response,
    responses={200: {"content": {LIST_TYPE: {}}}, 304: {"description": "The list you have"}},
)
async def status_list(
    request: Request, list_id: UUID, if_none_match: Annotated[str | None, Header(max_length=500)] = None
) -> Response:
    """Give the status of credentials, two bits each (Token Status List): the status that their documents have now.

    0 valid, 1 revoked or replaced, 2 suspended, 3 over.
    """
    kit: Kit = request.app.state.kit
    assert isinstance(kit.settings, Settings)  # noqa: S101 - what the service was built with
    token = await _token(kit, list_id, kit.settings.status_list_seconds)
    etag = f'"{hashlib.sha256(token.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={kit.settings.status_list_seconds}"}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(token, media_type=LIST_TYPE, headers=headers)


async def _token(kit: Kit, list_id: UUID, fresh_s: int) -> str:
    async with kit.database.reading() as session:
        known = await commands.listed(session, list_id)
    if known is None:
        raise NotFound()
    if token := known.current(clock.now()):
        return token
    issuer = await kit.resource(Issuers).of(known.agency)
    if issuer is None:
        raise Unavailable()
    places = Places(kit.settings.public_url, known.agency)
    async with kit.database.transaction() as session:
        return await commands.sign_list(session, list_id, issuer, places, fresh_s)
