"""Acts of authority on a document that was issued: who may do what to it, when, with which reasons. Pure.

Whatever takes a right away, or changes what a document says, is proposed by one officer and confirmed by another. An
act is kept for ever with authority, law, reasons, officer and time, and each holds the digest of the one before it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from kit.contracts.appeal import appeal_text
from kit.contracts.definition import IssuanceStep, Life, Section
from kit.contracts.text import Text
from kit.errors import FieldError
from services.issuance.domain.numbering import last_valid_day
from services.issuance.domain.problems import (
    ActForbidden,
    AppealUnknown,
    ConfirmerIsProposer,
    ReasonsMissing,
    SuspensionsUsedUp,
    UntilImpossible,
)
from services.issuance.domain.states import Status

REASONS = ("facts", "law", "considerations")
LONGEST_REASON = 20_000


class Act(StrEnum):
    """What is done to a document."""

    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    REVOKE = "revoke"
    SUBSTITUTE = "substitute"
    AMEND = "amend"
    RENEW = "renew"


class Phase(StrEnum):
    """How far an act has come: ``done`` is what one officer, or the calendar, does alone."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DONE = "done"


BY_TWO = (Act.SUSPEND, Act.REVOKE, Act.AMEND)
"""One officer proposes these, another confirms."""

ADVERSE = (Act.SUSPEND, Act.REVOKE)
"""These take a right away: they tell how to appeal (APA39 s.40)."""

WORTH = {
    Act.SUSPEND: (Status.VALID,),
    Act.REINSTATE: (Status.SUSPENDED,),
    Act.REVOKE: (Status.VALID, Status.SUSPENDED),
    Act.SUBSTITUTE: (Status.VALID,),
    Act.AMEND: (Status.VALID,),
    Act.RENEW: (Status.VALID,),
}
"""What a document must be worth at the time of an act."""

_MISSING = {
    "facts": Text(th="ต้องระบุข้อเท็จจริงอันเป็นสาระสำคัญ", en="State the material facts"),
    "law": Text(th="ต้องระบุข้อกฎหมายที่อ้างอิง", en="State the legal basis"),
    "considerations": Text(
        th="ต้องระบุข้อพิจารณาและข้อสนับสนุนในการใช้ดุลพินิจ", en="State the considerations supporting the discretion"
    ),
}


@dataclass(frozen=True)
class Standing:
    """How a document stands before an act: its worth today, its last day, how often it was suspended."""

    status: Status
    today: date
    valid_until: date | None
    suspensions: int = 0


@dataclass(frozen=True)
class Terms:
    """What a definition says of acts on its documents: the limits, by whose authority, how to appeal."""

    life: Life
    authority: Text
    appeal: Text | None
    months: int | None = None
    """How long a document holds."""

    @classmethod
    def of(cls, section: Section, settings: IssuanceStep) -> "Terms":
        """From the section of issuance and the settings of the step."""
        signer, position = settings.signer, settings.signer_position
        authority = Text(th=f"{signer.th} {position.th}", en=f"{signer.en}, {position.en}")
        return cls(
            settings.life, authority, appeal_text(section.appeal) if section.appeal else None, settings.validity.months
        )

    @property
    def substitute_law(self) -> str:
        """Under which law a substitute is given; empty where the definition names none."""
        return self.life.substitute.source.named.th if self.life.substitute else ""


def check(act: Act, now: Standing, life: Life, until: date | None = None, months: int | None = None) -> None:
    """Raise unless the act may be done today under the limits of the definition.

    ActForbidden; of a suspension UntilImpossible, SuspensionsUsedUp.
    """
    if now.status not in WORTH[act] or (act is Act.RENEW and not may_renew(now, life, months)):
        raise ActForbidden(document_status=now.status)
    if act is Act.SUSPEND:
        _check_suspension(now, life, until)


def may_renew(now: Standing, life: Life, months: int | None = None) -> bool:
    """Whether a document has an end, and it is near enough: at most one period of so many months lies ahead."""
    if now.valid_until is None:
        return False
    ahead = last_valid_day(now.today, months)
    if ahead is not None and now.valid_until > ahead:
        return False
    return life.renewal is None or (now.valid_until - now.today).days <= life.renewal.days_before


def _check_suspension(now: Standing, life: Life, until: date | None) -> None:
    limit = life.suspension
    if limit is not None and limit.times is not None and now.suspensions >= limit.times:
        raise SuspensionsUsedUp(times=limit.times)
    if until is not None and until < now.today:
        words = "วันสุดท้ายของการพักใช้ผ่านไปแล้ว", "The last day of a suspension may not be past"
        raise UntilImpossible(errors=[_until(*words)])
    if limit is None:
        return
    last = now.today + timedelta(days=limit.days - 1)
    if until is None or until > last:
        words = f"พักใช้ได้ครั้งละไม่เกิน {limit.days} วัน", f"A suspension lasts {limit.days} days at the most"
        raise UntilImpossible(errors=[_until(*words)])


def _until(th: str, en: str) -> FieldError:
    return FieldError("/until", "until-impossible", Text(th=th, en=en))


def check_reasons(reasons: Mapping[str, str], required: Iterable[str] = REASONS) -> None:
    """ReasonsMissing with a fault for each reason that is empty (APA39 s.37)."""
    faults = [
        FieldError(f"/{name}", "required", _MISSING[name]) for name in required if not reasons.get(name, "").strip()
    ]
    if faults:
        raise ReasonsMissing(errors=faults)


def check_appeal(act: Act, appeal: Text | None) -> None:
    """AppealUnknown where what takes a right away cannot say how to appeal (APA39 s.40)."""
    if act in ADVERSE and appeal is None:
        raise AppealUnknown


def check_confirmer(proposer: UUID | None, officer: UUID) -> None:
    """ConfirmerIsProposer: nobody confirms what they proposed."""
    if proposer == officer:
        raise ConfirmerIsProposer


def digest_of(previous: str | None, content: Mapping[str, Any]) -> str:
    """SHA-256, hex, of an act as canonical JSON with the digest of the act before it on the same document."""
    body = {"previous": previous} | {name: _plain(value) for name, value in content.items()}
    written = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


Link = tuple[Mapping[str, Any] | None, str | None, str]
"""An act: its content, the digest of the one before as it states it, its own digest; no content where none is kept."""


def first_broken(acts: Iterable[Link]) -> int | None:
    """The place of the first act, counted from 0, that does not hold the one before it or itself; None: all hold.

    Of one that is not kept any more only its digest can be looked at.
    """
    before: str | None = None
    for place, (content, previous, digest) in enumerate(acts):
        if previous != before or (content is not None and digest_of(previous, content) != digest):
            return place
        before = digest
    return None


def is_intact(acts: Iterable[tuple[UUID, Mapping[str, Any], str | None, str]]) -> bool:
    """Whether the acts of every document that is kept hold, each with its document before what `first_broken` takes."""
    chains: dict[UUID, list[Link]] = {}
    for document, content, previous, digest in sorted(acts, key=lambda each: each[1]["place"]):
        chains.setdefault(document, []).append((content, previous, digest))
    return all(first_broken(chain) is None for chain in chains.values())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | StrEnum) else value
