"""What the owners are asked for before a notice is written."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from kit.app import Kit
from kit.claims import APPLICATION, CASE, DECISION, DOCUMENT, RECEIPTS, Asking, ClaimNeed
from kit.contracts.claims import CaseClaim, DecisionClaim, DocumentClaim, ReceiptClaim
from kit.contracts.events import Issued, Refused, ReviewRefused
from services.delivery import queries
from services.delivery.domain import Applicant


class ApplicantNeed(ClaimNeed[Applicant]):
    """The applicant, as kept with an earlier notice of the journey; of a journey that is new here, request is asked."""

    async def ask(self, asking: Asking, ids: Sequence[UUID]) -> dict[UUID, Applicant]:
        """By journey; Missing when request is asked and does not know one."""
        async with cast(Kit, asking).database.reading() as session:
            kept = await queries.applicants(session, ids)
        return {**kept, **await super().ask(asking, [each for each in ids if each not in kept])}


APPLICANT = ApplicantNeed(APPLICATION.owner, APPLICATION.name, Applicant)
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
RECEIPTS_OF_PAID = ClaimNeed(RECEIPTS.owner, RECEIPTS.name, ReceiptClaim)
