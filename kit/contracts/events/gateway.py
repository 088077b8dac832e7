"""The facts of the gateway: what is published, and what the calendar says."""

from datetime import date
from typing import ClassVar

from kit.contracts.codes import AgencyCode, DefinitionRef
from kit.contracts.events.base import Fact


class DefinitionPublished(Fact):
    """A new immutable version of a government service stands in the catalogue."""

    source: ClassVar[str] = "gateway"
    name: ClassVar[str] = "definition_published"
    definition: DefinitionRef
    agency: AgencyCode


class CalendarChanged(Fact):
    """A day was proclaimed a holiday or a working day, against the standing calendar."""

    source: ClassVar[str] = "gateway"
    name: ClassVar[str] = "calendar_changed"
    day: date
    is_workday: bool
