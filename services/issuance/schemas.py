"""Bodies of issuance's answers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kit.clock import clock, local_date
from kit.contracts.text import Text
from services.issuance import domain
from services.issuance.domain import LONGEST_REASON, Act, CopyState, Kind, Loss, Phase, State, Status, SubstituteState
from services.issuance.models import CertifiedCopy, Document, DocumentAct

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
"""An officer's own words; PostgreSQL cannot keep the character NUL."""


def status_now(document: Document) -> Status:
    """The live status of an issued document."""
    today = local_date(clock.now())
    return domain.status_of(State(document.state), document.valid_until, today, document.suspended_until)


def suspended_until(document: Document) -> date | None:
    """The last day of the suspension that a document is under."""
    return document.suspended_until if status_now(document) is Status.SUSPENDED else None


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
    suspended_until: date | None
    """The last day of a suspension; None where there is none, or none is fixed."""
    kind: Kind
    replaces: UUID | None
    """The document in whose place it stands."""
    file_name: str
    sha256: str
    verify_url: str

    @classmethod
    def of(cls, document: Document, verify_url: str) -> "DocumentView":
        """From its row."""
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
                    "sha256",
                }
            ),
            suspended_until=suspended_until(document),
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


class Body(BaseModel):
    """What is sent: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid")


class Reasons(Body):
    """Facts, law and considerations of an order (APA39 s.37); what takes a right away needs all three."""

    facts: Reason = ""
    law: Reason = ""
    considerations: Reason = ""

    @property
    def said(self) -> dict[str, str]:
        """By their names."""
        return {"facts": self.facts, "law": self.law, "considerations": self.considerations}


class ProposedAct(Reasons):
    """What an officer wants done: ``until`` is the last day of a suspension, ``corrections`` are an amendment's.

    A correction names a field of the form that the document shows (``shop_name``, ``/place/road``) and its new value.
    """

    act: Literal["suspend", "revoke", "amend"]
    until: date | None = None
    corrections: Annotated[dict[str, str | int | float | bool], Field(max_length=50)] = Field(default_factory=dict)


class Rejection(Body):
    """Why what was proposed is not done."""

    reason: Annotated[Reason, StringConstraints(min_length=1)]


class ActView(BaseModel):
    """An act of authority: by whom, when, under which law and why; ``officer`` is null for the calendar."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document: UUID = Field(validation_alias="document_id")
    act: Act
    phase: Phase
    proposal: UUID | None = Field(validation_alias="proposal_id")
    officer: UUID | None
    authority: Text
    facts: str
    law: str
    considerations: str
    appeal: Text | None
    until: date | None
    about: UUID | None
    at: datetime
    digest: str


class ProposalView(ActView):
    """What waits to be confirmed or rejected, and for which document."""

    journey: UUID
    number: str
    title: Text

    @classmethod
    def of(cls, act: DocumentAct, document: Document) -> "ProposalView":
        """From its rows."""
        said = ActView.model_validate(act).model_dump()
        names = {"document_id": said.pop("document"), "proposal_id": said.pop("proposal")}
        return cls(**said, **names, journey=document.journey_id, number=document.number, title=Text(**document.title))


class LicenceView(BaseModel):
    """An issued document with every act on it, and on those before and after it in the same term."""

    id: UUID
    journey: UUID
    number: str
    title: Text
    kind: Kind
    replaces: UUID | None
    status: Status
    issued_on: date
    valid_until: date | None
    suspended_until: date | None
    acts: list[ActView]

    @classmethod
    def of(cls, document: Document, acts: Sequence[DocumentAct]) -> "LicenceView":
        """From its rows."""
        return cls(
            **document.model_dump(include={"id", "title", "kind", "replaces", "issued_on", "valid_until"}),
            journey=document.journey_id, number=document.number, status=status_now(document),
            suspended_until=suspended_until(document), acts=[ActView.model_validate(each) for each in acts],
        )  # fmt: skip


class WantedSubstitute(Body):
    """What happened to a document, and the day since which its holder knows."""

    reason: Loss
    known_on: date


class SubstituteView(BaseModel):
    """A wish for a substitute; ``is_late``: it came after the days that the definition gives."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document: UUID = Field(validation_alias="document_id")
    journey: UUID = Field(validation_alias="journey_id")
    reason: Loss
    known_on: date
    is_late: bool
    state: SubstituteState
    asked_at: datetime
    settled_at: datetime | None
