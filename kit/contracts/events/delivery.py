"""Facts of delivery: what left and arrived, and the end of the journey."""

from typing import ClassVar

from kit.contracts.codes import Code
from kit.contracts.events.base import Fact
from kit.contracts.journey import Outcome


class Dispatched(Fact):
    """A notice left for its channel."""

    source: ClassVar[str] = "delivery"
    name: ClassVar[str] = "dispatched"
    notice: Code
    channel: Code


class Delivered(Fact):
    """The result lies in the addressee's inbox, or the channel proved receipt."""

    source: ClassVar[str] = "delivery"
    name: ClassVar[str] = "delivered"
    notice: Code
    channel: Code


class DeliveryFailed(Fact):
    """A channel refused a notice for good."""

    source: ClassVar[str] = "delivery"
    name: ClassVar[str] = "failed"
    notice: Code
    channel: Code
    reason: Code


class Read(Fact):
    """The addressee opened a notice, for the first time."""

    source: ClassVar[str] = "delivery"
    name: ClassVar[str] = "read"
    notice: Code


class Completed(Fact):
    """The journey ends."""

    source: ClassVar[str] = "delivery"
    name: ClassVar[str] = "completed"
    closes: ClassVar[bool] = True
    outcome: Outcome
