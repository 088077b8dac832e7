"""Bodies of issuance's answers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.clock import clock, local_date
from kit.contracts.text import Text
from services.issuance import domain
from services.issuance.domain import CopyState, State, Status
from services.issuance.models import CertifiedCopy, Document


def status_now(document: Document) -> Status:
    """The live status of an issued document."""
    return domain.status_of(State(document.state), document.valid_until, local_date(clock.now()))


class DocumentView(BaseModel):
    """An issued document as its holder sees it; ``sha256`` is of the PDF file."""

    id: UUID
    journey: UUID
    number: str
    title: Text
    status: Status
    issued_on: date
    issued_at: datetime
    valid_until: date | None
    file_name: str
    sha256: str
    verify_url: str

    @classmethod
    def of(cls, document: Document, verify_url: str) -> "DocumentView":
        """From its row."""
        return cls(
            **document.model_dump(include={"id", "issued_on", "issued_at", "valid_until", "file_name", "sha256"}),
            journey=document.journey_id,
            number=document.number,
            title=Text(**document.title),
            status=status_now(document),
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
    fields: list[PublicField]


def _shown(document: Document) -> dict[str, Any]:
    """The members of `Shown`, from a row."""
    status = status_now(document)
    return {
        **document.model_dump(include={"title", "agency", "agency_name", "issued_on", "valid_until"}),
        "number": document.number,
        "status": status,
        "status_words": domain.STATUS_WORDS[status],
        "fields": document.public,
    }


class VerificationView(Shown):
    """What anybody may know of an issued document (EGOV65 s.13(2)); as of ``checked_at``."""

    document: UUID
    sha256: str
    checked_at: datetime

    @classmethod
    def of(cls, document: Document) -> "VerificationView":
        """From its row."""
        return cls(**_shown(document), document=document.id, sha256=document.sha256, checked_at=clock.now())


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


class CopyView(BaseModel):
    """A certified copy; ``status`` is what the document was worth on the day it was certified."""

    copy_number: int
    document: UUID
    state: CopyState
    status: Status
    certified_on: date
    original_sha256: str
    file_name: str | None
    sha256: str | None

    @classmethod
    def of(cls, copy: CertifiedCopy) -> "CopyView":
        """From its row."""
        shown = copy.model_dump(include=set(cls.model_fields))
        return cls(**shown, copy_number=copy.running, document=copy.document_id)


class FileCheck(BaseModel):
    """Whether a file is, to the last byte, one that was issued; and which.

    ``certified_copy`` is set where the file is one: what it shows is as of its day, ``verification`` as of now.
    """

    genuine: bool
    sha256: str
    certified_copy: CopyView | None = None
    verification: VerificationView | None


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


class CredentialOfferView(BaseModel):
    """An offer for the holder's wallet, shown this once: ``offer_uri``, also as a QR code, and ``tx_code`` beside it.

    ``offer`` is what the address says (OpenID4VCI 1.0 section 4.1.1).
    """

    offer: dict[str, Any]
    offer_uri: str
    qr_svg: str
    tx_code: str
    expires_at: datetime
