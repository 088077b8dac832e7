"""The public register: anybody may ask what a document is worth today, and whether a file is genuine."""

import hashlib
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, File, Header, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import allow
from kit.contracts.text import Language
from kit.database import Reading
from kit.errors import language_of
from kit.problems import MAX_FILE, RESPONSES
from services.issuance import domain, queries
from services.issuance.api import display, page
from services.issuance.domain import Tokens
from services.issuance.duework.composing import verify_url
from services.issuance.models import Document
from services.issuance.schemas import CopyView, FileCheck, VerificationView
from services.issuance.settings import Settings

router = APIRouter(tags=["verification"], dependencies=[Depends(allow("anyone"))])


async def reader_language(
    language: Annotated[Literal["th", "en"] | None, Query()] = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Language:
    """The language chosen on the page, else the browser's."""
    return language or language_of(accept_language)


ReaderLanguage = Annotated[Language, Depends(reader_language)]
WHOLE_FILES = dict.fromkeys(("/verifications", "/verify/[^/]+"), MAX_FILE)
"""The largest bodies of paths that take a file."""
PIECE = 65_536
A_PAGE = {"text/html": {}} | RESPONSES["4XX"]["content"]
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"description": "No document under this code: a page for people", "content": A_PAGE},
    410: {"description": "The document is not kept any more: a page for people", "content": A_PAGE},
}


async def _found(request: Request, session: AsyncSession, token: str) -> Document:
    kit: Kit = request.app.state.kit
    return await queries.by_token(session, kit.resource(Tokens).read(token))


async def _shown(session: AsyncSession, document: Document) -> VerificationView:
    files = await queries.files_of(session, document.id)
    return VerificationView.of(document, [each.sha256 for each in files])


@router.get("/verifications/{token}")
async def verification(request: Request, response: Response, session: Reading, token: str) -> VerificationView:
    """Show what the document shows and its status now; free and without signing in (EGOV65 s.13(2)).

    410 for a document that was issued and is not kept any more.
    """
    response.headers["Cache-Control"] = "no-store"
    return await _shown(session, await _found(request, session, token))


@router.post(
    "/verifications",
    # An empty body is an empty file, and such a one was never issued.
    openapi_extra={"requestBody": {"required": False, "content": {"application/pdf": {}}}},
)
async def check_file(request: Request, response: Response) -> FileCheck:
    """Tell whether the file sent as the body is, to the last byte, a version of an issued one; nothing is kept.

    410 for the file of a document that was issued and is not kept any more.
    """
    response.headers["Cache-Control"] = "no-store"
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
    sha256 = digest.hexdigest()
    kit: Kit = request.app.state.kit
    # Whoever sends slowly holds no connection.
    async with kit.database.reading() as session:
        found, copy = await queries.by_sha256(session, sha256), None
        if found is None and (copied := await queries.copy_by_sha256(session, sha256)):
            copy, found = CopyView.of(copied[0]), copied[1]
        if found is not None:
            queries.check_kept(found)
        verification = await _shown(session, found) if found else None
    return FileCheck(genuine=found is not None, sha256=sha256, certified_copy=copy, verification=verification)


@router.get("/verify/{token}", response_class=HTMLResponse, responses=UNKNOWN)
async def verify_page(request: Request, session: Reading, token: str, language: ReaderLanguage) -> HTMLResponse:
    """The page behind the QR code: the same for people to read; 404 for an unknown token, 410 when it is not kept."""
    try:
        shown = await _shown(session, await _found(request, session, token))
    except (domain.VerificationNotFound, domain.NoLongerKept) as why:
        return page.without(why, language)
    return page.of(shown, language)


@router.get("/verify/{token}/display", response_class=HTMLResponse, responses=UNKNOWN)
async def display_page(request: Request, session: Reading, token: str, language: ReaderLanguage) -> HTMLResponse:
    """Show the document on a screen of the premises, its sides in turn (EGOV65 s.13(1)); it loads itself anew."""
    try:
        found = await _found(request, session, token)
    except (domain.VerificationNotFound, domain.NoLongerKept) as why:
        return page.without(why, language)
    settings = cast(Settings, request.app.state.kit.settings)
    address = verify_url(settings.public_url, str(found.token))
    return display.of(await _shown(session, found), address, settings.display_seconds)


@router.post("/verify/{token}", response_class=HTMLResponse, responses=UNKNOWN)
async def verify_file(
    request: Request,
    token: str,
    language: ReaderLanguage,
    file: Annotated[UploadFile, File()],
) -> HTMLResponse:
    """Tell on the page whether the file chosen there is this document or a certified copy of it to the last byte.

    Nothing of it is kept.
    """
    kit: Kit = request.app.state.kit
    # No connection is held while the file is read, which may lie on the disk.
    digest = hashlib.sha256()
    while piece := await file.read(PIECE):
        digest.update(piece)
    sha256 = digest.hexdigest()
    try:
        async with kit.database.reading() as session:
            found = await _found(request, session, token)
            shown, copied = await _shown(session, found), await queries.copy_by_sha256(session, sha256)
    except (domain.VerificationNotFound, domain.NoLongerKept) as why:
        return page.without(why, language)
    copy = copied[0].running if copied and copied[1].id == found.id else None
    return page.of(shown, language, is_genuine=sha256 in shown.files, copy=copy)
