"""Bodies about acts on what was issued, and about substitutes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kit.contracts.text import Text
from services.issuance.domain import LONGEST_REASON, Act, Kind, Loss, Phase, Status, SubstituteState, is_intact
from services.issuance.models import Document, DocumentAct, Substitute
from services.issuance.schemas.documents import status_today, suspended_until

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
"""An officer's own words; PostgreSQL cannot keep the character NUL."""
Words = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
"""What a document can show."""
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Whole = Annotated[int, Field(ge=-(10**15), le=10**15)]
Decimal = Annotated[float, Field(allow_inf_nan=False)]
Corrections = Annotated[dict[FieldName, Words | Whole | Decimal | bool], Field(max_length=50)]


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
    corrections: Corrections = Field(default_factory=dict)


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


class ProposalPage(BaseModel):
    """A page of what waits; ``next`` is the cursor of the page after it."""

    items: list[ProposalView]
    next: str | None


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
    is_intact: bool
    """Whether each act still holds itself and the one before it on its document."""

    @classmethod
    def of(cls, document: Document, acts: Sequence[DocumentAct]) -> "LicenceView":
        """From its rows."""
        return cls(
            **document.model_dump(include={"id", "title", "kind", "replaces", "issued_on", "valid_until"}),
            journey=document.journey_id, number=document.number, status=status_today(document),
            suspended_until=suspended_until(document), acts=[ActView.model_validate(each) for each in acts],
            is_intact=is_intact((each.document_id, each.content(), each.previous, each.digest) for each in acts),
        )  # fmt: skip


class WantedSubstitute(Body):
    """What happened to a document, and the day since which its holder knows."""

    reason: Loss
    known_on: date


class Refusal(BaseModel):
    """Why a substitute is refused: by whose authority, with facts, law, considerations and the right to appeal."""

    model_config = ConfigDict(from_attributes=True)

    authority: Text
    facts: str
    law: str
    considerations: str
    appeal: Text | None
    at: datetime


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
    refusal: Refusal | None = None

    @classmethod
    def of(cls, wish: Substitute, refusal: DocumentAct | None = None) -> "SubstituteView":
        """From its row, and the act by which it is refused."""
        view = cls.model_validate(wish)
        return view.model_copy(update={"refusal": Refusal.model_validate(refusal)}) if refusal else view


class SubstitutePage(BaseModel):
    """A page of wishes for substitutes; ``next`` is the cursor of the page after it."""

    items: list[SubstituteView]
    next: str | None
