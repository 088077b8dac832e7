"""Bodies of delivery's questions and answers."""

from services.delivery.schemas.channels import Collection, CounterView, Heard, PickupCode, PickupView
from services.delivery.schemas.inbox import Inbox, NoticeView

__all__ = ["Collection", "CounterView", "Heard", "Inbox", "NoticeView", "PickupCode", "PickupView"]
