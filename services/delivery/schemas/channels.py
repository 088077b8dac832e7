"""Bodies about outside channels: reports of providers, what lies ready at a counter."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.contracts.codes import Code


class Heard(BaseModel):
    """How many reports a call held."""

    reports: int


class PickupView(BaseModel):
    """What the addressee shows at the counter; the code holds nothing but chance."""

    code: str
    ready_at: datetime | None
    collected_at: datetime | None


class PickupCode(BaseModel):
    """What was shown at the counter, typed or scanned."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=16, max_length=40)]


class Collection(PickupCode):
    """The officer has checked who it is, by this document."""

    identity: Literal["id-card", "passport", "thaid", "power-of-attorney"]


class CounterView(BaseModel):
    """What lies ready, and the name that the document shown must bear; None where nobody is known by name."""

    notice: UUID
    journey: UUID
    kind: Code
    application_number: str | None
    name: str | None
    ready_at: datetime | None
    collected_at: datetime | None
