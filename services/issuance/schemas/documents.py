"""Bodies about documents and what is shown of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.clock import clock, local_date
from kit.contracts.text import Text
from services.issuance import domain
from services.issuance.domain import Kind, State, Status
from services.issuance.models import Document


def status_today(document: Document) -> Status:
    """The live status of an issued document."""
    return domain.status_on(document, local_date(clock.now()))


def suspended_until(document: Document) -> date | None:
    """The last day of the suspension that a document is under."""
    return document.suspended_until if status_today(document) is Status.SUSPENDED else None


class DocumentView(BaseModel):
    """An issued document as its holder sees it; ``sha256`` is of the PDF file that is given out now."""

    id: UUID
    journey: UUID
    number: str
    title: Text
    status: Status
    issued_on: date
    issued_at: datetime
    valid_until: date | None
    suspended_until: date | None
    """The last day of a suspension; None where there is none, or none is fixed."""
    kind: Kind
    replaces: UUID | None
    """The document in whose place it stands."""
    file_name: str
    sha256: str
    verify_url: str

    @classmethod
    def of(cls, document: Document, sha256: str, verify_url: str) -> "DocumentView":
        """From its row and its file."""
        return cls(
            **document.model_dump(
                include={
                    "id",
                    "issued_on",
                    "issued_at",
                    "valid_until",
                    "kind",
                    "replaces",
                    "file_name",
                }
            ),
            suspended_until=suspended_until(document),
            sha256=sha256,
            journey=document.journey_id,
            number=document.number,
            title=Text(**document.title),
            status=status_today(document),
            verify_url=verify_url,
        )


class PublicField(BaseModel):
    """One item that the licence shows."""

    name: str
    title: Text
    value: str


class Shown(BaseModel):
    """What of an issued document is shown to everybody."""

    number: str
    title: Text
    agency: str
    agency_name: Text
    status: Status
    status_words: Text
    issued_on: date
    valid_until: date | None
    suspended_until: date | None
    fields: list[PublicField]


def _shown(document: Document) -> dict[str, Any]:
    """The members of `Shown`, from a row."""
    status = status_today(document)
    return {
        **document.model_dump(include={"title", "agency", "agency_name", "issued_on", "valid_until"}),
        "number": document.number,
        "status": status,
        "status_words": domain.STATUS_WORDS[status],
        "suspended_until": suspended_until(document),
        "fields": document.public,
    }


class VerificationView(Shown):
    """What anybody may know of an issued document (EGOV65 s.13(2)); as of ``checked_at``.

    ``sha256`` is of the file as it is given out now, ``files`` of every version that was, the first one first: each is
    the beginning of the next, and genuine.
    """

    document: UUID
    sha256: str
    files: list[str]
    checked_at: datetime

    @classmethod
    def of(cls, document: Document, files: Sequence[str]) -> "VerificationView":
        """From its row and the digests of its files."""
        return cls(
            **_shown(document), document=document.id, sha256=files[-1], files=list(files), checked_at=clock.now()
        )


class RegisterEntry(Shown):
    """What anybody finds of an issued document in the register (EGOV65 s.13(2)); its code is not among it."""

    document_type: str | None

    @classmethod
    def of(cls, document: Document) -> "RegisterEntry":
        """From its row."""
        return cls(**_shown(document), document_type=document.document_type)


class RegisterPage(BaseModel):
    """A page of the register; ``next`` is the cursor of the page after it."""

    items: list[RegisterEntry]
    next: str | None


class UnfinishedDocument(BaseModel):
    """A document that is not made yet, for the operator; ``fault`` is what went wrong last."""

    id: UUID
    journey: UUID
    definition: str
    state: State
    reason: str | None
    fault: str | None
    attempt: int
    requested_at: datetime

    @classmethod
    def of(cls, document: Document) -> "UnfinishedDocument":
        """From its row."""
        return cls(**document.model_dump(include=set(cls.model_fields) - {"journey"}), journey=document.journey_id)
