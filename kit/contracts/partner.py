"""The agreement with a partner: whose events it may read, which facts, and which fields of them.

The bus hands events on whole, so an agreement must name every field of a fact that it asks for: a partner that
may see fewer fields than a fact has does not get the fact. A field added later is in no agreement until the two
sides agree on it, and until then the agreement is refused.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kit.contracts.codes import AgencyCode
from kit.contracts.definition import Source
from kit.contracts.events import CATALOGUE, Fact
from kit.contracts.text import Text

PartnerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""Also the name of the partner's bus user and durable consumer."""


class AgreedFact(BaseModel):
    """One type of fact, with its version, and the fields of its data that the partner may read: all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    fields: frozenset[str]

    @model_validator(mode="after")
    def _fields_are_all(self) -> Self:
        fact = CATALOGUE.get(self.type)
        if fact is None:
            raise ValueError(f"{self.type} is no fact of the catalogue")
        if others := set(fact.model_fields) ^ self.fields:
            raise ValueError(f"{self.type}: agreed and existing fields differ in {', '.join(sorted(others))}")
        return self


class Agreement(BaseModel):
    """What one partner may read: these facts of these agencies, from a day on, for a purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PartnerName
    title: Text
    purpose: Text
    basis: Source
    agencies: Annotated[frozenset[AgencyCode], Field(min_length=1)]
    facts: Annotated[tuple[AgreedFact, ...], Field(min_length=1)]
    effective_on: date
    """The first day, in Bangkok, whose events the partner may read."""

    @model_validator(mode="after")
    def _versions_go_together(self) -> Self:
        agreed = [each.type for each in self.facts]
        if len(set(agreed)) < len(agreed):
            raise ValueError("a fact is agreed twice")
        # The subject of an event names no version: whoever reads one version of a fact reads them all.
        subjects = {_subject(CATALOGUE[each]) for each in agreed}
        missing = {name for name, fact in CATALOGUE.items() if _subject(fact) in subjects} - set(agreed)
        if missing:
            raise ValueError(f"other versions of an agreed fact are not agreed: {', '.join(sorted(missing))}")
        return self

    def subjects(self) -> Iterator[str]:
        """What the partner may read, as ``<agency>.<source>.<fact>``, in a fixed order."""
        kinds = sorted({_subject(CATALOGUE[each.type]) for each in self.facts})
        return (f"{agency}.{kind}" for agency in sorted(self.agencies) for kind in kinds)


def _subject(fact: type[Fact]) -> str:
    return f"{fact.source}.{fact.name}"
