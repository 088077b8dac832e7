"""Bodies of search's endpoints. Every one carries disclaimer, conditions and the answer time (S2)."""

from pydantic import BaseModel

from kit.contracts.codes import AgencyCode, DefinitionRef
from kit.contracts.definition import Appeal, Manual, Periods
from kit.contracts.journey import Step
from kit.contracts.text import Text
from services.search.domain import Entry, Notice


class ServiceCard(Notice):
    """One service in a list."""

    id: str
    definition: DefinitionRef
    title: Text
    summary: Text
    agency: AgencyCode
    agency_name: Text
    kind: str
    level: str
    topics: list[str]

    @classmethod
    def of(cls, entry: Entry) -> "ServiceCard":
        """The card of an entry."""
        section = entry.section
        return cls(
            **dict(entry.notice),
            **section.model_dump(include={"definition", "agency", "kind", "level"}),
            id=entry.id,
            title=section.title,
            summary=entry.manual.summary,
            agency_name=section.agency_name,
            topics=list(entry.topics),
        )


class SearchAnswer(Notice):
    """What was found, the best first; ``total`` counts what the limit left out."""

    total: int
    items: list[ServiceCard]


class TopicCount(BaseModel):
    """A topic to browse by."""

    topic: str
    name: Text
    services: int


class Topics(Notice):
    """All topics."""

    items: list[TopicCount]


class ServiceList(Notice):
    """A page of the catalogue; ``next`` is the cursor of the following one."""

    items: list[ServiceCard]
    next: str | None


class ServicePage(ServiceCard):
    """One service with its whole manual (คู่มือสำหรับประชาชน), periods, plan and right to appeal."""

    manual: Manual
    periods: Periods
    appeal: Appeal | None
    plan: list[Step]

    @classmethod
    def of(cls, entry: Entry) -> "ServicePage":
        """The page of an entry."""
        section = entry.section
        return cls(
            **dict(ServiceCard.of(entry)),
            manual=entry.manual,
            periods=section.periods,
            appeal=section.appeal,
            plan=list(section.plan),
        )
