"""Request and response bodies of approval."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from kit.contracts.text import Text
from services.approval.domain import LONGEST_REASON, State

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
"""Free text of an officer; PostgreSQL cannot keep the character NUL."""


class Reasons(BaseModel):
    """Facts, law and considerations (APA39 s.37); a refusal needs all three, a full grant none."""

    model_config = ConfigDict(extra="forbid")

    facts: Reason = ""
    law: Reason = ""
    considerations: Reason = ""


class DecisionSummary(BaseModel):
    """One decision in a queue: nothing of the form in it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    journey_id: UUID
    case_id: UUID
    """At review, where a delay is explained."""
    definition: str
    unit: str
    state: State
    recommendation: str
    opened_at: datetime
    due_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None


class DecisionPage(BaseModel):
    """A page of a queue; ``next`` is the cursor of the page after it."""

    items: list[DecisionSummary]
    next: str | None


class Order(BaseModel):
    """The decision made: what it states and its detached signature (ES256) over ``content``."""

    model_config = ConfigDict(from_attributes=True)

    authority: Text
    rule: Text | None
    order_number: str | None
    facts: str
    law: str
    considerations: str
    content: str
    digest: str
    signature: str


class DecisionView(DecisionSummary):
    """Everything an approver needs; the form is fetched from request for this answer."""

    application_number: str
    form: dict[str, Any]
    reviewer: UUID | None
    recommended: dict[str, str]
    appeal: Text | None
    order: Order | None


class KeySet(BaseModel):
    """Public keys as JWKS (RFC 7517)."""

    keys: list[dict[str, str]]
