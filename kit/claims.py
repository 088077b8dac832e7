"""Needs of a consumer: what it must ask others about a batch of events before its transaction opens.

One HTTP call per need and batch. If an owner is down the events come again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.cloudevents import Event
from kit.contracts.claims import (
    ApplicationClaim,
    CaseClaim,
    CorrectionClaim,
    DecisionClaim,
    DefectClaim,
    DelayClaim,
    DocumentClaim,
    ErasureClaim,
    OrdersClaim,
    PersonClaim,
    ReceiptClaim,
)
from kit.contracts.definition import Section

T = TypeVar("T")
C = TypeVar("C", bound=BaseModel)


class Missing(LookupError):
    """The owner does not know the id; the event comes again later."""


class Asking(Protocol):
    """Where answers come from: peers over HTTP, and the service's own kept sections."""

    async def claim(self, owner: str, name: str, ids: Sequence[UUID]) -> dict[str, Any]:
        """Ask the owner of a claim about ids; the answer is keyed by id."""

    async def sections(self, definitions: Sequence[str]) -> dict[str, Section]:
        """The service's own sections of definitions, keyed by ``id@version``."""


class Need(Generic[T]):
    """One thing a consumer must know about each event."""

    async def resolve(self, asking: Asking, events: Sequence[Event], known: Sequence["Known"]) -> list[T]:
        """The answer for each event, in order."""
        raise NotImplementedError


class Known:
    """What was asked about one event: ``known[APPLICATION]``."""

    def __init__(self, answers: Mapping[Need[Any], Any] | None = None) -> None:
        self._answers = dict(answers or {})

    def __getitem__(self, need: Need[T]) -> T:
        return self._answers[need]

    def learn(self, need: Need[T], answer: T) -> None:
        """Add one answer."""
        self._answers[need] = answer


class ClaimNeed(Need[C], Generic[C]):
    """A claim at another service, by an id found in the event or in an earlier answer."""

    def __init__(
        self, owner: str, name: str, model: type[C], key: Callable[[Event, Known], UUID | None] | None = None
    ) -> None:
        self.owner = owner
        self.name = name
        self.model = model
        self.key = key or (lambda event, _known: event.journey)

    async def resolve(self, asking: Asking, events: Sequence[Event], known: Sequence[Known]) -> list[C]:
        """Ask once for all ids; an id the owner does not know raises Missing."""
        keys = [self.key(event, each) for event, each in zip(events, known, strict=True)]
        wanted = sorted({key for key in keys if key is not None})
        answers = await self.ask(asking, wanted)
        return [answers.get(key) if key else None for key in keys]  # type: ignore[misc]

    async def ask(self, asking: Asking, ids: Sequence[UUID]) -> dict[UUID, C]:
        """The typed claims of the ids; Missing when one is unknown to the owner."""
        if not ids:
            return {}
        raw = await asking.claim(self.owner, self.name, ids)
        absent = [each for each in ids if str(each) not in raw]
        if absent:
            msg = f"{self.owner} has no {self.name} of {absent[0]}"
            raise Missing(msg)
        return {each: self.model.model_validate(raw[str(each)]) for each in ids}

    async def one(self, asking: Asking, key: UUID) -> C:
        """The claim of one id, for due work."""
        return (await self.ask(asking, [key]))[key]


class SectionNeed(Need[Section]):
    """The service's own section of the definition that the event names."""

    async def resolve(self, asking: Asking, events: Sequence[Event], known: Sequence[Known]) -> list[Section]:  # noqa: ARG002
        """From memory or the database; from the gateway when it is met for the first time."""
        # The fact of a new version is about no journey: it names the definition in its data.
        names = [str(event.definition or event.data.definition) for event in events]
        found = await asking.sections(sorted(set(names)))
        return [found[name] for name in names]


SECTION = SectionNeed()
APPLICATION = ClaimNeed("request", "applications", ApplicationClaim)
CASE = ClaimNeed("review", "cases", CaseClaim)
DELAY = ClaimNeed("review", "delays", DelayClaim, key=lambda event, _known: event.data.case)
DEFECT = ClaimNeed("review", "defects", DefectClaim)
CORRECTION = ClaimNeed("request", "corrections", CorrectionClaim)
DECISION = ClaimNeed("approval", "decisions", DecisionClaim)
RECEIPTS = ClaimNeed("payment", "receipts", ReceiptClaim)
DOCUMENT = ClaimNeed("issuance", "documents", DocumentClaim)
ORDERS = ClaimNeed("issuance", "orders", OrdersClaim, key=lambda event, _known: event.data.document)
PERSON = ClaimNeed("identity", "persons", PersonClaim, key=lambda _event, known: known[APPLICATION].person)
ERASURE = ClaimNeed("identity", "erasures", ErasureClaim, key=lambda event, _known: event.data.erasure)

Answer = Callable[[AsyncSession, Sequence[UUID]], Awaitable[Mapping[UUID, BaseModel]]]
View = Callable[[str, BaseModel], BaseModel]


def whole(_caller: str, claim: BaseModel) -> BaseModel:
    """Show every caller all of a claim."""
    return claim


@dataclass(frozen=True)
class Claimed:
    """A claim that this service answers, and the services that may ask it."""

    answer: Answer
    callers: frozenset[str]
    view: View = whole
    """What of a claim a caller gets to see, by the caller's name (data minimisation)."""
