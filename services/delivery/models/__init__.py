"""Tables of delivery: the end of each journey, the notices in the inboxes, and what left by a channel."""

from services.delivery.models.dispatches import Dispatch, DispatchEvent
from services.delivery.models.notices import METADATA, Delivery, Notice

__all__ = ["METADATA", "Delivery", "Dispatch", "DispatchEvent", "Notice"]
