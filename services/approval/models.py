"""Tables of approval: decisions and the keys that sign them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.contracts.text import Text
from services.approval.domain import Content, Standing, State

Time = DateTime(timezone=True)


class Base(SQLModel, registry=registry()):
    """Own registry: two services' tables must not meet in one metadata."""


class Decision(Base, table=True):
    """One decision about a case. Of the form nothing is kept: it is asked of request when it is read."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("journey_id", "step"),
        Index("decisions_queue", "agency", "state", "due_at", "id"),
        # Of all agencies, for the metrics and a changed calendar; as small as what waits.
        Index("decisions_waiting", "id", postgresql_where=text("state = 'waiting'")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any] = Field(sa_type=JSONB)
    unit: str

    case_id: UUID
    reviewer: UUID | None = None
    recommendation: str
    """``recommended`` or ``refused``, as review's claim says."""
    recommended: dict[str, str] = Field(sa_type=JSONB)
    """Facts, law and considerations of the recommendation."""
    opened_at: datetime = Field(default_factory=clock.now, sa_type=Time)
    accepted_at: datetime = Field(sa_type=Time)
    """Since when the legal clock runs."""
    periods: dict[str, Any] = Field(sa_type=JSONB)
    due_at: datetime = Field(sa_type=Time)

    authority: dict[str, str] = Field(sa_type=JSONB)
    appeal: dict[str, str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    """The right to appeal under this definition, Thai and English."""

    state: str = State.WAITING
    decided_by: UUID | None = None
    """None while undecided and for a decision under a rule."""
    decided_at: datetime | None = Field(default=None, sa_type=Time)
    rule: dict[str, str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    order_number: str | None = None
    """Number of the order that permits the rule."""
    facts: str = ""
    law: str = ""
    considerations: str = ""
    closed_by: str | None = None
    """The fact that ended the journey before a decision."""

    content: str | None = None
    """The signed content: canonical JSON."""
    digest: str | None = None
    previous_digest: str | None = None
    """Of the decision before it, once decisions form a chain."""
    signature: str | None = None

    @property
    def standing(self) -> Standing:
        """State and officers, as the domain sees them."""
        return Standing(self.reviewer, State(self.state), self.decided_by)

    def stand(self, standing: Standing) -> None:
        """Take over what the domain has decided."""
        self.state, self.decided_by = standing.state, standing.decided_by

    @property
    def appeal_text(self) -> Text | None:
        """The right to appeal, to be told with a refusal."""
        return Text.model_validate(self.appeal) if self.appeal else None

    def to_sign(self) -> Content:
        """The content of the decision made."""
        assert self.decided_at is not None  # noqa: S101 - set by whoever decides
        return Content(
            decision=self.id,
            journey=self.journey_id,
            case=self.case_id,
            agency=self.agency,
            definition=self.definition,
            result=self.state,
            officer=self.decided_by,
            authority=self.authority,
            rule=self.rule,
            order=self.order_number,
            facts=self.facts,
            law=self.law,
            considerations=self.considerations,
            appeal=self.appeal if self.state == State.REFUSED else None,
            decided_at=self.decided_at,
        )


class SigningKey(Base, table=True):
    """The key of one officer, or of an agency's authority for decisions under a rule."""

    __tablename__ = "signing_keys"

    kid: str = Field(primary_key=True)
    holder: str = Field(unique=True)
    """``officer:<id>`` or ``agency:<code>``; never shown."""
    public_pem: str
    sealed: bytes
    created_at: datetime = Field(default_factory=clock.now, sa_type=Time)


METADATA = Base.metadata
