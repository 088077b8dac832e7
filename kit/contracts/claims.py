"""Claim checks: what one service may ask another about a journey, because events never carry it.

Each claim is one ``POST /internal/claims/<name>`` at its owner with a list of ids, so that one call
serves a whole batch of events. Ids are journeys unless the claim says otherwise.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.contracts.codes import AgencyCode, DefinitionRef


class Claim(BaseModel):
    """Base of every claim: immutable; unknown keys ignored, so that an owner may add some."""

    model_config = ConfigDict(frozen=True)


class ApplicationClaim(Claim):
    """Of request, by journey: the filed application."""

    journey: UUID
    application: UUID
    number: str
    definition: DefinitionRef
    agency: AgencyCode
    person: UUID | None
    """The applicant; None when the journey is anonymous and held by whoever knows its secret."""
    form: dict[str, Any]
    email: str | None
    phone: str | None = None
    """E.164."""
    line_user: str | None = None
    postal_address: str | None = None
    """Line by line, the addressee's name first where the definition names its field."""
    language: Literal["th", "en"]
    submitted_at: datetime
    legally_received_at: datetime
    is_open: bool
    """False once withdrawn or ended."""


class CaseClaim(Claim):
    """Of review, by journey: what the reviewer found."""

    journey: UUID
    case: UUID
    reviewer: UUID | None
    """The officer who recommended or decided; None when a decision table did."""
    rule: str | None
    """The row of the decision table that decided, when one did."""
    result: Literal["recommended", "refused"]
    facts: str
    law: str
    considerations: str
    decided_at: datetime
    accepted_at: datetime | None = None
    """Since when the legal clock runs (LFA58 s.10): the filing was complete."""
    appeal_th: str | None = None
    appeal_en: str | None = None
    """How to appeal, where the result is a refusal."""


class DelayClaim(Claim):
    """Of review, by case: a decision that may be late."""

    case: UUID
    is_running: bool
    """Whether the legal clock runs still."""
    count: int
    """The number of the last notice, 0 before the first."""
    reason: str
    """Why it takes longer, in an officer's words; empty where nobody has said so."""
    due_on: date | None = None
    """The day on which it is due by now: a notice of another day is of a clock that was set anew."""


class DefectClaim(Claim):
    """Of review, by journey: the last record of the defects of its application (LFA58 s.8)."""

    journey: UUID
    defect: UUID
    case: UUID
    items: list["Defect"]
    days: int
    """Calendar days to correct them, from the day after the record (APA39 s.64)."""
    recorded_at: datetime
    due_at: datetime
    """As it was when it was recorded; request moves it on where its last day becomes a holiday."""
    officer: UUID
    officer_name: str
    officer_position: str
    uncorrected: Literal["returned", "struck_off"]
    """What follows when they are not corrected in time."""
    law_th: str
    law_en: str
    """The law by which it follows."""
    appeal_th: str
    appeal_en: str
    digest: str
    """SHA-256 of the record as canonical JSON, hex: what both sides sign."""


class Defect(Claim):
    """One defect, in the officer's words."""

    pointer: str | None = None
    """JSON pointer to the field of the form; None where something else is wanting, a document for one."""
    what: str
    law: str = ""
    """The section of the law, or the item of the manual, that wants it."""


class CorrectionClaim(Claim):
    """Of request, by journey: what became of the last record of its defects."""

    journey: UUID
    defect: UUID
    due_at: datetime
    acknowledged_at: datetime | None
    """When the applicant signed the record (ETA s.9)."""
    corrected_at: datetime | None
    legally_received_at: datetime | None
    """When the correction counts as received (EGOV65 s.10): the legal clock runs from then."""
    remarks: str
    changed: list[str]
    """JSON pointers of the fields that the applicant changed."""


class DecisionClaim(Claim):
    """Of approval, by journey: the signed decision."""

    journey: UUID
    decision: UUID
    result: Literal["granted", "refused"]
    authority_th: str
    authority_en: str
    rule_th: str | None
    """The rule it was made under, when it was made automatically."""
    facts: str
    law: str
    considerations: str
    decided_at: datetime
    digest: str
    """SHA-256 of the signed content, hex."""
    signature: str
    """Detached JWS (ES256) over the content."""
    appeal_th: str | None = None
    appeal_en: str | None = None
    """How to appeal, where the result is a refusal."""


class PersonClaim(Claim):
    """Of identity, by person: the name to print and the masked number."""

    person: UUID
    name_th: str
    name_en: str | None
    pid_masked: str
    pid: str | None = None
    """The full number; only for callers that print it into the person's own document."""
    birthdate: str | None = None
    address: str | None = None


class ErasureClaim(Claim):
    """Of identity, by erasure: whose data are to be erased."""

    erasure: UUID
    person: UUID
    requested_at: datetime


class ReceiptClaim(Claim):
    """Of payment, by journey: the receipts so far."""

    journey: UUID
    receipts: list["Receipt"]


class Receipt(Claim):
    """One numbered receipt."""

    number: str
    amount_satang: int
    paid_at: datetime
    step: str


class OrdersClaim(Claim):
    """Of issuance, by document: the orders that took a right away or refused one, oldest first."""

    document: UUID
    orders: list["Order"]


class Order(Claim):
    """One order on a document (APA39 ss.37, 40), in the officer's words."""

    act: Literal["suspend", "revoke", "substitute"]
    """``substitute``: one was refused."""
    facts: str
    law: str
    considerations: str
    appeal_th: str | None
    appeal_en: str | None
    at: datetime


class DocumentClaim(Claim):
    """Of issuance, by journey: the issued document."""

    journey: UUID
    document: UUID
    number: str
    title_th: str
    title_en: str
    file_name: str
    sha256: str
    issued_at: datetime
    valid_until: date | None
    verify_url: str
