"""Facts about how long records are kept: legal holds, and erasures with their answers.

They are told on no journey: that its records are held is nothing for a timeline that its applicant reads.
"""

from typing import ClassVar
from uuid import UUID

from kit.contracts.events.base import Fact
from kit.contracts.retention import Kept


class JourneyHeld(Fact):
    """The records of a journey are kept, whatever their class, until the hold is released; why is not told."""

    source: ClassVar[str] = "gateway"
    name: ClassVar[str] = "journey_held"
    journey: UUID
    hold: UUID


class JourneyReleased(Fact):
    """A hold has ended: it counts no more, though it may be heard of later."""

    source: ClassVar[str] = "gateway"
    name: ClassVar[str] = "journey_released"
    journey: UUID
    hold: UUID


class ErasureRequested(Fact):
    """A person wants their data erased (PDPA s.33); whose they are is asked of identity."""

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "erasure_requested"
    erasure: UUID


class ErasureAnswered(Fact):
    """What a service erased of a person's data, and what it keeps, by class and reason; every service has its own."""

    erasure: UUID
    records: tuple[Kept, ...]


class PaymentErasureAnswered(ErasureAnswered):
    """What payment erased of a person's data and what it keeps."""

    source: ClassVar[str] = "payment"
    name: ClassVar[str] = "erasure_answered"


class IssuanceErasureAnswered(ErasureAnswered):
    """What issuance erased of a person's data and what it keeps."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "erasure_answered"


class DeliveryErasureAnswered(ErasureAnswered):
    """What delivery erased of a person's data and what it keeps."""

    source: ClassVar[str] = "delivery"
    name: ClassVar[str] = "erasure_answered"


ERASURE_ANSWERS: tuple[type[ErasureAnswered], ...] = (
    PaymentErasureAnswered,
    IssuanceErasureAnswered,
    DeliveryErasureAnswered,
)
"""Of every service that answers an erasure."""
