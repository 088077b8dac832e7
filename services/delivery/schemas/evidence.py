"""Bodies of the evidence."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.contracts.definition import Source
from services.delivery import domain
from services.delivery.domain import DateRule
from services.delivery.models import AppealPeriod, Dispatch, DispatchEvent
from services.delivery.queries import Evidence

SENDING = (
    "channel", "state", "address_masked", "language", "attempts", "sent_at", "accepted_at", "proved_at", "proof",
    "failed_at", "reason", "decision",
)  # fmt: skip
KEYS = ("message_id", "provider_id", "address_hash", "content_sha256", "reply", "rung", "tried_at", "waits_until")


class RuleView(BaseModel):
    """The rule by which a notice counts as told, with its source and how sure it is."""

    channel: str
    basis: str
    days: int
    is_rolled: bool
    source: Source

    @classmethod
    def of(cls, rule: DateRule) -> "RuleView":
        """From the rule."""
        return cls(channel=rule.channel, basis=rule.basis, days=rule.days, is_rolled=rule.is_rolled, source=rule.source)


class SendingView(BaseModel):
    """What left by one channel. The address is masked."""

    channel: str
    state: str
    address_masked: str | None
    language: str | None
    attempts: int
    sent_at: datetime | None
    accepted_at: datetime | None
    proved_at: datetime | None
    proof: str | None
    failed_at: datetime | None
    reason: str | None
    decision: str | None

    @classmethod
    def of(cls, row: Dispatch) -> "SendingView":
        """From its row."""
        return cls(**{name: getattr(row, name) for name in SENDING})


class SendingEvent(BaseModel):
    """One attempt, answer or report."""

    kind: str
    code: str | None
    at: datetime
    noted_at: datetime

    @classmethod
    def of(cls, row: DispatchEvent) -> "SendingEvent":
        """From its row."""
        return cls(kind=row.kind, code=row.code, at=row.at, noted_at=row.noted_at)


class FullSending(SendingView):
    """The same with its keys, hashes, the provider's last answer and every event."""

    message_id: str
    provider_id: str | None
    address_hash: str | None
    content_sha256: str | None
    reply: str | None
    rung: int
    tried_at: datetime | None
    waits_until: datetime | None
    events: list[SendingEvent]


class PeriodView(BaseModel):
    """One reckoning of an appeal period: by which rule, why and when it was made."""

    noticed_on: date
    appeal_until: date
    rule: RuleView
    cause: str
    reckoned_at: datetime

    @classmethod
    def of(cls, row: AppealPeriod) -> "PeriodView":
        """From its row."""
        return cls(
            noticed_on=row.noticed_on, appeal_until=row.until, rule=RuleView(**row.rule), cause=row.cause,
            reckoned_at=row.reckoned_at,
        )  # fmt: skip


class EvidenceView(BaseModel):
    """The story of a notice in plain words: ``noticed_on`` is the day from which it counts as told, by ``rule``."""

    notice: UUID
    journey: UUID
    kind: str
    written_at: datetime
    opened_at: datetime | None
    noticed_on: date | None
    rule: RuleView | None
    appeal_until: date | None
    sendings: list[SendingView]

    @classmethod
    def of(cls, found: Evidence) -> "EvidenceView":
        """For the addressee."""
        return cls(**_plain(found), sendings=[SendingView.of(each) for each in found.dispatches])


class FullEvidence(EvidenceView):
    """The same with what proves it: ``digest`` is the SHA-256 of what was said, ``is_intact`` that it still is.

    ``template`` and ``template_version`` name the words that were used; ``null`` and 0 are the shipped ones.
    """

    agency: str
    definition: str
    cause: UUID
    digest: str | None
    is_intact: bool | None
    template: UUID | None
    template_version: int
    periods: list[PeriodView]
    sendings: list[FullSending]  # type: ignore[assignment]

    @classmethod
    def of_all(cls, found: Evidence) -> "FullEvidence":
        """For the agency."""
        notice = found.notice
        is_intact = None if notice.digest is None else notice.digest == domain.digest_of(notice.model_dump())
        return cls(
            **_plain(found), agency=notice.agency, definition=notice.definition, cause=notice.cause,
            digest=notice.digest, is_intact=is_intact, template=notice.template_id,
            template_version=notice.template_version, periods=[PeriodView.of(each) for each in found.periods],
            sendings=[_full(each, found) for each in found.dispatches],
        )  # fmt: skip


def _full(row: Dispatch, found: Evidence) -> FullSending:
    said = {name: getattr(row, name) for name in (*SENDING, *KEYS)}
    return FullSending(**said, events=[SendingEvent.of(each) for each in found.events[row.id]])


def _plain(found: Evidence) -> dict[str, Any]:
    """The day that was reckoned last counts; where nothing can be appealed, the one by today's rules."""
    notice, told = found.notice, found.noticed
    last = found.periods[-1] if found.periods else None
    rule = RuleView(**last.rule) if last else RuleView.of(told.rule) if told else None
    return {
        "notice": notice.id, "journey": notice.journey_id, "kind": notice.kind, "written_at": notice.created_at,
        "opened_at": notice.read_at, "noticed_on": last.noticed_on if last else told.on if told else None,
        "rule": rule, "appeal_until": last.until if last else None,
    }  # fmt: skip
