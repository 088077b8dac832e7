"""What the owners are asked for before a notice is written."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from kit.app import Kit
from kit.claims import (
    APPLICATION,
    CASE,
    CORRECTION,
    DECISION,
    DEFECT,
    DOCUMENT,
    RECEIPTS,
    SECTION,
    Asking,
    ClaimNeed,
    Known,
    Need,
)
from kit.cloudevents import Event
from kit.contracts.claims import (
    CaseClaim,
    CorrectionClaim,
    DecisionClaim,
    DefectClaim,
    DocumentClaim,
    Order,
    ReceiptClaim,
)
from kit.contracts.events import Issued, Refused, Returned, ReviewRefused, StruckOff
from services.delivery import queries
from services.delivery.domain import Applicant, DateRule


class ApplicantNeed(ClaimNeed[Applicant]):
    """The applicant, as kept with an earlier notice of the journey; of a journey that is new here, request is asked."""

    async def ask(self, asking: Asking, ids: Sequence[UUID]) -> dict[UUID, Applicant]:
        """By journey; Missing when request is asked and does not know one."""
        async with cast(Kit, asking).database.reading() as session:
            kept = await queries.applicants(session, ids)
        return {**kept, **await super().ask(asking, [each for each in ids if each not in kept])}


class RulesNeed(Need[Sequence[DateRule]]):
    """The rules of this process by which a notice counts as told; nobody is asked."""

    async def resolve(
        self, asking: Asking, events: Sequence[Event], known: Sequence[Known]  # noqa: ARG002
    ) -> list[Sequence[DateRule]]:  # fmt: skip
        """The same for each event."""
        return [cast(Kit, asking).settings.notice_rules] * len(events)  # type: ignore[attr-defined]


APPLICANT = ApplicantNeed(APPLICATION.owner, APPLICATION.name, Applicant)
CORRECTED_APPLICANT = ClaimNeed(APPLICATION.owner, APPLICATION.name, Applicant)
"""As request has it now, asked anew: a correction may give the address that there was not, or take it away."""
ISSUED_DOCUMENT = ClaimNeed(
    DOCUMENT.owner,
    DOCUMENT.name,
    DocumentClaim,
    lambda event, _: event.journey if isinstance(event.data, Issued) else None,
)
REFUSING_CASE = ClaimNeed(
    CASE.owner,
    CASE.name,
    CaseClaim,
    lambda event, _: event.journey if isinstance(event.data, ReviewRefused) else None,
)
REFUSING_DECISION = ClaimNeed(
    DECISION.owner,
    DECISION.name,
    DecisionClaim,
    lambda event, _: event.journey if isinstance(event.data, Refused) else None,
)


def _of_uncorrected(event: Event, _: Known) -> UUID | None:
    return event.journey if isinstance(event.data, Returned | StruckOff) else None


UNCORRECTED_DEFECT = ClaimNeed(DEFECT.owner, DEFECT.name, DefectClaim, _of_uncorrected)
MISSED_CORRECTION = ClaimNeed(CORRECTION.owner, CORRECTION.name, CorrectionClaim, _of_uncorrected)
RECEIPTS_OF_PAID = ClaimNeed(RECEIPTS.owner, RECEIPTS.name, ReceiptClaim)
RULES = RulesNeed()
TELLING = (SECTION, APPLICANT, RULES)
"""What every notice needs."""


def reasons(refusal: CaseClaim | DecisionClaim | Order) -> dict[str, str]:
    """What the officer wrote, and the right to appeal in the words that were decided (and signed) with it."""
    if refusal.appeal_th is None or refusal.appeal_en is None:
        msg = "an order without a right to appeal cannot be told"
        raise ValueError(msg)
    return {
        "facts": refusal.facts,
        "law": refusal.law,
        "considerations": refusal.considerations,
        "appeal": refusal.appeal_th,
        "appeal_en": refusal.appeal_en,
    }
