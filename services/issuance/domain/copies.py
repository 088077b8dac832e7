"""Certified copies: what the agency certifies of a document on a day, free of charge (EGOV65 s.12)."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from kit.contracts.text import Text
from kit.documents.copying import Box
from kit.errors import NotFound
from services.issuance.domain.states import STATUS_WORDS, Status

MILLIMETRE = 72 / 25.4
BOX: Box = (14 * MILLIMETRE, 60 * MILLIMETRE, 196 * MILLIMETRE, 276 * MILLIMETRE)
"""Where the original stands on a page of ``templates/copy.typ``, inside its frame."""
COPY_TYPE = "certified-copy"
COPY_XML = "copy.xml"


class CopyState(StrEnum):
    """``requested → made``."""

    REQUESTED = "requested"
    MADE = "made"


class CopyNotFound(NotFound):
    """No such copy, or not yet made, or of somebody else's document."""

    code = "copy-not-found"
    title = Text(th="ไม่พบสำเนารับรองนี้ หรือยังจัดทำไม่เสร็จ", en="There is no such certified copy, or it is not made yet")


def copy_data(
    *, title: Text, number: str, agency_name: Text, copy: int, certified_on: date, status: Status, original_sha256: str
) -> dict[str, Any]:
    """What is printed on a copy, and lies in it as XML."""
    return {
        "title": title.model_dump(),
        "number": number,
        "agency_name": agency_name.model_dump(),
        "copy": copy,
        "certified_on": certified_on.isoformat(),
        "status": STATUS_WORDS[status].model_dump(),
        "original_sha256": original_sha256,
    }


def copy_storage_name(agency: str, document: UUID, copy: int) -> str:
    """Where the file of a copy lies."""
    return f"documents/{agency}/{document}/copy-{copy}.pdf"
