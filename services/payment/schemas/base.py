"""What the bodies of payment are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Satang = Annotated[int, Field(gt=0, strict=True)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
"""An officer's own words; PostgreSQL cannot keep the character NUL."""
Reference = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,63}$")]


class Body(BaseModel):
    """What is sent: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid")
