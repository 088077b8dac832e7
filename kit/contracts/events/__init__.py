"""The catalogue of facts: every event of the platform, its fields and who produces it.

Subjects, JSON Schemas, the AsyncAPI document and the tables in the READMEs are generated from here.
No fact has a free-text field and none carries personal data, a person's id included: whoever needs
the form, the person or an address asks the owner over HTTP (``kit/contracts/claims.py``).
"""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from kit.contracts.codes import Code
from kit.contracts.events.base import CATALOGUE, Fact, HandOver
from kit.contracts.events.delivery import Completed, Delivered, DeliveryFailed, Dispatched, Read
from kit.contracts.events.gateway import CalendarChanged, DefinitionPublished
from kit.contracts.events.licences import (
    Expiring,
    LicenceExpired,
    Reinstated,
    Replaced,
    Revoked,
    SubstituteRefused,
    Suspended,
)
from kit.contracts.events.retention import (
    ERASURE_ANSWERS,
    DeliveryErasureAnswered,
    ErasureAnswered,
    ErasureRequested,
    IssuanceErasureAnswered,
    JourneyHeld,
    JourneyReleased,
    PaymentErasureAnswered,
)
from kit.contracts.events.review import Accepted, CaseOpened, DefectRecorded, Overdue, Recommended, ReviewRefused

__all__ = [
    "CATALOGUE",
    "ERASURE_ANSWERS",
    "Accepted",
    "CalendarChanged",
    "CaseOpened",
    "Completed",
    "DefectRecorded",
    "DefinitionPublished",
    "Delivered",
    "DeliveryErasureAnswered",
    "DeliveryFailed",
    "Dispatched",
    "ErasureAnswered",
    "ErasureRequested",
    "Expiring",
    "Fact",
    "HandOver",
    "IssuanceErasureAnswered",
    "JourneyHeld",
    "JourneyReleased",
    "LicenceExpired",
    "Overdue",
    "PaymentErasureAnswered",
    "Read",
    "Recommended",
    "Reinstated",
    "Replaced",
    "ReviewRefused",
    "Revoked",
    "SubstituteRefused",
    "Suspended",
]

# ── request ──────────────────────────────────────────────────────────────────────────────────────


class Opened(Fact):
    """A draft application exists; the journey has begun."""

    source: ClassVar[str] = "request"
    name: ClassVar[str] = "opened"


class Submitted(HandOver):
    """The application is filed; its definition version is pinned from here on."""

    source: ClassVar[str] = "request"
    name: ClassVar[str] = "submitted"


class Withdrawn(HandOver):
    """The applicant took the application back before the point of no return."""

    source: ClassVar[str] = "request"
    name: ClassVar[str] = "withdrawn"
    closes: ClassVar[bool] = True


class Corrected(Fact):
    """The defects of a record are corrected, in time."""

    source: ClassVar[str] = "request"
    name: ClassVar[str] = "corrected"
    defect: UUID


class Returned(HandOver):
    """The defects were not corrected in time: the application is returned with reasons (LFA58 s.9)."""

    source: ClassVar[str] = "request"
    name: ClassVar[str] = "returned"
    closes: ClassVar[bool] = True


class StruckOff(HandOver):
    """The same, where the law of the service strikes it off the register of matters instead."""

    source: ClassVar[str] = "request"
    name: ClassVar[str] = "struck_off"
    closes: ClassVar[bool] = True


# ── approval ─────────────────────────────────────────────────────────────────────────────────────


class DecisionOpened(Fact):
    """A decision waits for an approver."""

    source: ClassVar[str] = "approval"
    name: ClassVar[str] = "opened"
    decision: UUID


class Granted(HandOver):
    """The approver granted; the decision is signed."""

    source: ClassVar[str] = "approval"
    name: ClassVar[str] = "granted"


class Refused(HandOver):
    """The approver refused, with facts, law, reasons and appeal rights (APA39 s.37)."""

    source: ClassVar[str] = "approval"
    name: ClassVar[str] = "refused"
    closes: ClassVar[bool] = True


# ── payment ──────────────────────────────────────────────────────────────────────────────────────


class Invoiced(Fact):
    """A fee is due; ``expires_at`` where the application lapses if nobody pays by then."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "invoiced"
    invoice: UUID
    amount_satang: int
    currency: Literal["THB"]
    due_at: datetime
    expires_at: datetime | None = None


class Paid(HandOver):
    """The fee is paid, verified at the bank and receipted."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "paid"


class Underpaid(Fact):
    """A part of a fee is paid and kept towards it; the rest is still to be paid."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "underpaid"
    invoice: UUID
    amount_satang: int
    missing_satang: int
    currency: Literal["THB"]
    due_at: datetime


class Reminded(Fact):
    """A fee is still to be paid, and it is time to say so again; ``expires_at`` as when it was asked for."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "reminded"
    invoice: UUID
    amount_satang: int
    currency: Literal["THB"]
    due_at: datetime
    expires_at: datetime | None = None


class PaymentExpired(HandOver):
    """Nobody paid in time, and the definition lets the journey lapse with the invoice."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "expired"
    closes: ClassVar[bool] = True


class RefundDue(Fact):
    """Money was received that must go back: the journey ended, too much or twice was paid, or so it was decided."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "refund_due"
    invoice: UUID
    amount_satang: int
    currency: Literal["THB"]
    reason: Code


class RefundPaid(Fact):
    """Money that was owed back, or a part of it, has been paid out."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "refund_paid"
    refund: UUID
    invoice: UUID
    amount_satang: int
    currency: Literal["THB"]


class ReceiptReplaced(Fact):
    """A receipt was cancelled, with its purpose code, or another number issued in its place (``by``)."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "receipt_replaced"
    receipt: UUID
    by: UUID | None
    purpose: Code


class Reconciled(Fact):
    """An agency has closed a day of its books: what is not on the bank's statement as in them is a known difference."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "reconciled"
    day: date
    differences: int


# ── issuance ─────────────────────────────────────────────────────────────────────────────────────


class Issued(HandOver):
    """The document is sealed, numbered and on the register."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "issued"


class Voided(Fact):
    """A number was given but its document could not be made; the number stays void with its reason."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "voided"
    document: UUID
    reason: Code


NEGATIVE_ENDS: tuple[type[HandOver], ...] = (Withdrawn, Returned, StruckOff, ReviewRefused, Refused, PaymentExpired)
"""The facts that end a journey before its plan is done; each goes to delivery, which tells the applicant."""
