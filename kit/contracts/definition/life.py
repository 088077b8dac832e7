"""What becomes of a document after its issue: how long it may be suspended, what is done when it is lost."""

from typing import Annotated, Literal

from pydantic import Field

from kit.contracts.definition.base import Model, Source


class Suspension(Model):
    """How many days one suspension lasts at the most, its first and its last day among them.

    ``times``: how often the same licence may be suspended in one term; the next cause is one for revocation.
    """

    days: Annotated[int, Field(ge=1, le=3650)]
    times: Annotated[int, Field(ge=1, le=100)] | None = None
    source: Source


class Substitute(Model):
    """A document for one that was lost or damaged (ใบแทน).

    ``within_days`` of knowing it must be asked for; a later wish is taken and marked. ``numbering``: the number of the
    licence with a running number behind it, or the next of the series.
    """

    within_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    numbering: Literal["same", "series"] = "same"
    source: Source


class Renewal(Model):
    """How many days before its last a document may be renewed."""

    days_before: Annotated[int, Field(ge=1, le=3650)]
    source: Source


class Life(Model):
    """The limits of acts on a document; what is absent has none in this definition."""

    suspension: Suspension | None = None
    substitute: Substitute | None = None
    renewal: Renewal | None = None


Reminders = Annotated[tuple[Annotated[int, Field(ge=1, le=3650)], ...], Field(max_length=10)]
"""Days before the last day of a document at which its holder is reminded."""
