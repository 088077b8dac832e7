"""Bodies of request's endpoints."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from kit.contracts.claims import Defect
from kit.contracts.codes import AgencyCode, DefinitionRef
from kit.contracts.definition import Duration
from kit.contracts.text import PRINTABLE, Language, Text
from services.request.domain import LONGEST_REMARKS, contact_email, contact_line, contact_phone, storable

FormData = Annotated[dict[str, Any], AfterValidator(storable)]
Email = Annotated[str, Field(max_length=254), AfterValidator(contact_email)]
Phone = Annotated[str, Field(max_length=32), AfterValidator(contact_phone)]
Remarks = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REMARKS, pattern=PRINTABLE)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
LineUser = Annotated[str, Field(max_length=33), AfterValidator(contact_line)]


class Body(BaseModel):
    """What is sent: a misspelt field is a fault."""

    model_config = ConfigDict(extra="forbid")


class NewJourney(Body):
    """A journey that begins; ``person`` is None where it is anonymous."""

    journey_id: UUID
    definition: DefinitionRef
    person: UUID | None = None
    language: Language = "th"


class Draft(Body):
    """The whole draft, as far as it has come; nothing in it needs to be complete yet.

    Who names an address wishes to be told there too: SMS to ``phone``, LINE to ``line_user``, as LINE Login gives it.
    """

    form: FormData
    email: Email | None = None
    phone: Phone | None = None
    line_user: LineUser | None = None
    language: Language = "th"


class DraftWarning(BaseModel):
    """What submission would refuse as the draft stands now."""

    pointer: str
    code: str
    detail: Text


class ApplicationView(BaseModel):
    """An application as its applicant sees it."""

    id: UUID
    journey_id: UUID
    definition: DefinitionRef
    agency: AgencyCode
    title: Text
    state: Literal["draft", "submitted", "withdrawn", "sealed", "ended"]
    form: dict[str, Any]
    email: str | None
    phone: str | None = None
    line_user: str | None = None
    language: Language
    opened_at: datetime
    saved_at: datetime
    number: str | None = None
    submitted_at: datetime | None = None
    closed_at: datetime | None = None
    warnings: list[DraftWarning] = []


class DocumentReceived(BaseModel):
    """One document that came with the submission."""

    name: Text
    form_code: str | None
    sha256: str


class Acknowledgement(BaseModel):
    """Proof of filing (EGOV65 s.10); nothing personal in it.

    ``promised_at`` is the earlier end of the two periods, counted from ``legally_received_at``;
    ``payload_sha256`` is of the filed payload as canonical JSON.
    """

    number: str
    journey_id: UUID
    application_id: UUID
    definition: DefinitionRef
    title: Text
    agency: AgencyCode
    agency_name: Text
    responsible_unit: Text
    entered_system_at: datetime
    legally_received_at: datetime
    promised_at: datetime
    promised_date: date
    manual_period: Duration
    act_period: Duration | None
    documents_received: list[DocumentReceived]
    preferred_channel: Literal["electronic"] = "electronic"
    status_url: str
    payload_sha256: str


class RecordSigned(Body):
    """The applicant's signature under the record of the defects (ETA s.9): ``digest`` is what was signed."""

    digest: Sha256


class CorrectedForm(Body):
    """The whole form, with the defects corrected, and what there is to say to them."""

    form: FormData
    remarks: Remarks = ""
    digest: Sha256 | None = None
    """Of the record that is corrected: that signs it, so it is needed unless the record was signed before."""


class CorrectionView(BaseModel):
    """The record of the defects (LFA58 s.8), and what became of it; ``uncorrected`` follows after ``due_at``.

    ``closed``: the application was withdrawn or came to another end meanwhile.
    """

    defect: UUID
    journey_id: UUID
    state: Literal["waiting", "corrected", "returned", "struck_off", "closed"]
    items: list[Defect]
    recorded_at: datetime
    days: int
    due_at: datetime
    officer_name: str
    officer_position: str
    uncorrected: Literal["returned", "struck_off"]
    law: Text
    appeal: Text
    digest: str
    acknowledged_at: datetime | None
    corrected_at: datetime | None
    legally_received_at: datetime | None
    remarks: str
    changed: list[str]
    payload_sha256: str | None


class Seals(BaseModel):
    """What came of a wish to seal: every journey asked about is sealed but these."""

    withdrawn: list[UUID]
