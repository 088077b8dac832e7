"""The envelope: CloudEvents 1.0 in structured JSON, with the extensions of a journey."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, field_serializer
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.contracts.codes import AgencyCode, DefinitionRef
from kit.contracts.events import CATALOGUE, Fact, HandOver
from kit.contracts.journey import Process, Slip, Step

NO_NEXT = "none"


class UnknownFact(ValueError):
    """The type is not in the catalogue: from a newer producer, or no fact at all."""


class Event(BaseModel):
    """One event as it travels; ``data`` is the typed fact."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    agency: AgencyCode
    causationid: UUID | None = None
    traceparent: str | None = None
    journeyid: UUID | None = None
    definition: DefinitionRef | None = None
    step: str | None = None
    next: str = NO_NEXT
    nextstep: str | None = None
    data: Any

    @field_serializer("data")
    def _data_as_json(self, data: Fact) -> dict[str, Any]:
        return data.model_dump(mode="json")

    @property
    def address(self) -> str:
        """The NATS subject: ``events.<agency>.<source>.<fact>.<next>``."""
        return f"events.{self.agency}.{self.data.source}.{self.data.name}.{self.next}"

    @property
    def journey(self) -> UUID:
        """The journey it is about; ValueError for a fact of no journey."""
        if self.journeyid is None:
            msg = f"{self.type} is about no journey"
            raise ValueError(msg)
        return self.journeyid

    def arrival(self) -> dict[str, Any]:
        """The columns that a service keeps of a hand-over: journey, definition, step and slip there."""
        slip: Slip = self.data.slip.at(self.nextstep)
        return {
            "journey_id": self.journey,
            "agency": self.agency,
            "definition": self.definition,
            "step": self.nextstep,
            "slip": slip.model_dump(mode="json"),
        }

    def to_json(self) -> bytes:
        """Structured JSON, UTF-8, absent extensions left out."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Event":
        """Parse and type an event; ValueError when it is malformed, UnknownFact when not catalogued."""
        event = cls.model_validate_json(body)
        fact = CATALOGUE.get(event.type)
        if fact is None:
            raise UnknownFact(event.type)
        # A fact may have grown since this reader was built; only a producer must know all of its fields.
        return event.model_copy(update={"data": fact.model_validate(event.data, extra="ignore")})


class Position(BaseModel):
    """Where a journey stands when a fact about it is told."""

    journey_id: UUID
    agency: AgencyCode
    definition: DefinitionRef
    step: str
    slip: Slip


def compose(
    fact: Fact,
    *,
    position: Position | None = None,
    agency: str = "platform",
    subject: UUID | str | None = None,
    causation: UUID | None = None,
    traceparent: str | None = None,
) -> Event:
    """Put a fact in its envelope; for a hand-over the next step is computed from the slip."""
    following: Step | None = None
    if isinstance(fact, HandOver):
        following = fact.slip.next(fact.outcome)
    return Event(
        id=uuid7(),
        source=f"/services/{fact.source}" if fact.source in set(Process) else f"/{fact.source}",
        type=fact.type(),
        subject=str(subject or (position and position.journey_id) or fact.name),
        time=clock.now(),
        dataschema=f"urn:paet:schema:{fact.type()}",
        agency=position.agency if position else agency,
        causationid=causation,
        traceparent=traceparent,
        journeyid=position.journey_id if position else None,
        definition=position.definition if position else None,
        step=position.step if position else None,
        next=following.process if following else NO_NEXT,
        nextstep=following.id if following else None,
        data=fact,
    )
