"""The register of what was granted: anybody may search it, free and without signing in, as it is at this moment."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from kit.auth import allow
from kit.contracts.codes import AgencyCode, Code
from kit.database import Reading
from services.issuance import queries
from services.issuance.domain import Status, search_of
from services.issuance.schemas import RegisterEntry, RegisterPage

router = APIRouter(tags=["verification"], dependencies=[Depends(allow("anyone"))])


@router.get("/register")
async def register(
    response: Response,
    session: Reading,
    q: Annotated[
        str | None, Query(max_length=100, description="words of the number, the title or the public fields")
    ] = None,
    agency: Annotated[AgencyCode | None, Query()] = None,
    document_type: Annotated[Code | None, Query()] = None,
    status: Annotated[Status | None, Query(description="what a document is worth today")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> RegisterPage:
    """Search every document that was issued, the newest first (EGOV65 s.13(2)).

    It shows what the document's definition makes public, national ids masked, and no verification code: that is for
    whoever holds the document. Each word of ``q`` must be found; Thai and Western digits are the same.
    """
    response.headers["Cache-Control"] = "no-store"
    search = search_of(q) if q is not None else None
    asked = queries.Asked(search, agency, document_type, status)
    found, following = await queries.register(session, asked, cursor, limit)
    return RegisterPage(items=[RegisterEntry.of(each) for each in found], next=following)
